//! Finding what can be backed up: file systems, then the volumes of ONTAP.

use aws_sdk_fsx::types::{FileSystemType, VolumeType};
use chainwright_chain::exchange::Resource;

use super::{
    Fsx, Page, Scope,
    unit::{FILE_SYSTEMS, VOLUMES},
};
use crate::error::{SourceError, failed};

/// What a cursor among the volumes begins with.
const AMONG_VOLUMES: &str = "volumes:";

impl Fsx {
    /// A page of a scope's file systems; behind the last of them, of its ONTAP volumes, since those have backups of their
    /// own and their file systems none.
    pub(super) async fn list_units(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        match page.as_deref().map(|page| page.strip_prefix(AMONG_VOLUMES)) {
            Some(Some(page)) => self.list_volumes(scope, Some(page.to_owned()).filter(|page| !page.is_empty())).await,
            _ => self.list_file_systems(scope, page).await,
        }
    }

    async fn list_file_systems(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        let client = self.clients.fsx(&scope.account, &scope.region)?;
        let answer = client.describe_file_systems().set_next_token(page).send().await.map_err(failed(FILE_SYSTEMS))?;
        let all = answer.file_systems.unwrap_or_default().into_iter();
        let units = all.filter(|found| found.file_system_type() != Some(&FileSystemType::Ontap));
        let items = units.filter_map(|found| found.resource_arn).map(|arn| resource(FILE_SYSTEMS, &arn));
        let next = answer.next_token.unwrap_or_else(|| AMONG_VOLUMES.to_owned());
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: Some(next) })
    }

    async fn list_volumes(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        let client = self.clients.fsx(&scope.account, &scope.region)?;
        let answer = client.describe_volumes().set_next_token(page).send().await.map_err(failed(VOLUMES))?;
        let all = answer.volumes.unwrap_or_default().into_iter();
        let units = all.filter(|found| found.volume_type() == Some(&VolumeType::Ontap));
        let items = units.filter_map(|found| found.resource_arn).map(|arn| resource(VOLUMES, &arn));
        let next = answer.next_token.map(|next| format!("{AMONG_VOLUMES}{next}"));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }
}

fn resource(operation: &'static str, arn: &str) -> Result<Resource, SourceError> {
    let arn = arn.parse().map_err(|error| SourceError::unreadable(operation, format!("{error}")))?;
    Ok(Resource { arn, tags: None })
}

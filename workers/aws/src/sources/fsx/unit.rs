//! What is backed up: a file system, or of ONTAP a volume; and which of them cannot be.

use aws_sdk_fsx::{
    Client,
    types::{
        DataRepositoryLifecycle, FileSystem, FileSystemType, Filter, FilterName, LustreDeploymentType, OntapVolumeType,
        StorageType, Volume,
    },
};
use chainwright_contracts::{arn::Arn, ids::Incarnation};
use jiff::Timestamp;

use super::{Fsx, window};
use crate::{
    date::AnswerDate,
    error::{Class, SourceError, failed},
};

pub(super) const FILE_SYSTEMS: &str = "fsx:DescribeFileSystems";
const ASSOCIATIONS: &str = "fsx:DescribeDataRepositoryAssociations";
pub(super) const VOLUMES: &str = "fsx:DescribeVolumes";

const LINKED: &str = "Lustre file systems that are linked to a data repository cannot be backed up";

/// A unit by its ARN, and the client of where it is.
pub(super) struct Home<'a> {
    pub(super) client: Client,
    pub(super) arn: &'a Arn,
}

/// A unit as it is now.
pub(super) struct Unit {
    pub(super) file_system: FileSystem,
    /// Where the unit is a volume.
    pub(super) volume: Option<Volume>,
    /// When FSx said so.
    pub(super) date: Timestamp,
}

impl Fsx {
    pub(super) fn home_of<'a>(&self, arn: &'a Arn) -> Result<Home<'a>, SourceError> {
        let invalid = |error: &dyn std::fmt::Display| SourceError::refused(FILE_SYSTEMS, format!("{arn}: {error}"));
        let resource = arn.resource();
        if arn.service() != "fsx" || !(resource.starts_with("file-system/") || resource.starts_with("volume/")) {
            return Err(invalid(&"neither a file system nor a volume of FSx"));
        }
        let account = arn.account().parse().map_err(|error| invalid(&error))?;
        let region = arn.region().parse().map_err(|error| invalid(&error))?;
        Ok(Home { client: self.clients.fsx(&account, &region)?, arn })
    }
}

impl Home<'_> {
    /// The id at the end of the ARN.
    pub(super) fn id(&self) -> &str {
        self.arn.name().rsplit('/').next().unwrap_or_default()
    }

    /// The unit as it is now.
    ///
    /// # Errors
    /// [`Class::NotFound`] where there is none of this ARN.
    pub(super) async fn unit(&self) -> Result<Unit, SourceError> {
        if !self.arn.resource().starts_with("volume/") {
            let (file_system, date) = self.file_system(self.id()).await?;
            return Ok(Unit { file_system, volume: None, date });
        }
        let answer = self.client.describe_volumes().volume_ids(self.id()).send().await.map_err(failed(VOLUMES))?;
        let volume = answer.volumes.unwrap_or_default().into_iter().next().ok_or_else(|| self.missing(VOLUMES))?;
        let (file_system, date) = self.file_system(volume.file_system_id().unwrap_or_default()).await?;
        Ok(Unit { file_system, volume: Some(volume), date })
    }

    async fn file_system(&self, id: &str) -> Result<(FileSystem, Timestamp), SourceError> {
        let date = AnswerDate::default();
        let call = self.client.describe_file_systems().file_system_ids(id).customize().interceptor(date.clone());
        let found =
            call.send().await.map_err(failed(FILE_SYSTEMS))?.file_systems.unwrap_or_default().into_iter().next();
        Ok((found.ok_or_else(|| self.missing(FILE_SYSTEMS))?, date.get(FILE_SYSTEMS)?))
    }

    fn missing(&self, operation: &'static str) -> SourceError {
        SourceError::new(Class::NotFound, operation, "FileSystemNotFound", format!("there is no {}", self.arn))
    }

    pub(super) async fn incarnation(&self) -> Result<Option<Incarnation>, SourceError> {
        match self.unit().await {
            Err(error) if error.class == Class::NotFound => Ok(None),
            found => found.map(|_| Some(Incarnation(self.id().to_owned()))),
        }
    }

    /// Refuses where the unit can never be backed up, and waits where it cannot just now.
    pub(super) async fn ensure_open(&self) -> Result<(), SourceError> {
        let unit = self.unit().await?;
        let unsupported = match self.unsupported(&unit).await {
            // AWS Backup refuses it itself then.
            Err(error) if error.class == Class::Denied => None,
            told => told?,
        };
        if let Some(why) = unsupported {
            return Err(SourceError::new(Class::Refused, FILE_SYSTEMS, "NotSupported", format!("{}: {why}", self.arn)));
        }
        match unit.windows().closed(unit.date) {
            Some(why) => {
                Err(SourceError::new(Class::Occupied, FILE_SYSTEMS, "InWindow", format!("{}: {why}", self.arn)))
            }
            None => Ok(()),
        }
    }
}

impl Home<'_> {
    /// Why it can never be backed up, if it cannot.
    ///
    /// Source: FSx API reference, `CreateBackup`; FSx for Lustre user guide, "Working with backups"; FSx for ONTAP user
    /// guide, "Protecting your data with volume backups"; AWS Backup developer guide, "Feature availability by resource".
    pub(super) async fn unsupported(&self, unit: &Unit) -> Result<Option<String>, SourceError> {
        if let Some(why) = unit.unsupported() {
            return Ok(Some(why));
        }
        let linked = unit.file_system.lustre_configuration().is_some() && self.is_associated(unit).await?;
        Ok(linked.then(|| LINKED.to_owned()))
    }

    /// Whether a Lustre file system has associations with data repositories. Its own description names only the older kind
    /// of link (FSx API reference, `DataRepositoryConfiguration` and `DescribeDataRepositoryAssociations`).
    async fn is_associated(&self, unit: &Unit) -> Result<bool, SourceError> {
        let id = unit.file_system.file_system_id().unwrap_or_default();
        let of_this = Filter::builder().name(FilterName::FileSystemId).values(id).build();
        let mut pages = self.client.describe_data_repository_associations().filters(of_this).into_paginator().send();
        while let Some(page) = pages.next().await {
            let associations = page.map_err(failed(ASSOCIATIONS))?.associations.unwrap_or_default();
            if associations.iter().any(|one| one.lifecycle() != Some(&DataRepositoryLifecycle::Deleting)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Unit {
    /// Why it can never be backed up, as far as its own description tells.
    fn unsupported(&self) -> Option<String> {
        let is_ontap = self.file_system.file_system_type() == Some(&FileSystemType::Ontap);
        match &self.volume {
            Some(_) if !is_ontap => return Some("only volumes of ONTAP are backed up by themselves".to_owned()),
            Some(volume) => {
                let kind = volume.ontap_configuration().and_then(|ontap| ontap.ontap_volume_type());
                let not_read_write = kind.filter(|kind| **kind != OntapVolumeType::Rw);
                return not_read_write.map(|kind| format!("volumes of type {kind} cannot be backed up"));
            }
            None if is_ontap => return Some("of ONTAP volumes are backed up, not file systems".to_owned()),
            None => {}
        }
        let lustre = self.file_system.lustre_configuration()?;
        match lustre.deployment_type() {
            Some(LustreDeploymentType::Persistent1 | LustreDeploymentType::Persistent2) | None => {}
            Some(scratch) => return Some(format!("Lustre file systems of deployment {scratch} cannot be backed up")),
        }
        let linked = lustre.data_repository_configuration().is_some();
        linked.then(|| LINKED.to_owned())
    }

    /// Why its backups cannot be copied to another Region, if they cannot.
    pub(super) fn uncopied(&self) -> Option<String> {
        if self.volume.is_some() {
            return Some("backups of ONTAP volumes cannot be copied".to_owned());
        }
        let tiered = self.file_system.storage_type() == Some(&StorageType::IntelligentTiering);
        tiered.then(|| "backups of file systems with intelligent tiering cannot be copied".to_owned())
    }

    /// Its windows.
    pub(super) fn windows(&self) -> window::Windows {
        let of = &self.file_system;
        macro_rules! windows {
            ($($configuration:ident),*) => {$(
                if let Some(of) = of.$configuration() {
                    return window::Windows::new(
                        of.weekly_maintenance_start_time(),
                        of.daily_automatic_backup_start_time(),
                        of.automatic_backup_retention_days(),
                    );
                }
            )*};
        }
        windows!(windows_configuration, lustre_configuration, ontap_configuration, open_zfs_configuration);
        window::Windows::default()
    }
}

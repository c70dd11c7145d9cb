//! DynamoDB tables, backed up by AWS Backup with its advanced features.
//!
//! Without those a backup carries no tags, so no seal, and cannot leave its Region: such accounts are refused, with
//! what to switch on. A table's incarnation is its `TableId`: a table dropped and created again is another resource.

mod capture;
mod names;
mod parts;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chainwright_chain::{
    exchange::{
        BackupRequest, Candidate, Configuration, CopyRequest, DeleteRequest, Extent, Observed, ObservedPoint,
        Operation, Resource, Started,
    },
    finding::Obstacle,
    policy::Policy,
};
use chainwright_contracts::{arn::Arn, codes, ids::Incarnation, place::Place};

use super::{
    ObservedPage, Page, Scope, Source,
    backup::{Backup, CopyKeys},
};
use crate::{
    clients::Clients,
    error::{Class, SourceError, failed},
};

/// What AWS Backup calls the type.
const RESOURCE_TYPE: &str = "DynamoDB";
const LIST_TABLES: &str = "dynamodb:ListTables";

/// The tables of every account and Region that the clients reach.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    clients: Clients,
    backup: Backup,
}

impl DynamoDb {
    /// The source over these clients.
    #[must_use]
    pub fn new(clients: Clients) -> Self {
        Self { backup: Backup::new(clients.clone(), RESOURCE_TYPE, Some(Extent::Full)), clients }
    }
}

#[async_trait]
impl Source for DynamoDb {
    async fn discover(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        let client = self.clients.dynamodb(&scope.account, &scope.region)?;
        let answer =
            client.list_tables().set_exclusive_start_table_name(page).send().await.map_err(failed(LIST_TABLES))?;
        let names = answer.table_names.unwrap_or_default();
        let items = names.iter().map(|name| {
            let (partition, region, account) = (scope.region.partition(), &scope.region, &scope.account);
            let arn = format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}").parse();
            arn.map(|arn| Resource { arn, tags: None })
                .map_err(|error| SourceError::unreadable(LIST_TABLES, format!("{error}")))
        });
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.last_evaluated_table_name })
    }

    async fn tags_of(&self, resource: &Arn) -> Result<BTreeMap<String, String>, SourceError> {
        self.table(resource)?.tags().await
    }

    async fn capture(&self, resource: &Arn) -> Result<Configuration, SourceError> {
        self.table(resource)?.capture().await
    }

    async fn ensure_supported(&self, scope: &Scope) -> Result<(), SourceError> {
        self.backup.ensure_fully_managed(scope).await
    }

    async fn preflight(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let mut found = Vec::new();
        match self.backup.ensure_fully_managed(scope).await {
            Err(error) if error.class == Class::Refused => {
                let remedy = format!(
                    "aws backup update-region-settings --region {} --resource-type-management-preference DynamoDB=true \
                     --resource-type-opt-in-preference DynamoDB=true",
                    scope.region
                );
                found.push(Obstacle::refused(codes::ADVANCED_FEATURES_OFF, error.message, remedy));
            }
            other => {
                other?;
                found.extend(self.backup.opted_out(scope).await?);
            }
        }
        found.extend(self.backup.preflight(policy, scope, CopyKeys::Any).await?);
        Ok(found)
    }

    async fn start_backup(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        self.backup.start_backup(request).await
    }

    async fn start_copy(&self, request: &CopyRequest) -> Result<Started, SourceError> {
        self.backup.start_copy(request).await
    }

    async fn observe(&self, operations: &[Operation]) -> Result<Vec<Observed>, SourceError> {
        self.backup.observe(operations).await
    }

    async fn find_backups(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError> {
        self.backup.find_backups(request).await
    }

    async fn find_copies(&self, request: &CopyRequest) -> Result<Vec<Candidate>, SourceError> {
        self.backup.find_copies(request).await
    }

    async fn incarnation(&self, resource: &Arn) -> Result<Option<Incarnation>, SourceError> {
        self.table(resource)?.incarnation().await
    }

    async fn list_points(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        self.backup.list_points(resource, place, page).await
    }

    async fn describe_point(&self, place: &Place, point: &str) -> Result<Option<ObservedPoint>, SourceError> {
        self.backup.describe_point(place, point).await
    }

    async fn read_tags(&self, place: &Place, point: &str) -> Result<BTreeMap<String, String>, SourceError> {
        self.backup.read_tags(place, point).await
    }

    async fn tag(&self, place: &Place, point: &str, tags: &BTreeMap<String, String>) -> Result<(), SourceError> {
        self.backup.tag(place, point, tags).await
    }

    async fn untag(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError> {
        self.backup.untag(place, point, keys).await
    }

    async fn move_to_cold(&self, place: &Place, point: &str, after_days: i64) -> Result<(), SourceError> {
        self.backup.move_to_cold(place, point, after_days).await
    }

    async fn delete_point(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        self.backup.delete_point(request).await
    }
}

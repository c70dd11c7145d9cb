//! Redshift Serverless namespaces, backed up by the service's own snapshots.
//!
//! A snapshot is known by its name, which is derived from the operation: that makes its creation idempotent, since the
//! service has no tokens. It announces success only, so looks decide. A namespace's ARN holds its id, hence a namespace
//! that was deleted and made again under its name is another resource. Copies come by one standing configuration per
//! namespace ([`copies`]). Recovery points are the service's own: listed, and never removed.
//!
//! Source of what is asked and answered: Amazon Redshift Serverless API reference; of the rules: Amazon Redshift
//! management guide, "Snapshots and recovery points".

mod capture;
mod copies;
mod names;
mod namespace;
mod preflight;
mod recovery;
mod snapshots;
mod start;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chainwright_chain::{
    exchange::{
        AutomaticPoint, BackupRequest, Candidate, Configuration, CopyRequest, DeleteRequest, Observed, ObservedPoint,
        Operation, Resource, StandingCopy, Started,
    },
    finding::Obstacle,
    policy::Policy,
};
use chainwright_contracts::{arn::Arn, ids::Incarnation, names::Region, place::Place};

use super::{ObservedPage, Page, Scope, Source};
use crate::{clients::Clients, error::SourceError};

/// The namespaces of every account and Region that the clients reach.
#[derive(Debug, Clone)]
pub struct Serverless {
    clients: Clients,
}

impl Serverless {
    /// The source over these clients.
    #[must_use]
    pub fn new(clients: Clients) -> Self {
        Self { clients }
    }

    /// The client for what lies in a place.
    fn at(&self, place: &Place) -> Result<aws_sdk_redshiftserverless::Client, SourceError> {
        self.clients.redshift_serverless(&place.account, &place.region)
    }
}

#[async_trait]
impl Source for Serverless {
    async fn discover(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        self.list_namespaces(scope, page).await
    }

    async fn tags_of(&self, resource: &Arn) -> Result<BTreeMap<String, String>, SourceError> {
        self.home_of(resource)?.tags().await
    }

    async fn capture(&self, resource: &Arn) -> Result<Configuration, SourceError> {
        self.home_of(resource)?.capture().await
    }

    async fn ensure_supported(&self, _: &Scope) -> Result<(), SourceError> {
        Ok(())
    }

    async fn preflight(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        self.look_ahead(policy, scope).await
    }

    fn has_differing_resources(&self) -> bool {
        true
    }

    async fn preflight_of(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        self.look_at(policy, resource).await
    }

    async fn start_backup(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        self.create_snapshot(request).await
    }

    async fn start_copy(&self, request: &CopyRequest) -> Result<Started, SourceError> {
        self.arrange_copy(request).await
    }

    async fn standing_copy(&self, resource: &Arn) -> Result<Option<StandingCopy>, SourceError> {
        self.home_of(resource)?.standing_copy().await
    }

    async fn observe(&self, operations: &[Operation]) -> Result<Vec<Observed>, SourceError> {
        let mut observed = Vec::with_capacity(operations.len());
        for operation in operations {
            observed.push(match operation {
                Operation::Backup { id, place } => self.observe_snapshot(id, place).await,
                Operation::Copy { id, to, .. } => self.observe_snapshot(id, to).await,
                Operation::Delete { point, place } => self.observe_deletion(point, place).await,
            }?);
        }
        Ok(observed)
    }

    async fn find_backups(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError> {
        self.find_snapshot(request).await
    }

    /// Nothing: a copy is not asked for, so that none can have been begun without an answer.
    async fn find_copies(&self, _: &CopyRequest) -> Result<Vec<Candidate>, SourceError> {
        Ok(Vec::new())
    }

    async fn incarnation(&self, resource: &Arn) -> Result<Option<Incarnation>, SourceError> {
        self.home_of(resource)?.incarnation().await
    }

    async fn list_points(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        self.list_snapshots(resource, place, page).await
    }

    async fn list_automatic(&self, resource: &Arn, region: &Region) -> Result<Vec<AutomaticPoint>, SourceError> {
        self.list_recovery_points(resource, region).await
    }

    async fn describe_point(&self, place: &Place, point: &str) -> Result<Option<ObservedPoint>, SourceError> {
        self.describe_snapshot(place, point).await
    }

    async fn read_tags(&self, place: &Place, point: &str) -> Result<BTreeMap<String, String>, SourceError> {
        self.read_snapshot_tags(place, point).await
    }

    async fn tag(&self, place: &Place, point: &str, tags: &BTreeMap<String, String>) -> Result<(), SourceError> {
        self.tag_snapshot(place, point, tags).await
    }

    async fn untag(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError> {
        self.untag_snapshot(place, point, keys).await
    }

    async fn delete_point(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        self.delete_snapshot(request).await
    }

    async fn discard_failed(&self, request: &BackupRequest) -> Result<(), SourceError> {
        self.discard_failed_snapshot(request).await
    }
}

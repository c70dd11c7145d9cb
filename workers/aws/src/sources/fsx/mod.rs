//! FSx file systems, and of ONTAP volumes, backed up by AWS Backup.
//!
//! Every backup restores the whole and stores what earlier ones of the same unit have not ("Working with backups" in the
//! FSx guides), so the first is full and the next are not, in the chain and among the copies under one key in one Region.
//! AWS Backup starts and deletes the points; their tags are FSx's, since AWS Backup tags only what its own ARNs name (API
//! reference, `UntagResource`). A file system's id is never given again, so it is its own incarnation.
//!
//! What cannot be backed up at all is refused with the reason ([`mod@unit`]); what cannot be just now, within a [`window`],
//! waits.

mod capture;
mod discover;
mod names;
mod preflight;
mod tags;
mod unit;
mod window;

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
use chainwright_contracts::{arn::Arn, ids::Incarnation, place::Place};

use super::{ObservedPage, Page, Scope, Source, backup::Backup};
use crate::{clients::Clients, error::SourceError};

/// What AWS Backup calls the type.
const RESOURCE_TYPE: &str = "FSx";

/// The file systems and volumes of every account and Region that the clients reach.
#[derive(Debug, Clone)]
pub struct Fsx {
    clients: Clients,
    backup: Backup,
}

impl Fsx {
    /// The source over these clients.
    #[must_use]
    pub fn new(clients: Clients) -> Self {
        Self { backup: Backup::new(clients.clone(), RESOURCE_TYPE, None), clients }
    }

    /// The client for what lies in a place.
    fn at(&self, place: &Place) -> Result<aws_sdk_fsx::Client, SourceError> {
        self.clients.fsx(&place.account, &place.region)
    }
}

#[async_trait]
impl Source for Fsx {
    async fn discover(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError> {
        self.list_units(scope, page).await
    }

    async fn tags_of(&self, resource: &Arn) -> Result<BTreeMap<String, String>, SourceError> {
        self.home_of(resource)?.tags().await
    }

    async fn capture(&self, resource: &Arn) -> Result<Configuration, SourceError> {
        self.home_of(resource)?.capture().await
    }

    async fn ensure_supported(&self, scope: &Scope) -> Result<(), SourceError> {
        self.backup.ensure_opted_in(scope).await
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

    /// A backup within a window would fail, so it is not asked for: the request waits.
    async fn start_backup(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        self.home_of(&request.resource)?.ensure_open().await?;
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
        self.home_of(resource)?.incarnation().await
    }

    async fn list_points(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        self.backup.list_points(resource, place, page).await
    }

    /// AWS Backup's size of a point is what it added; what it holds is FSx's to say.
    async fn describe_point(&self, place: &Place, point: &str) -> Result<Option<ObservedPoint>, SourceError> {
        let Some(mut found) = self.backup.describe_point(place, point).await? else { return Ok(None) };
        let whole = self.size_of(place, point).await?;
        if let (Some(added), Some(whole)) = (found.bytes, whole)
            && added < whole
        {
            found.extent = Some(Extent::Incremental);
        }
        found.bytes = whole.or(found.bytes);
        Ok(Some(found))
    }

    async fn read_tags(&self, place: &Place, point: &str) -> Result<BTreeMap<String, String>, SourceError> {
        self.read_backup_tags(place, point).await
    }

    async fn tag(&self, place: &Place, point: &str, tags: &BTreeMap<String, String>) -> Result<(), SourceError> {
        self.tag_backup(place, point, tags).await
    }

    async fn untag(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError> {
        self.untag_backup(place, point, keys).await
    }

    async fn delete_point(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        self.backup.delete_point(request).await
    }
}

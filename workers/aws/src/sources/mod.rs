//! The services that can be backed up, one file per service, used as `Arc<dyn Source>`.
//!
//! A source translates between its service and the words of [`chainwright_chain::exchange`]. It decides nothing: it
//! starts what it is told to start, says what the service says, and names what it could not find out. Every call may be
//! repeated.

pub mod backup;
pub mod dynamodb;
pub mod fsx;
mod pace;
mod parts;
pub mod redshift;
pub mod serverless;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chainwright_chain::{
    exchange::{
        AutomaticPoint, BackupRequest, Candidate, Configuration, CopyRequest, DeleteRequest, Observed, ObservedPoint,
        Operation, Resource, StandingChange, StandingCopy, Started,
    },
    finding::Obstacle,
    policy::Policy,
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::Incarnation,
    names::{AccountId, Region},
    place::Place,
    policy::{AutomatedKeep, CopyGrant, CopyKey, PolicyFile, SourceKind},
};
use jiff::Timestamp;

pub use crate::page::Page;

use crate::error::{Class, SourceError};

/// Where to look for resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// One page of points, and when AWS made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPage {
    /// The points, in no promised order.
    pub points: Vec<ObservedPoint>,
    /// What to ask for the page after it; none at the end.
    pub next: Option<String>,
    /// The `Date` of AWS's answer, whole seconds: what counts as now for removals.
    pub date: Timestamp,
}

/// A service that can be backed up. All calls may fail with a [`SourceError`], whose class says what to do.
#[async_trait]
pub trait Source: Send + Sync {
    /// The standing configuration that copies a resource's points now, whoever made it; none where the service has no
    /// such thing, or the resource none.
    async fn standing_copy(&self, _resource: &Arn) -> Result<Option<StandingCopy>, SourceError> {
        Ok(None)
    }

    /// The points that the service made of a resource by itself, in a Region, its own or that of its copies.
    async fn list_automatic(&self, _resource: &Arn, _region: &Region) -> Result<Vec<AutomaticPoint>, SourceError> {
        Ok(Vec::new())
    }

    /// Removes what a failed attempt at a backup left behind, if anything. What did not fail stays.
    async fn discard_failed(&self, _request: &BackupRequest) -> Result<(), SourceError> {
        Ok(())
    }

    /// The resources in a scope, page by page, without their tags.
    async fn discover(&self, scope: &Scope, page: Option<String>) -> Result<Page<Resource>, SourceError>;

    /// A resource's tags.
    async fn tags_of(&self, resource: &Arn) -> Result<BTreeMap<String, String>, SourceError>;

    /// A resource's configuration as it is now; what cannot be read is named in it.
    async fn capture(&self, resource: &Arn) -> Result<Configuration, SourceError>;

    /// Refuses where the account and Region lack what this source needs, saying what to switch on.
    async fn ensure_supported(&self, scope: &Scope) -> Result<(), SourceError>;

    /// What stands in the way of a policy in one account and Region: settings, vaults and their locks, keys, quotas.
    /// Changes nothing.
    async fn preflight(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError>;

    /// Whether [`Source::preflight_of`] and [`Source::standing_changes`] have anything to say of single resources.
    fn has_differing_resources(&self) -> bool {
        false
    }

    /// What stands in the way of a policy at one of its resources. Changes nothing.
    async fn preflight_of(&self, _policy: &Policy, _resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        Ok(Vec::new())
    }

    /// What a policy's settings would change of a resource itself, and what would go with it. Changes nothing.
    async fn standing_changes(&self, _policy: &Policy, _resource: &Arn) -> Result<Vec<StandingChange>, SourceError> {
        Ok(Vec::new())
    }

    /// Makes such a change, which a person has agreed to.
    async fn apply_standing_change(&self, _change: &StandingChange) -> Result<(), SourceError> {
        Ok(())
    }

    /// Starts a backup; idempotent by the request's token for as long as the service remembers it.
    async fn start_backup(&self, request: &BackupRequest) -> Result<Started, SourceError>;

    /// Starts a copy; idempotent likewise. The copy never expires by itself, except at a vault lock's maximum.
    async fn start_copy(&self, request: &CopyRequest) -> Result<Started, SourceError>;

    /// What the service says of operations, in the order in which they were given.
    async fn observe(&self, operations: &[Operation]) -> Result<Vec<Observed>, SourceError>;

    /// The jobs that might be the answer to a backup request whose own answer was lost, oldest first.
    async fn find_backups(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError>;

    /// The jobs that might be the answer to a copy request whose own answer was lost, oldest first.
    async fn find_copies(&self, request: &CopyRequest) -> Result<Vec<Candidate>, SourceError>;

    /// Which of the resources that have borne this ARN is there now; none where there is none.
    async fn incarnation(&self, resource: &Arn) -> Result<Option<Incarnation>, SourceError>;

    /// The points in a place, page by page: those of a resource, or all.
    async fn list_points(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError>;

    /// One point; none where the service says that it does not know it.
    async fn describe_point(&self, place: &Place, point: &str) -> Result<Option<ObservedPoint>, SourceError>;

    /// A point's tags.
    async fn read_tags(&self, place: &Place, point: &str) -> Result<BTreeMap<String, String>, SourceError>;

    /// Adds or overwrites tags of a point.
    async fn tag(&self, place: &Place, point: &str, tags: &BTreeMap<String, String>) -> Result<(), SourceError>;

    /// Removes tags of a point; those that it does not have are no error.
    async fn untag(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError>;

    /// Has a point moved to cold storage so many days after its creation. A service without any leaves it where it is.
    async fn move_to_cold(&self, _place: &Place, _point: &str, _after_days: i64) -> Result<(), SourceError> {
        Ok(())
    }

    /// Requests the removal of a point. That it was requested says nothing: look at the operation afterwards.
    async fn delete_point(&self, request: &DeleteRequest) -> Result<Started, SourceError>;
}

/// The refusal to change a standing copy configuration that is not as it is wanted: what it copies for somebody else would
/// end with it.
fn conflict_of_copies(operation: &'static str, stands: &str, wanted: &StandingCopy) -> SourceError {
    let under = wanted.key.as_deref().map(|key| format!(", under {key}")).unwrap_or_default();
    let message = format!(
        "{stands}; the policy wants them in {} without an end of their own{under}. It is not changed: end it, or change \
         the policy",
        wanted.region
    );
    SourceError::new(Class::Refused, operation, "CopyConfigurationConflict", message)
}

/// What has to copy the points of a Region, where the policy's source copies by standing configuration.
#[must_use]
pub fn standing_copy(file: &PolicyFile, region: &Region) -> Option<StandingCopy> {
    let target = file.copy_to.get(region).filter(|_| file.source.has_standing_copies())?;
    let key = match (file.serverless.as_ref().map(|it| &it.copy_key), file.redshift.as_ref().map(|it| &it.copy_grant)) {
        (Some(CopyKey::Kms(key)), _) | (_, Some(CopyGrant::Named(key))) => Some(key.as_str().to_owned()),
        _ => None,
    };
    let of_clusters = (file.source == SourceKind::Redshift).then(|| file.redshift.clone().unwrap_or_default());
    let automatic_days = of_clusters.and_then(|options| options.automated_copy_keep?.days());
    Some(StandingCopy { region: target.region.clone(), key, automatic_days })
}

/// How many days the automatic points of a policy's resources are to be kept, where the policy says.
#[must_use]
pub fn automatic_keep(file: &PolicyFile) -> Option<u32> {
    match file.redshift.as_ref()?.automated_keep {
        AutomatedKeep::Days(period) => period.days(),
        AutomatedKeep::Unchanged => None,
    }
}

/// A scope, and that in which the copies of its points land.
fn with_copies(policy: &Policy, scope: &Scope) -> impl Iterator<Item = Scope> {
    let copies = policy.file().copy_to.get(&scope.region);
    let there = copies.map(|target| Scope { account: scope.account.clone(), region: target.region.clone() });
    std::iter::once(scope.clone()).chain(there)
}

/// What is to be said of a number of snapshots that a quota bounds.
fn snapshots_left(scope: &Scope, there: usize, most: usize) -> Option<Obstacle> {
    (there > most / 10 * 9).then(|| {
        let wrong = format!("{}/{} has {there} of at most {most} snapshots", scope.account, scope.region);
        let remedy = "aws service-quotas list-service-quotas --service-code redshift";
        Obstacle::notice(codes::QUOTA_NEAR, wrong, remedy)
    })
}

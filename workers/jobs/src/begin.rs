//! Asking a service to begin: the one path by which backups and copies are started.
//!
//! The request stands in the ledger before the service is asked, and every repeat sends the same bytes. A repeat whose
//! first answer was lost must not make a second point, and how long a service honours its tokens is not documented (AWS
//! Backup API reference, `StartBackupJob`): therefore a repeat first looks for what an earlier call may have begun, and
//! adopts what the tags prove to be ours.

use chainwright_aws::{
    error::{Class, SourceError},
    sealing::OpenError,
    sources::Source,
};
use chainwright_chain::{
    exchange::{Candidate, Observed, Started},
    state::{Attempted, OperationRecord, Request},
};
use chainwright_contracts::{arn::Arn, place::Place};
use jiff::SignedDuration;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, LedgerError, Versioned},
};

/// A job that is older than this and has no tags of ours is not ours.
const TAGS_COME_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// Whether the service may have been asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// This run wrote the request down, so nobody has.
    Never,
    /// The request was found in the ledger.
    Perhaps,
}

/// Asks the service to begin a requested backup or copy and records its answer. If somebody else recorded one in the
/// meantime, theirs stands: both calls bore the same token.
pub(crate) async fn begin(
    ctx: &Context,
    source: &dyn Source,
    mut operation: Versioned<OperationRecord>,
    asked: Asked,
) -> Result<(), JobError> {
    let answer = match asked {
        Asked::Never => ask(source, &operation.value.request).await,
        Asked::Perhaps => match adopt(ctx, source, &operation.value).await? {
            Found::Ours(started) => Ok(started),
            Found::Unclear(reason) => return record(ctx, operation, Err(Attempted::Occupied(reason))).await,
            Found::Nothing if !operation.value.may_try(ctx.now()) => {
                let over = operation.value.reason.clone().unwrap_or_else(|| "its time is over".to_owned());
                return record(ctx, operation, Err(Attempted::Occupied(over))).await;
            }
            Found::Nothing => ask(source, &operation.value.request).await,
        },
    };
    let answer = match answer {
        Ok(started) => Ok(started),
        Err(error) => Err(attempted(error)?),
    };
    operation.value.reason = None;
    record(ctx, operation, answer).await
}

async fn record(
    ctx: &Context,
    mut operation: Versioned<OperationRecord>,
    answer: Result<Started, Attempted>,
) -> Result<(), JobError> {
    let now = ctx.now();
    operation.value = match answer {
        Ok(started) => operation.value.started(started, now),
        Err(attempted) => operation.value.not_started(attempted, now),
    };
    match ctx.ledger().commit(Change::new().update(&operation)).await {
        Ok(()) | Err(LedgerError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn ask(source: &dyn Source, request: &Request) -> Result<Started, SourceError> {
    match request {
        Request::Backup(request) => source.start_backup(request).await,
        Request::Copy(request) => source.start_copy(request).await,
        Request::Delete(request) => source.delete_point(request).await,
    }
}

/// What an error means for the operation. What may still have had an effect is an error of the job, which comes again.
pub(crate) fn attempted(error: SourceError) -> Result<Attempted, JobError> {
    match error.class {
        Class::Transient | Class::Denied => Err(error.into()),
        Class::Occupied => Ok(Attempted::Occupied(error.to_string())),
        Class::NotFound | Class::Refused => Ok(Attempted::Refused(error.to_string())),
    }
}

enum Found {
    /// A job that is certainly the answer to our request.
    Ours(Started),
    /// A job that may be, which cannot be told yet.
    Unclear(String),
    /// Nothing: the service has not been asked, or what it began has failed.
    Nothing,
}

async fn adopt(ctx: &Context, source: &dyn Source, operation: &OperationRecord) -> Result<Found, JobError> {
    match &operation.request {
        Request::Backup(request) => {
            let candidates = source.find_backups(request).await?;
            let proof = Proof { ctx, source, operation, resource: &request.resource, place: &request.place };
            proof.among(candidates).await
        }
        // A copy bears its source's tags whoever made it, so tags prove nothing here. Any copy of this very point into
        // this very vault since the request serves; the newest, since what an older one made may be gone again.
        Request::Copy(request) => Ok(source
            .find_copies(request)
            .await?
            .into_iter()
            .rfind(|candidate| !matches!(candidate.observed, Observed::Failed { .. }))
            .map_or(Found::Nothing, |candidate| Found::Ours(started(candidate)))),
        Request::Delete(_) => Ok(Found::Nothing),
    }
}

fn started(candidate: Candidate) -> Started {
    Started { id: candidate.id, point: candidate.point }
}

/// Whether a backup job that the service lists is ours.
struct Proof<'a> {
    ctx: &'a Context,
    source: &'a dyn Source,
    operation: &'a OperationRecord,
    resource: &'a Arn,
    place: &'a Place,
}

impl Proof<'_> {
    async fn among(&self, candidates: Vec<Candidate>) -> Result<Found, JobError> {
        let mut unclear = None;
        for candidate in candidates {
            if matches!(candidate.observed, Observed::Failed { .. }) {
                continue;
            }
            let ours = match &candidate.point {
                Some(point) => self.is_ours(point).await?,
                None => None,
            };
            let running = matches!(candidate.observed, Observed::Running | Observed::Unknown);
            let young = self.ctx.now().duration_since(candidate.created) < TAGS_COME_WITHIN;
            match ours {
                Some(true) => return Ok(Found::Ours(started(candidate))),
                None if running || young => {
                    unclear = Some(format!("the job {} may be the answer to this request", candidate.id));
                }
                Some(false) | None => {}
            }
        }
        Ok(unclear.map_or(Found::Nothing, Found::Unclear))
    }

    /// None where it cannot be told yet: a point, and its tags, may be seen only some time after their job.
    async fn is_ours(&self, point: &str) -> Result<Option<bool>, JobError> {
        let tags = match self.source.read_tags(self.place, point).await {
            Ok(tags) => tags,
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match self.ctx.sealer().open(&tags, self.resource, &self.place.region).await {
            Ok((_, record)) => Ok(Some(record.point == self.operation.point)),
            Err(OpenError::NotOurs) => Ok(None),
            Err(OpenError::Broken(_)) => Ok(Some(false)),
            Err(error) => Err(error.into()),
        }
    }
}

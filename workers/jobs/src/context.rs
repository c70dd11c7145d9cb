//! What every job is given.

use std::{collections::BTreeMap, sync::Arc};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_aws::{bus::Bus, sealing::Sealer, sources::Source};
use chainwright_contracts::{
    arn::Arn,
    codes,
    names::{AccountId, Region},
    policy::SourceKind,
};
use chainwright_engine::{self as engine, Delivery};
use jiff::{SignedDuration, Timestamp};

use crate::{allow::Allow, conditions::Conditions, error::JobError, ledger::Ledger, telemetry::Telemetry};

/// What is set once for a worker.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account that the worker itself lives in.
    pub own_account: AccountId,
    /// The Region of the hub, where queues and ledger are.
    pub home_region: Region,
    /// Which accounts and Regions jobs may name.
    pub allow: Allow,
    /// How often a chain is compared with AWS.
    pub reconcile_every: SignedDuration,
    /// A tick older than this is done without a look: a newer one follows.
    pub tick_life: SignedDuration,
}

/// Everything that the jobs of one worker share.
pub struct Shared {
    /// What the worker was told.
    pub settings: Settings,
    /// The ledger.
    pub ledger: Ledger,
    /// The services that can be backed up.
    pub sources: BTreeMap<SourceKind, Arc<dyn Source>>,
    /// Seals and opens metadata.
    pub sealer: Sealer,
    /// Where our own events go; none: nowhere.
    pub bus: Option<Bus>,
    /// The worker's clock.
    pub clock: SharedTimeSource,
    /// What health reports.
    pub conditions: Conditions,
    /// Where traces and metrics go.
    pub telemetry: Telemetry,
}

/// What one run of one job is given: what all share, and the message that is being run.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
    delivery: Option<Arc<Delivery>>,
}

impl Context {
    /// A context that belongs to no message yet.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, delivery: None }
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// The worker's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Seals and opens metadata.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.shared.sealer
    }

    /// What health reports.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.shared.conditions
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.shared.telemetry
    }

    /// The W3C traceparent that came with the message that is being run.
    pub(crate) fn traceparent(&self) -> Option<&str> {
        self.delivery.as_deref().and_then(|delivery| delivery.traceparent.as_deref())
    }

    pub(crate) fn bus(&self) -> Option<&Bus> {
        self.shared.bus.as_ref()
    }

    /// The instant by the worker's own clock. What is removed is judged by AWS's, never by this one.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::try_from(self.shared.clock.now()).unwrap_or(Timestamp::MAX)
    }

    /// The id of the job that is being run.
    #[must_use]
    pub fn job_id(&self) -> &str {
        self.delivery.as_deref().map_or("", |delivery| &delivery.id)
    }

    /// When the job was first sent.
    #[must_use]
    pub fn first_sent_at(&self) -> Timestamp {
        self.delivery.as_deref().map_or_else(|| self.now(), |delivery| instant(delivery.first_sent_at))
    }

    /// When this message was sent.
    #[must_use]
    pub fn sent_at(&self) -> Timestamp {
        self.delivery.as_deref().map_or_else(|| self.now(), |delivery| instant(delivery.sent_at))
    }

    /// What the asking system wants to see repeated.
    #[must_use]
    pub fn correlation(&self) -> Option<&str> {
        self.delivery.as_deref().and_then(|delivery| delivery.correlation.as_deref())
    }

    /// The source of this kind.
    ///
    /// # Errors
    /// Where this worker has none of the kind.
    pub fn source(&self, kind: SourceKind) -> Result<&Arc<dyn Source>, JobError> {
        self.shared.sources.get(&kind).ok_or_else(|| {
            JobError::rejected(codes::NOT_A_SOURCE, format!("this worker does not serve the source {kind}"))
        })
    }

    /// The source to which a resource belongs, if jobs may name it at all.
    ///
    /// # Errors
    /// Where its service is no source, or its account or Region is not allowed.
    pub fn source_of(&self, resource: &Arn) -> Result<(SourceKind, &Arc<dyn Source>), JobError> {
        let kind = kind_of(resource).ok_or_else(|| {
            JobError::rejected(codes::NOT_A_SOURCE, format!("{resource} belongs to no service that is backed up"))
        })?;
        self.settings().allow.check(resource)?;
        Ok((kind, self.source(kind)?))
    }
}

impl engine::Context for Context {
    fn for_delivery(&self, delivery: Delivery) -> Self {
        Self { shared: Arc::clone(&self.shared), delivery: Some(Arc::new(delivery)) }
    }
}

/// The source that a resource belongs to, if it belongs to any.
pub(crate) fn kind_of(resource: &Arn) -> Option<SourceKind> {
    let kinds = [SourceKind::Dynamodb, SourceKind::Fsx, SourceKind::Redshift, SourceKind::RedshiftServerless];
    kinds.into_iter().find(|kind| kind.name() == resource.service())
}

/// SQS counts milliseconds since 1970; what lies beyond the calendar is the calendar's end.
fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

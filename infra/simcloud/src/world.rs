//! The whole cloud's state, and its agenda.
//!
//! One lock guards it all, so that a call is one atomic step whatever services it touches. Nobody holds the lock
//! across an await. Whatever is due on the agenda runs before anything else sees the world, each entry at its own
//! instant, so that the model does not depend on how finely the clock ticks or who wakes first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::clock::after;
use crate::faults::Faults;
use crate::pace::Pace;
use crate::stats::Recorder;
use crate::switches::Switches;
use crate::{Settings, backup, dynamodb, events, fsx, iam, kms, redshift, serverless, sqs, sts};

/// Something that the world does later: data, so that it can be saved.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Action {
    /// In AWS Backup.
    Backup(backup::Later),
    /// In EventBridge.
    Events(events::Later),
    /// In FSx.
    Fsx(fsx::Later),
    /// In Redshift.
    Redshift(redshift::Later),
    /// In Redshift Serverless.
    Serverless(serverless::Later),
    /// In SQS.
    Sqs(sqs::Later),
}

impl From<backup::Later> for Action {
    fn from(later: backup::Later) -> Self {
        Self::Backup(later)
    }
}

impl From<events::Later> for Action {
    fn from(later: events::Later) -> Self {
        Self::Events(later)
    }
}

impl From<fsx::Later> for Action {
    fn from(later: fsx::Later) -> Self {
        Self::Fsx(later)
    }
}

impl From<redshift::Later> for Action {
    fn from(later: redshift::Later) -> Self {
        Self::Redshift(later)
    }
}

impl From<serverless::Later> for Action {
    fn from(later: serverless::Later) -> Self {
        Self::Serverless(later)
    }
}

impl From<sqs::Later> for Action {
    fn from(later: sqs::Later) -> Self {
        Self::Sqs(later)
    }
}

impl Action {
    fn carry_out(self, world: &mut World) {
        match self {
            Self::Backup(later) => later.carry_out(world),
            Self::Events(later) => later.carry_out(world),
            Self::Fsx(later) => later.carry_out(world),
            Self::Redshift(later) => later.carry_out(world),
            Self::Serverless(later) => later.carry_out(world),
            Self::Sqs(later) => later.carry_out(world),
        }
    }
}

/// Every account and Region of every service.
#[derive(Deserialize, Serialize)]
pub(crate) struct World {
    now: Timestamp,
    agenda: BTreeMap<(Timestamp, u64), Action>,
    scheduled: u64,
    #[serde(skip)]
    wake: Arc<Notify>,
    /// The one source of chance for all models.
    #[serde(with = "crate::saved::rng")]
    pub(crate) rng: fastrand::Rng,
    pub(crate) switches: Switches,
    pub(crate) pace: Pace,
    pub(crate) faults: Faults,
    pub(crate) record: Recorder,
    pub(crate) sqs: sqs::State,
    pub(crate) events: events::State,
    pub(crate) dynamodb: dynamodb::State,
    pub(crate) kms: kms::State,
    pub(crate) iam: iam::State,
    pub(crate) sts: sts::State,
    pub(crate) backup: backup::State,
    pub(crate) serverless: serverless::State,
    pub(crate) redshift: redshift::State,
    pub(crate) fsx: fsx::State,
}

impl World {
    /// An empty world. Whoever waits on `wake` is told when the agenda's first entry changes.
    pub(crate) fn new(now: Timestamp, settings: &Settings, wake: Arc<Notify>) -> Self {
        let mut rng = fastrand::Rng::with_seed(settings.seed);
        let faults = Faults::new(now, rng.fork());
        Self {
            now,
            agenda: BTreeMap::new(),
            scheduled: 0,
            wake,
            rng,
            switches: settings.switches.clone(),
            pace: settings.pace.clone(),
            faults,
            record: Recorder::new(settings.trace),
            sqs: sqs::State::default(),
            events: events::State::default(),
            dynamodb: dynamodb::State::default(),
            kms: kms::State::default(),
            iam: iam::State::default(),
            sts: sts::State::default(),
            backup: backup::State::default(),
            serverless: serverless::State::default(),
            redshift: redshift::State::default(),
            fsx: fsx::State::default(),
        }
    }

    /// The same world, with another to be told when the agenda's first entry changes.
    pub(crate) fn woken_by(mut self, wake: Arc<Notify>) -> Self {
        self.wake = wake;
        self
    }

    /// The instant of the step being carried out; constant within one call and within one action.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Carries out `action` at `at`, or as soon as possible when that has passed. Actions of one instant run in the
    /// order in which they were scheduled.
    pub(crate) fn schedule(&mut self, at: Timestamp, action: impl Into<Action>) {
        let sooner = self.next_due().is_none_or(|next| at < next);
        self.agenda.insert((at, self.scheduled), action.into());
        self.scheduled += 1;
        if sooner {
            self.wake.notify_one();
        }
    }

    /// As [`World::schedule`], so much later than now.
    pub(crate) fn schedule_in(&mut self, wait: Duration, action: impl Into<Action>) {
        self.schedule(after(self.now, wait), action);
    }

    /// The instant of the first entry on the agenda.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets time pass up to `now`, carrying out what falls due on the way.
    pub(crate) fn catch_up(&mut self, now: Timestamp) {
        while let Some(entry) = self.agenda.first_entry() {
            let at = entry.key().0;
            if at > now {
                break;
            }
            let action = entry.remove();
            self.set_now(at);
            action.carry_out(self);
        }
        self.set_now(now);
    }

    /// Time never runs backwards, even for an action scheduled into the past.
    fn set_now(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.faults.set_now(self.now);
    }

    /// A random UUID, lower-case with hyphens.
    pub(crate) fn uuid(&mut self) -> String {
        let bits = self.rng.u128(..);
        let (a, b, c) = (bits >> 96 & 0xffff_ffff, bits >> 80 & 0xffff, bits >> 64 & 0x0fff | 0x4000);
        let (d, e) = (bits >> 48 & 0x3fff | 0x8000, bits & 0xffff_ffff_ffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

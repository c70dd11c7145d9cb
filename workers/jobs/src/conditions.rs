//! What is wrong at the moment, as health reports it.
//!
//! A condition is named by its code and its subject. It is raised by whoever meets it and cleared by whoever finds it
//! gone; nothing is decided by it.
//!
//! Every worker has its own. What another worker may see end is therefore raised for a time only: while it lasts, whoever
//! meets it next says so anew. A comparison of a chain with AWS finds all that is wrong with the chain, and replaces what
//! was said of it before.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chainwright_chain::state::Owner;
use chainwright_contracts::codes::{self, Code};
use tokio::{sync::Notify, time::Instant};

use crate::Context;

/// The conditions of one worker; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: Mutex<BTreeMap<(Code, String), Entry>>,
    raised: Notify,
}

#[derive(Debug)]
struct Entry {
    reason: String,
    /// The chain that it concerns, where a comparison of that chain finds whether it still stands.
    chain: Option<Owner>,
    /// When it lapses; none: it stands until it is cleared.
    until: Option<Instant>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Its code.
    pub code: Code,
    /// What it concerns.
    pub subject: String,
    /// What is wrong.
    pub reason: String,
}

/// What a comparison of a chain with AWS finds, all of it or none.
const OF_CHAIN: [Code; 6] = [
    codes::POINT_LOST,
    codes::SEAL_BROKEN,
    codes::TWO_CLAIMANTS,
    codes::FOREIGN_POINT,
    codes::DOUBTFUL_POINT,
    codes::CHAIN_STALE,
];

/// Says that something is wrong with a chain, until a comparison no longer finds it, here or on another worker. What
/// belongs to no chain, and is hence not compared, stands until it is cleared.
pub(crate) fn of_chain(ctx: &Context, owner: &Owner, code: Code, subject: String, reason: String) {
    let until = owner.chain().map(|_| Instant::now() + lapse(ctx));
    ctx.conditions().insert(Condition { code, subject, reason }, Some(owner.clone()), until);
}

/// All that is wrong with a chain, as a comparison with AWS has found it.
pub(crate) fn replace(ctx: &Context, owner: &Owner, found: Vec<Condition>) {
    let still = |code: Code, subject: &str| found.iter().any(|one| one.code == code && one.subject == subject);
    ctx.conditions().lock().retain(|(code, subject), entry| {
        entry.chain.as_ref() != Some(owner) || !OF_CHAIN.contains(code) || still(*code, subject)
    });
    let until = Instant::now() + lapse(ctx);
    for condition in found {
        ctx.conditions().insert(condition, Some(owner.clone()), Some(until));
    }
}

/// A comparison every period says what is still wrong; one that is late is waited for.
fn lapse(ctx: &Context) -> Duration {
    Duration::try_from(ctx.settings().reconcile_every).unwrap_or_default().saturating_mul(2)
}

impl Conditions {
    /// Says that something is wrong, until it is cleared.
    pub fn raise(&self, code: Code, subject: impl Into<String>, reason: impl Into<String>) {
        self.insert(Condition { code, subject: subject.into(), reason: reason.into() }, None, None);
    }

    /// Says that something is wrong, until it is cleared or nobody has said so for this long.
    pub(crate) fn raise_for(&self, lapse: Duration, code: Code, subject: impl Into<String>, reason: impl Into<String>) {
        let condition = Condition { code, subject: subject.into(), reason: reason.into() };
        self.insert(condition, None, Some(Instant::now() + lapse));
    }

    fn insert(&self, condition: Condition, chain: Option<Owner>, until: Option<Instant>) {
        let Condition { code, subject, reason } = condition;
        let mut entries = self.lock();
        if !entries.contains_key(&(code, subject.clone())) {
            tracing::warn!(error.code = %code, subject, reason, "a condition was raised");
        }
        entries.insert((code, subject), Entry { reason, chain, until });
        drop(entries);
        self.0.raised.notify_one();
    }

    /// Waits until some condition with one of these codes stands. One waiter at a time.
    pub async fn standing(&self, codes: &[Code]) {
        while !self.lock().keys().any(|(standing, _)| codes.contains(standing)) {
            self.0.raised.notified().await;
        }
    }

    /// Says that it is wrong no longer.
    pub fn clear(&self, code: Code, subject: &str) {
        self.lock().remove(&(code, subject.to_owned()));
    }

    /// Everything that is wrong, by code and subject.
    #[must_use]
    pub fn all(&self) -> Vec<Condition> {
        let mut entries = self.lock();
        let now = Instant::now();
        entries.retain(|_, entry| entry.until.is_none_or(|until| now < until));
        let condition = |((code, subject), entry): (&(Code, String), &Entry)| Condition {
            code: *code,
            subject: subject.clone(),
            reason: entry.reason.clone(),
        };
        entries.iter().map(condition).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Code, String), Entry>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What is wrong at the moment, as health reports it.
//!
//! A condition is named by its code and its subject. It is raised by whoever meets it and cleared by whoever finds it
//! gone; nothing is decided by it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chainwright_contracts::codes::Code;
use tokio::sync::Notify;

/// The conditions of one worker; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: Mutex<BTreeMap<(Code, String), String>>,
    raised: Notify,
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

impl Conditions {
    /// Says that something is wrong.
    pub fn raise(&self, code: Code, subject: impl Into<String>, reason: impl Into<String>) {
        let (subject, reason) = (subject.into(), reason.into());
        tracing::warn!(error.code = %code, subject, reason, "a condition was raised");
        self.lock().insert((code, subject), reason);
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
        let entries = self.lock();
        let condition = |((code, subject), reason): (&(Code, String), &String)| Condition {
            code: *code,
            subject: subject.clone(),
            reason: reason.clone(),
        };
        entries.iter().map(condition).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Code, String), String>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

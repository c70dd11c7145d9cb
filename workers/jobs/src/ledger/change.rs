//! A change of several records, decided on versions that it states, taking effect whole or not at all.

use chainwright_aws::{
    error::SourceError,
    ledger::{Check, CommitError, Store, Write},
};

use super::{Key, Record, Versioned, record::item};

/// Why the ledger did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A record is no longer as the change assumed; whoever asked reads again.
    #[error("the ledger changed in the meantime: {0}")]
    Conflict(String),
    /// The ledger carries no `ready` mark: it is empty, or being rebuilt.
    #[error(
        "the ledger carries no ready mark: run `chainwright catalog init` for a new one, `catalog rebuild` for a lost one"
    )]
    NotReady,
    /// The table does not answer.
    #[error("the ledger does not answer: {0}")]
    Unavailable(String),
    /// A record cannot be read or written as JSON.
    #[error("the ledger's record {key} cannot be read")]
    Unreadable {
        /// The record's key.
        key: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl From<SourceError> for LedgerError {
    fn from(error: SourceError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Records to write and conditions to hold.
#[derive(Debug, Default)]
pub struct Change {
    writes: Vec<Write>,
    unreadable: Option<LedgerError>,
    /// Which of the writes is the check of the ready mark.
    ready: Option<usize>,
}

impl Change {
    /// A change that may happen at any time: it records what is true.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A change by which something is started or removed: it happens only in a ledger that is whole.
    #[must_use]
    pub fn when_ready() -> Self {
        let key = Key::ready();
        let check = Write::Check { pk: key.pk, sk: key.sk, expected: Check::Exists };
        Self { writes: vec![check], unreadable: None, ready: Some(0) }
    }

    /// Writes a record that must not exist yet.
    #[must_use]
    pub fn create<R: Record>(self, record: &R) -> Self {
        self.put(record, None)
    }

    /// Writes a record anew, on the condition that it still has the version that was read.
    #[must_use]
    pub fn update<R: Record>(self, read: &Versioned<R>) -> Self {
        self.put(&read.value, Some(read.version))
    }

    /// Holds only while a record still has the version that was read.
    #[must_use]
    pub fn unchanged<R: Record>(mut self, read: &Versioned<R>) -> Self {
        let Key { pk, sk } = read.value.key();
        self.writes.push(Write::Check { pk, sk, expected: Check::Version(read.version) });
        self
    }

    fn put<R: Record>(mut self, record: &R, expected: Option<u64>) -> Self {
        match item(record, expected.map_or(1, |version| version + 1)) {
            Ok(item) => self.writes.push(Write::Put { item, expected }),
            Err(error) => self.unreadable = Some(error),
        }
        self
    }

    pub(super) async fn commit(self, store: &Store, token: &str) -> Result<(), LedgerError> {
        if let Some(error) = self.unreadable {
            return Err(error);
        }
        let keys: Vec<String> = self.writes.iter().map(describe).collect();
        match store.commit(self.writes, token).await {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict(failed)) if failed.iter().any(|index| Some(*index) == self.ready) => {
                Err(LedgerError::NotReady)
            }
            Err(CommitError::Conflict(failed)) => {
                let changed: Vec<&str> =
                    failed.iter().filter_map(|index| keys.get(*index)).map(String::as_str).collect();
                Err(LedgerError::Conflict(changed.join(", ")))
            }
            Err(error) => Err(LedgerError::Unavailable(error.to_string())),
        }
    }
}

fn describe(write: &Write) -> String {
    match write {
        Write::Put { item, .. } => format!("{} {}", item.pk, item.sk),
        Write::Check { pk, sk, .. } | Write::Delete { pk, sk, .. } => format!("{pk} {sk}"),
    }
}

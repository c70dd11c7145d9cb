//! How a command fails: with a code where there is one, the cause, and what to do.

use chainwright_aws::error::SourceError;
use chainwright_contracts::codes::{self, Code};
use chainwright_jobs::{JobError, ledger::LedgerError};

use crate::output::Answer;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The command line makes no sense.
    Usage(String),
    /// It was tried, and failed; or it may not be done.
    Failed(String),
}

/// What a command comes to.
pub(crate) type Told = Result<Answer, Trouble>;

impl Trouble {
    /// A failure with its code and what to do.
    pub(crate) fn coded(code: Code, cause: impl std::fmt::Display) -> Self {
        Self::Failed(format!("{code}: {cause}; {}", remedy(code)))
    }
}

impl From<JobError> for Trouble {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Rejected { code, reason } => Self::coded(code, reason),
            JobError::Ledger(error) => error.into(),
            JobError::Source(error) => error.into(),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        let code = match error {
            LedgerError::NotReady => codes::LEDGER_NOT_READY,
            LedgerError::Unavailable(_) => codes::LEDGER_UNAVAILABLE,
            LedgerError::Unreadable { .. } => codes::RECORD_UNREADABLE,
            LedgerError::Conflict(_) => return Self::Failed(format!("{error}; run the command again")),
        };
        Self::coded(code, error)
    }
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What SQS or the file system says, in words already.
impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl From<Trouble> for Answer {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Usage(reason) => Self::usage(reason),
            Trouble::Failed(reason) => Self::failed(reason),
        }
    }
}

fn remedy(code: Code) -> String {
    let known = [
        (codes::NO_SUCH_POLICY, "`chainwright policy get` lists those that there are"),
        (codes::NO_SUCH_CHAIN, "`chainwright chain get` lists those that there are"),
        (codes::NO_SUCH_POINT, "`chainwright chain describe` and `chainwright backup get` list those that there are"),
        (codes::LEDGER_NOT_READY, "nothing is started or removed until then"),
    ];
    let of_code = known.into_iter().find(|(known, _)| *known == code).map(|(_, what)| what.to_owned());
    of_code.unwrap_or_else(|| format!("`chainwright explain {code}` says what to do"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_code_cause_and_remedy() {
        let Trouble::Failed(told) = Trouble::from(JobError::rejected(codes::NO_SUCH_CHAIN, "no chain abc")) else {
            unreachable!("a rejection is no usage error");
        };
        assert_eq!(told, "CW0302: no chain abc; `chainwright chain get` lists those that there are");
    }
}

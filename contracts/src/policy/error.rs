//! What can be wrong with a policy file, and how it is said: file, line, key, what is wrong, what is allowed, code.

use std::fmt;

/// A kind of mistake in a policy file. Each has a page in `contracts/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyProblem {
    /// The file is larger than a policy may be.
    TooLarge,
    /// The file is not UTF-8.
    NotUtf8,
    /// The file is neither YAML 1.2 nor JSON.
    Syntax,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// A key that policies do not have.
    UnknownKey,
    /// A key that this policy needs is not there.
    MissingKey,
    /// A value of another type than wanted: a number for text, nothing at all, an empty list.
    WrongType,
    /// A key that this source, or another key beside it, excludes.
    NotTogether,
    /// A name that does not follow its rule: policy, vault, role, key.
    BadName,
    /// A word that is not one of those allowed.
    NotAChoice,
    /// Not a period, or one out of bounds.
    BadPeriod,
    /// Not a time of day or an interval of hours.
    BadTime,
    /// Not a day, or one that no month or year has.
    BadDay,
    /// A time zone that the IANA database does not have.
    UnknownTimeZone,
    /// A malformed account or Region.
    BadPlace,
    /// A malformed ARN, or one outside of the policy.
    BadArn,
    /// `select` does not say exactly one thing.
    BadSelection,
    /// A tag that AWS or this program would refuse.
    BadTag,
    /// Copies and their targets do not fit each other.
    BadCopyTarget,
    /// A number out of bounds.
    OutOfRange,
    /// An entry of a list stands there twice.
    Repeated,
}

impl PolicyProblem {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 21] = [
        Self::TooLarge,
        Self::NotUtf8,
        Self::Syntax,
        Self::DuplicateKey,
        Self::UnknownKey,
        Self::MissingKey,
        Self::WrongType,
        Self::NotTogether,
        Self::BadName,
        Self::NotAChoice,
        Self::BadPeriod,
        Self::BadTime,
        Self::BadDay,
        Self::UnknownTimeZone,
        Self::BadPlace,
        Self::BadArn,
        Self::BadSelection,
        Self::BadTag,
        Self::BadCopyTarget,
        Self::OutOfRange,
        Self::Repeated,
    ];

    /// The code that messages carry and `chainwright explain` takes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "CW0201",
            Self::NotUtf8 => "CW0202",
            Self::Syntax => "CW0203",
            Self::DuplicateKey => "CW0204",
            Self::UnknownKey => "CW0205",
            Self::MissingKey => "CW0206",
            Self::WrongType => "CW0207",
            Self::NotTogether => "CW0208",
            Self::BadName => "CW0209",
            Self::NotAChoice => "CW0210",
            Self::BadPeriod => "CW0211",
            Self::BadTime => "CW0212",
            Self::BadDay => "CW0213",
            Self::UnknownTimeZone => "CW0214",
            Self::BadPlace => "CW0215",
            Self::BadArn => "CW0216",
            Self::BadSelection => "CW0217",
            Self::BadTag => "CW0218",
            Self::BadCopyTarget => "CW0219",
            Self::OutOfRange => "CW0220",
            Self::Repeated => "CW0221",
        }
    }
}

/// One mistake at one place of a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// The file's name as it was given.
    pub file: String,
    /// The line, from 1; 0 where the policy came without lines, as a stored revision does.
    pub line: u64,
    /// The path of the key, such as `schedules.daily.keep`; empty for the file as a whole.
    pub key: String,
    /// Which kind of mistake.
    pub problem: PolicyProblem,
    /// What is wrong.
    pub wrong: String,
    /// What is allowed instead.
    pub allowed: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; allowed: {} [{}]", self.wrong, self.allowed, self.problem.code())
    }
}

/// Every mistake that was found in one policy file, by line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyErrors {
    errors: Vec<PolicyError>,
}

impl PolicyErrors {
    /// Sorts the mistakes by line.
    pub(super) fn new(mut errors: Vec<PolicyError>) -> Self {
        errors.sort_by_key(|error| error.line);
        Self { errors }
    }

    /// The mistakes, by line.
    #[must_use]
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// What is wrong with a value, before it is known where the value stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; allowed: {allowed} [{}]", problem.code())]
pub struct Wrong {
    /// Which kind of mistake.
    pub problem: PolicyProblem,
    /// What is wrong.
    pub wrong: String,
    /// What is allowed instead.
    pub allowed: String,
}

impl Wrong {
    /// A mistake with its explanation.
    pub(super) fn new(problem: PolicyProblem, wrong: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { problem, wrong: wrong.into(), allowed: allowed.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_code_of_its_own_and_a_page() {
        let mut codes: Vec<_> = PolicyProblem::ALL.iter().map(|problem| problem.code()).collect();
        assert!(codes.is_sorted());
        codes.dedup();
        assert_eq!(codes.len(), PolicyProblem::ALL.len());
        for code in codes {
            let page = format!("{}/errors/{code}.md", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page}: {error}"));
            for heading in ["## What happened", "## What it means for the chain", "## What to do"] {
                assert!(text.contains(heading), "{code} lacks {heading:?}");
            }
        }
    }
}

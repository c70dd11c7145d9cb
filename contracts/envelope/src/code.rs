//! Error codes: one number per reason for which a message can reach a dead-letter queue.

use std::{fmt, str::FromStr};

/// An error code, shown as `CW` and four digits. Each has a page in `contracts/errors/`.
///
/// CW01xx belong to the engine and stand here; the other ranges belong to the crates that raise them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// The body is not UTF-8, not JSON, or not a JSON object.
    pub const NOT_A_MESSAGE: Self = Self(101);
    /// A member is missing, unknown, doubled, or of the wrong type.
    pub const WRONG_SHAPE: Self = Self(102);
    /// No job is called so.
    pub const UNKNOWN_KIND: Self = Self(103);
    /// The message's version was newer than every worker for a day.
    pub const NEWER_VERSION: Self = Self(104);
    /// The job did not end within its overall deadline.
    pub const DEADLINE_PASSED: Self = Self(105);
    /// The message was received too often without an end: workers crashed or lost their lease on it.
    pub const TOO_MANY_RECEIVES: Self = Self(106);
    /// The message leaves no room for the attributes of a rejection. Never written on a message: whoever shows the
    /// dead letters derives it from the missing attributes and the size.
    pub const TOO_LARGE_TO_ANNOTATE: Self = Self(107);
    /// The kind exists, but waits on another queue.
    pub const WRONG_QUEUE: Self = Self(108);
    /// A message that the job leads to was refused by the queue service.
    pub const UNSENDABLE_FOLLOW_UP: Self = Self(109);

    /// The code with this number, at most 9999.
    ///
    /// # Panics
    /// In a constant, with a number beyond four digits: the program does not compile.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        assert!(number <= 9999, "an error code has four digits");
        Self(number)
    }

    /// The bare number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CW{:04}", self.0)
    }
}

/// The text is not `CW` and four digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an error code; they look like CW0101")]
pub struct NotACode(String);

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        text.strip_prefix("CW")
            .filter(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| NotACode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_with_four_digits_and_read_back() {
        assert_eq!(Code::NOT_A_MESSAGE.to_string(), "CW0101");
        assert_eq!("CW0101".parse(), Ok(Code::NOT_A_MESSAGE));
    }

    #[test]
    fn what_does_not_look_like_a_code_is_refused() {
        for text in ["", "CW", "CW101", "cw0101", "CW01011", "CW+101", "CWé01"] {
            assert!(text.parse::<Code>().is_err(), "{text}");
        }
    }
}

//! Where only a text tells whether a service failed or was merely occupied.
//!
//! AWS Backup ends a job of a resource that has another one running with a message alone, and an FSx backup too close
//! to a window likewise (AWS Backup developer guide, "Monitoring events using EventBridge" and "Backup plan options").
//! The words are therefore looked for in status messages and in refusals; a text that says something else is a failure.

/// Phrases, in lower case, that mean: nothing is wrong, come back later.
const OCCUPIED: [&str; 8] = [
    "running job for the same resource",
    "maintenance window",
    "automatic backup window",
    "backup is already in progress",
    "another backup is in progress",
    "limit exceeded",
    "limitexceeded",
    "too many concurrent",
];

/// Whether a service's text means that it was occupied.
pub(crate) fn says_occupied(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    OCCUPIED.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_about_being_occupied_count_as_such() {
        assert!(says_occupied("\"Backup job failed because there was a running job for the same resource.\""));
        assert!(says_occupied("LimitExceededException: too many copy jobs"));
        assert!(!says_occupied("Access denied exception while trying to list tags"));
        assert!(!says_occupied(""));
    }
}

//! Between the SDK's notion of an instant and ours.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// The SDK's instant as ours; none where it lies outside of what we can represent.
pub(crate) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// Our instant as the SDK's.
pub(crate) fn date_time(at: Timestamp) -> DateTime {
    // Negative fractions, before 1970, floor towards the second before.
    let nanos = at.as_nanosecond();
    DateTime::from_nanos(nanos).unwrap_or_else(|_| DateTime::from_secs(at.as_second()))
}

/// A size that both Redshifts tell in megabytes of 1,048,576 bytes.
pub(crate) fn bytes(megabytes: f64) -> i64 {
    // Sizes are far below where the conversion would lose anything, and it saturates.
    #[expect(clippy::cast_possible_truncation, reason = "sizes are whole numbers of megabytes, and the cast saturates")]
    let bytes = (megabytes * 1_048_576.0) as i64;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_the_sdk() {
        for text in ["2026-01-05T06:00:00.123456789Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(timestamp(&date_time(at)), Some(at));
        }
    }
}

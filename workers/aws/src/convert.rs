//! Between the SDK's notions and ours: instants, partitions.

use aws_smithy_types::DateTime;
use chainwright_contracts::names::Region;
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

/// The partition that a Region belongs to, by the prefix of its name.
///
/// Source: AWS General Reference, "Partitions" (`aws`, `aws-cn`, `aws-us-gov`, and the isolated ones).
pub(crate) fn partition(region: &Region) -> &'static str {
    let name = region.as_str();
    [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ]
    .into_iter()
    .find(|(prefix, _)| name.starts_with(prefix))
    .map_or("aws", |(_, partition)| partition)
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

    #[test]
    fn a_region_tells_its_partition() {
        for (region, expected) in [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
            assert_eq!(partition(&region.parse().unwrap()), expected);
        }
    }
}

//! Policy files and intervals, as the command line gives them.

use std::{fs::File, io::Read, path::Path};

use chainwright_chain::policy::Policy;
use chainwright_contracts::{
    names::Region,
    policy::{MAX_BYTES, PolicyErrors, PolicyFile, parse_bytes},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Over;
use crate::output::Answer;

/// Why a file gave no policy.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It could not be read.
    Unreadable(String),
    /// It is not a policy.
    Mistakes(PolicyErrors),
}

/// Reads a policy file.
pub(crate) fn read(path: &Path) -> Result<PolicyFile, Refusal> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| Refusal::Unreadable(format!("{name}: cannot be read: {error}"));
    let mut bytes = Vec::new();
    // One byte more than a policy may have is enough to refuse a file of any size.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    parse_bytes(&name, &bytes).map_err(Refusal::Mistakes)
}

/// Reads an instant, or a date as its midnight in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
    // A date alone is no instant to this parser, and an instant no date to the other one's caller.
    text.parse::<Timestamp>().ok().or_else(|| if text.len() == 10 { date() } else { None }).ok_or_else(|| {
        "wanted: an RFC 3339 instant such as 2026-01-05T06:00:00Z, or a date such as 2026-01-05".to_owned()
    })
}

/// A policy over an interval, in one Region.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) policy: Policy,
    pub(super) region: Region,
}

/// Reads the policy and settles the Region. The error is the whole answer.
pub(super) fn scene(over: &Over) -> Result<Scene, Answer> {
    if over.from > over.to {
        return Err(Answer::usage(format!("--from {} is later than --to {}", over.from, over.to)));
    }
    let file = read(&over.file).map_err(|refusal| match refusal {
        Refusal::Unreadable(reason) => Answer::failed(reason),
        Refusal::Mistakes(mistakes) => Answer::failed(mistakes.to_string()),
    })?;
    let regions: Vec<_> = file.regions.iter().map(Region::as_str).collect();
    let region = match &over.region {
        Some(region) if !file.regions.contains(region) => {
            return Err(Answer::usage(format!(
                "--region {region} is not one of the policy's regions: {}",
                regions.join(", ")
            )));
        }
        Some(region) => region.clone(),
        // A policy has a Region by the rules of the file.
        None => file.regions.first().cloned().ok_or_else(|| Answer::failed("the policy has no Region"))?,
    };
    Ok(Scene { policy: Policy::new(file), region })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_means_its_midnight_in_utc() {
        assert_eq!(instant("2026-01-05").unwrap().to_string(), "2026-01-05T00:00:00Z");
        assert_eq!(instant("2026-01-05T07:00:00+01:00").unwrap().to_string(), "2026-01-05T06:00:00Z");
        for text in ["", "yesterday", "2026-02-30", "2026-01-05T07:00:00", "07:00"] {
            assert!(instant(text).is_err(), "{text}");
        }
    }
}

//! The configuration: environment variables, read once, with every mistake named at once.
//!
//! `AWS_*` and `OTEL_*` are the standard ones and are read by the SDK and by telemetry. A name that begins with
//! `CHAINWRIGHT_` and is none of these is a mistake too: a misspelt one would otherwise leave its default in force.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use chainwright_contracts::{
    codes,
    names::Region,
    queues::{self, QueueName},
};
use chainwright_jobs::Allow;
use jiff::SignedDuration;

use crate::hub::Hub;

/// What stands before the names of the program's own variables.
const OURS: &str = "CHAINWRIGHT_";
/// How many jobs of one queue may be in hand at once.
const CONCURRENCY: std::ops::RangeInclusive<usize> = 1..=10_000;

/// What the environment configures.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `CHAINWRIGHT_QUEUE_PREFIX`: what stands before every queue's name.
    pub prefix: String,
    /// `CHAINWRIGHT_QUEUES`: the queues that a worker serves; none: all.
    pub queues: Option<Vec<QueueName>>,
    /// `CHAINWRIGHT_LEDGER_TABLE`: the ledger's table.
    pub ledger_table: String,
    /// `CHAINWRIGHT_KMS_KEY`: the key that seals, an alias in every Region.
    pub kms_key: String,
    /// `CHAINWRIGHT_EVENT_BUS`: the bus for our own events.
    pub event_bus: String,
    /// `CHAINWRIGHT_CONCURRENCY`: jobs in hand at once, per queue.
    pub concurrency: usize,
    /// `CHAINWRIGHT_MEMBER_ROLE`: the role that is assumed in other accounts.
    pub member_role: Option<String>,
    /// `CHAINWRIGHT_EXTERNAL_ID`: the external id that the member role asks for.
    pub external_id: Option<String>,
    /// `CHAINWRIGHT_ALLOW`: what jobs may name; none: any Region of the own account.
    pub allow: Option<Allow>,
    /// `CHAINWRIGHT_RECONCILE_HOURS`: how often a chain is compared with AWS.
    pub reconcile_every: SignedDuration,
    /// `CHAINWRIGHT_DRAIN_SECONDS`: from SIGTERM to the end.
    pub drain: Duration,
    /// `CHAINWRIGHT_HEALTH_FILE`: where a worker writes how it is.
    pub health_file: Option<PathBuf>,
    /// `CHAINWRIGHT_HEALTH_PORT`: the loopback port at which a worker tells how it is.
    pub health_port: Option<u16>,
}

/// The environment cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: the environment cannot be used:\n  {}", problems.join("\n  "), code = codes::BAD_ENVIRONMENT)]
pub struct EnvironmentError {
    /// Everything that is wrong with it.
    pub problems: Vec<String>,
}

impl Environment {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn of_process() -> Result<Self, EnvironmentError> {
        // What is not UTF-8 is none of ours.
        Self::read(
            &std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// Reads these variables; an empty one counts as absent.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, EnvironmentError> {
        let mut reading = Reading { variables, known: Vec::new(), problems: Vec::new() };
        let environment = Self {
            prefix: reading.text("QUEUE_PREFIX").unwrap_or_else(|| queues::DEFAULT_PREFIX.to_owned()),
            queues: reading.parsed("QUEUES", read_queues),
            ledger_table: reading.text("LEDGER_TABLE").unwrap_or_else(|| "chainwright-ledger".to_owned()),
            kms_key: reading.text("KMS_KEY").unwrap_or_else(|| "alias/chainwright".to_owned()),
            event_bus: reading.text("EVENT_BUS").unwrap_or_else(|| "chainwright".to_owned()),
            concurrency: reading.parsed("CONCURRENCY", |text| number(text, CONCURRENCY)).unwrap_or(100),
            member_role: reading.text("MEMBER_ROLE"),
            external_id: reading.text("EXTERNAL_ID"),
            allow: reading.parsed("ALLOW", |text| text.parse::<Allow>().map_err(|error| error.to_string())),
            reconcile_every: SignedDuration::from_hours(
                reading.parsed("RECONCILE_HOURS", |text| number(text, 1..=168)).unwrap_or(6),
            ),
            drain: Duration::from_secs(reading.parsed("DRAIN_SECONDS", |text| number(text, 1..=3600)).unwrap_or(50)),
            health_file: reading.text("HEALTH_FILE").map(PathBuf::from),
            health_port: reading.parsed("HEALTH_PORT", |text| number(text, 1..=u16::MAX)),
        };
        // Read by telemetry, which has a word of its own on a level that is none.
        reading.text("LOG");
        let problems = reading.into_problems();
        if problems.is_empty() { Ok(environment) } else { Err(EnvironmentError { problems }) }
    }

    /// The hub that these variables name.
    #[must_use]
    pub fn hub(&self) -> Hub {
        Hub {
            prefix: self.prefix.clone(),
            table: self.ledger_table.clone(),
            key: self.kms_key.clone(),
            bus: self.event_bus.clone(),
            ..Hub::standard(Vec::<Region>::new())
        }
    }
}

struct Reading<'a> {
    variables: &'a BTreeMap<String, String>,
    known: Vec<String>,
    problems: Vec<String>,
}

impl Reading<'_> {
    fn text(&mut self, name: &str) -> Option<String> {
        let name = format!("{OURS}{name}");
        let value = self.variables.get(&name).map(|value| value.trim()).filter(|value| !value.is_empty());
        self.known.push(name);
        value.map(str::to_owned)
    }

    fn parsed<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        value.map_err(|allowed| self.problems.push(format!("{OURS}{name}={text}: {allowed}"))).ok()
    }

    fn into_problems(mut self) -> Vec<String> {
        for name in self.variables.keys().filter(|name| name.starts_with(OURS) && !self.known.contains(name)) {
            let known = self.known.join(", ");
            self.problems.push(format!("{name}: there is no such variable; there are {known}"));
        }
        self.problems
    }
}

fn number<T>(text: &str, allowed: std::ops::RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let (least, most) = (allowed.start(), allowed.end());
    let value = text.parse().ok().filter(|value| allowed.contains(value));
    value.ok_or_else(|| format!("a whole number from {least} to {most} is allowed"))
}

fn read_queues(text: &str) -> Result<Vec<QueueName>, String> {
    let named = |name: &str| queues::ALL.into_iter().find(|queue| queue.as_str() == name);
    let all = queues::ALL.map(|queue| queue.as_str()).join(", ");
    let read = |name: &str| named(name.trim()).ok_or_else(|| format!("{name:?} is no queue; there are {all}"));
    text.split(',').map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::read(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn without_any_variable_the_defaults_hold() {
        let environment = read(&[("PATH", "/usr/bin"), ("CHAINWRIGHT_KMS_KEY", " ")]).unwrap();
        assert_eq!(environment.prefix, "chainwright-");
        assert_eq!(environment.kms_key, "alias/chainwright");
        assert_eq!(environment.concurrency, 100);
        assert!(environment.queues.is_none() && environment.allow.is_none() && environment.health_file.is_none());
    }

    #[test]
    fn the_readme_names_every_variable() {
        let error = read(&[("CHAINWRIGHT_", "")]).unwrap_err().to_string();
        let known = error.split("there are ").nth(1).unwrap().split(", ");
        let readme = include_str!("../../../README.md");
        let missing: Vec<_> = known.filter(|name| !readme.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn what_is_set_is_taken() {
        let environment = read(&[
            ("CHAINWRIGHT_QUEUES", "copies, prunes"),
            ("CHAINWRIGHT_ALLOW", "111122223333/*"),
            ("CHAINWRIGHT_CONCURRENCY", "7"),
            ("CHAINWRIGHT_HEALTH_PORT", "8080"),
        ]);
        let environment = environment.unwrap();
        assert_eq!(environment.queues, Some(vec![queues::COPIES, queues::PRUNES]));
        assert_eq!(environment.allow.unwrap().to_string(), "111122223333/*");
        assert_eq!((environment.concurrency, environment.health_port), (7, Some(8080)));
    }

    #[test]
    fn every_mistake_is_named_at_once_with_what_is_allowed() {
        let error = read(&[
            ("CHAINWRIGHT_QUEUES", "copies,backups"),
            ("CHAINWRIGHT_ALLOW", "everything"),
            ("CHAINWRIGHT_CONCURRENCY", "0"),
            ("CHAINWRIGHT_HEALTH_PORT", "http"),
            ("CHAINWRIGHT_LEDGER", "chainwright-ledger"),
        ]);
        let text = error.unwrap_err().to_string();
        for part in [
            "CW0606",
            "\"backups\" is no queue; there are sessions, snapshots",
            "CHAINWRIGHT_ALLOW=everything: ",
            "CHAINWRIGHT_CONCURRENCY=0: a whole number from 1 to 10000 is allowed",
            "CHAINWRIGHT_HEALTH_PORT=http: a whole number from 1 to 65535 is allowed",
            "CHAINWRIGHT_LEDGER: there is no such variable; there are CHAINWRIGHT_QUEUE_PREFIX",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}

//! Names and choices of a policy file: what may be called what.

use std::{fmt, str::FromStr};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    error::{PolicyProblem, Wrong},
    period::Period,
    reader::FromText,
    time::from_text_type,
};
use crate::names::{AccountId, InvalidName, Region, text_type};

/// A text that only has to follow a rule of characters and length.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $pattern:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromText for $name {
            const ALLOWED: &'static str = $allowed;

            fn from_text(text: &str) -> Result<Self, Wrong> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) {
                    return Ok(Self(text.to_owned()));
                }
                Err(Wrong::new(PolicyProblem::BadName, format!("{text:?} is not {}", $what), Self::ALLOWED))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        from_text_type!($name, $pattern);
    };
}

name_type! {
    /// What a policy is called.
    PolicyName,
    "a policy's name",
    "1 to 64 characters a to z, 0 to 9 and hyphen, beginning with a letter",
    "^[a-z][a-z0-9-]{0,63}$",
    |text| {
        text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

name_type! {
    /// A backup vault. Source: AWS Backup API reference, `CreateBackupVault`.
    VaultName,
    "a vault's name",
    "2 to 50 letters, digits, hyphens and underscores",
    "^[A-Za-z0-9_-]{2,50}$",
    |text| (2..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

name_type! {
    /// An IAM role's name, without path. Source: IAM API reference, `CreateRole`.
    RoleName,
    "a role's name",
    "an IAM role's name without path: 1 to 64 letters, digits and any of _+=,.@-",
    "^[A-Za-z0-9_+=,.@-]{1,64}$",
    |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
    }
}

name_type! {
    /// The name of a Redshift snapshot copy grant, or the id, alias or ARN of a KMS key.
    KeyName,
    "the name of a key or a grant",
    "1 to 2048 letters, digits and any of _-:/",
    "^[A-Za-z0-9_:/-]{1,2048}$",
    |text| {
        (1..=2048).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-:/".contains(&b))
    }
}

/// An IANA time zone, in the database's own spelling.
///
/// The database is the one built into the program: what a policy means must not depend on the machine that reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneName(TimeZone);

impl ZoneName {
    /// UTC, the default.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone's rules.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.0
    }
}

impl FromText for ZoneName {
    const ALLOWED: &'static str = "a name of the IANA time zone database, such as Europe/Berlin or UTC";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let unknown = || {
            let wrong = format!("{text:?} is not a time zone that is known here");
            Wrong::new(PolicyProblem::UnknownTimeZone, wrong, Self::ALLOWED)
        };
        let zone = TimeZoneDatabase::bundled().get(text).map_err(|_| unknown())?;
        // `Etc/Unknown` stands for "no zone" and has no rules.
        if zone.is_unknown() { Err(unknown()) } else { Ok(Self(zone)) }
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

from_text_type!(ZoneName, "^[A-Za-z0-9_+/-]+$");

impl From<InvalidName> for Wrong {
    fn from(error: InvalidName) -> Self {
        Self::new(PolicyProblem::BadPlace, format!("{:?} is not {}", error.text, error.what), error.allowed)
    }
}

impl FromText for AccountId {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn from_text(text: &str) -> Result<Self, Wrong> {
        Ok(text.parse()?)
    }
}

impl FromText for Region {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn from_text(text: &str) -> Result<Self, Wrong> {
        Ok(text.parse()?)
    }
}

/// `FromText` for an enum whose variants are single words.
macro_rules! choice {
    ($name:ident, $allowed:literal, $($word:literal => $variant:expr),+) => {
        impl FromText for $name {
            const ALLOWED: &'static str = $allowed;

            fn from_text(text: &str) -> Result<Self, Wrong> {
                match text {
                    $($word => Ok($variant),)+
                    _ => Err(Wrong::new(PolicyProblem::NotAChoice, format!("{text:?} is not a choice"), Self::ALLOWED)),
                }
            }
        }
    };
}

/// The service whose resources a policy backs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// DynamoDB tables, through AWS Backup.
    Dynamodb,
    /// FSx file systems, through AWS Backup.
    Fsx,
    /// Redshift Serverless namespaces, by its own snapshots.
    RedshiftServerless,
    /// Provisioned Redshift clusters, by manual snapshots.
    Redshift,
}

choice!(SourceKind, "dynamodb, fsx, redshift-serverless, redshift",
    "dynamodb" => Self::Dynamodb, "fsx" => Self::Fsx,
    "redshift-serverless" => Self::RedshiftServerless, "redshift" => Self::Redshift);

impl SourceKind {
    /// The source's name, as in policy files; also the service in its resources' ARNs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dynamodb => "dynamodb",
            Self::Fsx => "fsx",
            Self::RedshiftServerless => "redshift-serverless",
            Self::Redshift => "redshift",
        }
    }

    /// How the resource part of its ARNs reads, with `NAME` for what follows. FSx has volumes besides, since of ONTAP those
    /// are backed up.
    #[must_use]
    pub const fn arn_shapes(self) -> &'static [&'static str] {
        match self {
            Self::Dynamodb => &["table/NAME"],
            Self::Fsx => &["file-system/NAME", "volume/NAME/NAME"],
            Self::RedshiftServerless => &["namespace/NAME"],
            Self::Redshift => &["cluster:NAME"],
        }
    }

    /// Whether an ARN's resource part is one of a resource of this source.
    #[must_use]
    pub fn is_resource(self, resource: &str) -> bool {
        let given: Vec<&str> = resource.split_inclusive(['/', ':']).collect();
        let fits = |shape: &&str| {
            let shape: Vec<&str> = shape.split_inclusive(['/', ':']).collect();
            let same = |(shape, given): (&&str, &&str)| match shape.strip_prefix("NAME") {
                Some(separator) => given.strip_suffix(separator).is_some_and(|name| !name.is_empty()),
                None => shape == given,
            };
            shape.len() == given.len() && shape.iter().zip(&given).all(same)
        };
        self.arn_shapes().iter().any(fits)
    }

    /// Whether its backups are AWS Backup's, which has vaults and assumes a role.
    #[must_use]
    pub const fn uses_vaults(self) -> bool {
        matches!(self, Self::Dynamodb | Self::Fsx)
    }

    /// Whether the service copies by a standing configuration alone, which takes whatever is made while it stands.
    #[must_use]
    pub const fn has_standing_copies(self) -> bool {
        matches!(self, Self::RedshiftServerless | Self::Redshift)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What happens after an outage to the slots that fell due in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    /// One session for the newest missed slot, carrying the flags of all of them.
    #[default]
    Newest,
    /// Nothing: the next slot is the next session.
    None,
}

choice!(CatchUp, "newest, none", "newest" => Self::Newest, "none" => Self::None);

/// From what a backup of a Serverless namespace is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServerlessFrom {
    /// A snapshot of the namespace as it is.
    #[default]
    Snapshot,
    /// The newest recovery point, converted: quick, up to 30 minutes old.
    RecoveryPoint,
}

choice!(ServerlessFrom, "snapshot, recovery-point",
    "snapshot" => Self::Snapshot, "recovery-point" => Self::RecoveryPoint);

/// A value that is either one given word or something else that is text.
macro_rules! word_or {
    ($(#[$doc:meta])* $name:ident, $word:literal, $(#[$none:meta])* $none_variant:ident, $(#[$some:meta])* $some_variant:ident($inner:ty), $allowed:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub enum $name {
            $(#[$none])*
            #[default]
            $none_variant,
            $(#[$some])*
            $some_variant($inner),
        }

        impl FromText for $name {
            const ALLOWED: &'static str = $allowed;

            fn from_text(text: &str) -> Result<Self, Wrong> {
                if text == $word {
                    return Ok(Self::$none_variant);
                }
                let wrong = |wrong: Wrong| Wrong { allowed: Self::ALLOWED.to_owned(), ..wrong };
                <$inner>::from_text(text).map(Self::$some_variant).map_err(wrong)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$none_variant => f.write_str($word),
                    Self::$some_variant(value) => value.fmt(f),
                }
            }
        }

        from_text_type!($name, $pattern);
    };
}

word_or! {
    /// When a point moves to cold storage, measured from its creation.
    ColdAfter, "never",
    /// It stays warm.
    Never,
    /// After this long, and only where its longest flag outlives the move by 90 days.
    After(Period),
    "never, or a whole number of days, weeks, months or years, such as 30 days",
    "^(never|[1-9][0-9]* (day|week|month|year)s?)$"
}

word_or! {
    /// How long Redshift keeps the snapshots that it makes by itself.
    AutomatedKeep, "unchanged",
    /// As the cluster has it.
    Unchanged,
    /// So many days, 1 to 35.
    Days(Period),
    "unchanged, or 1 to 35 days",
    "^(unchanged|[1-9][0-9]* (day|week)s?)$"
}

word_or! {
    /// The grant under which Redshift encrypts copies in the target Region.
    CopyGrant, "none",
    /// No grant: the cluster is not encrypted by a key of KMS.
    None,
    /// The grant of this name.
    Named(KeyName),
    "none, or the name of a snapshot copy grant",
    "^[A-Za-z0-9_:/-]{1,2048}$"
}

word_or! {
    /// The key under which Redshift Serverless encrypts copies in the target Region.
    CopyKey, "default",
    /// The service's own key.
    Default,
    /// A key of KMS, by id, alias or ARN.
    Kms(KeyName),
    "default, or the id, alias or ARN of a KMS key in the target Region",
    "^[A-Za-z0-9_:/-]{1,2048}$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_name_begins_with_a_letter_and_has_at_most_64_characters() {
        let longest = "a".repeat(64);
        for name in ["a", "gold", "gold-2", longest.as_str()] {
            assert!(name.parse::<PolicyName>().is_ok(), "{name}");
        }
        let longer = "a".repeat(65);
        for name in ["", "2gold", "-gold", "Gold", "gold_2", "gold plan", longer.as_str()] {
            assert_eq!(name.parse::<PolicyName>().unwrap_err().problem, PolicyProblem::BadName, "{name}");
        }
    }

    #[test]
    fn a_time_zone_is_taken_from_the_built_in_database_in_its_own_spelling() {
        assert_eq!("europe/berlin".parse::<ZoneName>().unwrap().to_string(), "Europe/Berlin");
        assert_eq!("UTC".parse::<ZoneName>().unwrap(), ZoneName::utc());
        for name in ["", "Berlin", "Europe/Atlantis", "+02:00", "Etc/Unknown"] {
            assert_eq!(name.parse::<ZoneName>().unwrap_err().problem, PolicyProblem::UnknownTimeZone, "{name}");
        }
    }

    #[test]
    fn every_choice_is_written_as_it_is_read() {
        for source in ["dynamodb", "fsx", "redshift-serverless", "redshift"] {
            let read = SourceKind::from_text(source).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), source);
            assert_eq!(read.to_string(), source);
        }
        assert_eq!(
            serde_json::to_value(ServerlessFrom::from_text("recovery-point").unwrap()).unwrap(),
            "recovery-point"
        );
        assert_eq!(serde_json::to_value(CatchUp::from_text("none").unwrap()).unwrap(), "none");
        assert!(SourceKind::from_text("s3").is_err());
    }

    #[test]
    fn cold_after_is_never_or_a_period() {
        assert_eq!("never".parse::<ColdAfter>().unwrap(), ColdAfter::Never);
        assert_eq!("30 days".parse::<ColdAfter>().unwrap().to_string(), "30 days");
        assert!("0 days".parse::<ColdAfter>().unwrap_err().allowed.starts_with("never"));
    }
}

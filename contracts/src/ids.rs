//! Names of things that never change and never collide: chains, points, operations.
//!
//! An id is the SHA-256 of a canonical form, in lower-case base32, cut to 26 characters (130 bits). The canonical form
//! is a domain word followed by every field, each preceded by its length, so that no two different lists of fields
//! share one form. Whoever knows the fields derives the same id, on whichever worker, in whichever Region: that is what
//! makes every step repeatable without a counter or a lock.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arn::Arn;

/// Characters in an id.
pub const ID_LENGTH: usize = 26;

/// The text is not an id: 26 characters of lower-case base32.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id: an id has 26 characters, a to z and 2 to 7")]
pub struct InvalidId {
    /// What was read instead.
    pub text: String,
}

/// Hashes `fields` under `domain` into 26 characters of lower-case base32.
///
/// The fields are length-prefixed (32 bits, big-endian), so `["ab", "c"]` and `["a", "bc"]` differ.
#[must_use]
pub fn derive(domain: &str, fields: &[&str]) -> String {
    let mut hash = Sha256::new();
    for field in std::iter::once(&domain).chain(fields) {
        // A field of 4 GiB does not exist; should one, the prefix saturates and the hash still covers every byte.
        hash.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(field.as_bytes());
    }
    let mut id = data_encoding::BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
    id.truncate(ID_LENGTH);
    id
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id's 26 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let valid = text.len() == ID_LENGTH && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
                if valid { Ok(Self(text)) } else { Err(InvalidId { text }) }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": "^[a-z2-7]{26}$" })
            }
        }
    };
}

id! {
    /// One resource under one policy: the name of its chain.
    ChainId
}

id! {
    /// What one session kept of one resource, or one manual backup: the name of a restore point, on all its sides.
    PointId
}

/// What tells a resource from another that bore the same ARN before it.
///
/// DynamoDB `TableId`, Redshift `ClusterNamespaceArn`, Serverless `namespaceId`; an FSx file system's own id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Incarnation(pub String);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ChainId {
    /// The chain of `resource`, in this incarnation, under the policy named `policy`.
    #[must_use]
    pub fn of(resource: &Arn, incarnation: &Incarnation, policy: &str) -> Self {
        Self(derive(
            "chain",
            &[
                resource.partition(),
                resource.account(),
                resource.region(),
                resource.service(),
                resource.as_str(),
                &incarnation.0,
                policy,
            ],
        ))
    }
}

impl PointId {
    /// The point that `chain` has for `slot`.
    #[must_use]
    pub fn of_slot(chain: &ChainId, slot: Timestamp) -> Self {
        Self(derive("point", &[chain.as_str(), &slot.to_string()]))
    }

    /// The manual point that the job named `job` asks for: the same request twice is one backup.
    #[must_use]
    pub fn of_manual(resource: &Arn, incarnation: &Incarnation, job: &str) -> Self {
        Self(derive("manual", &[resource.as_str(), &incarnation.0, job]))
    }
}

/// The id of a follow-up job: what is to be done, to what, and why; asked twice for one cause, it is one job.
#[must_use]
pub fn follow_up(kind: &str, target: &str, cause: &str) -> String {
    derive("job", &[kind, target, cause])
}

/// The idempotency token of an operation's attempt, also the tail of a snapshot's name.
///
/// It depends on the operation and its epoch alone, never on the job that asked.
#[must_use]
pub fn token(operation_kind: &str, point: &PointId, destination: &str, epoch: u32) -> String {
    derive("token", &[operation_kind, point.as_str(), destination, &epoch.to_string()])
}

/// The name of a snapshot that bears an operation's token, for services that know points by names.
///
/// 29 characters that begin with a letter, which is what both Redshifts take (Amazon Redshift API reference,
/// `CreateClusterSnapshot`; AWS CloudFormation reference, `AWS::RedshiftServerless::Snapshot`).
#[must_use]
pub fn snapshot_name(token: &str) -> String {
    format!("{SNAPSHOT_PREFIX}{token}")
}

const SNAPSHOT_PREFIX: &str = "cw-";

/// Whether a snapshot may have been named by [`snapshot_name`].
#[must_use]
pub fn is_snapshot_name(name: &str) -> bool {
    name.strip_prefix(SNAPSHOT_PREFIX).is_some_and(|token| token.parse::<PointId>().is_ok())
}

/// The trace in which everything that happens to a point is found, from its session to its removal: the first 16 bytes
/// of the SHA-256 of the point's id, in hexadecimal.
///
/// An operator computes it with `printf %s POINT | sha256sum | cut -c 1-32`.
#[must_use]
pub fn trace_id_of(point: &PointId) -> String {
    let mut trace = data_encoding::HEXLOWER.encode(&Sha256::digest(point.as_str().as_bytes()));
    trace.truncate(32);
    trace
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Arn {
        "arn:aws:dynamodb:eu-west-1:111122223333:table/orders".parse().unwrap()
    }

    #[test]
    fn ids_are_26_characters_of_lower_case_base32() {
        let chain = ChainId::of(&orders(), &Incarnation("t-1".into()), "gold");
        assert_eq!(chain.as_str().parse::<ChainId>(), Ok(chain.clone()));
        insta::assert_snapshot!(chain, @"d5rkpmkdv6cvmfwwlkrnep6arf");
    }

    #[test]
    fn moving_a_character_between_fields_changes_the_id() {
        assert_ne!(derive("x", &["ab", "c"]), derive("x", &["a", "bc"]));
    }

    #[test]
    fn a_table_created_again_has_another_chain() {
        let before = ChainId::of(&orders(), &Incarnation("t-1".into()), "gold");
        let after = ChainId::of(&orders(), &Incarnation("t-2".into()), "gold");
        assert_ne!(before, after);
    }

    #[test]
    fn a_new_epoch_has_a_new_token_and_a_repeat_the_old_one() {
        let point = PointId::of_manual(&orders(), &Incarnation("t-1".into()), "before-migration");
        assert_eq!(token("backup", &point, "", 0), token("backup", &point, "", 0));
        assert_ne!(token("backup", &point, "", 0), token("backup", &point, "", 1));
        assert_ne!(token("copy", &point, "eu-central-1", 0), token("copy", &point, "eu-west-2", 0));
    }

    #[test]
    fn a_points_trace_is_the_head_of_its_ids_digest() {
        // printf %s aaaaaaaaaaaaaaaaaaaaaaaaaa | sha256sum | cut -c 1-32
        let point: PointId = "a".repeat(26).parse().unwrap();
        assert_eq!(trace_id_of(&point), "9976d549a25115dab4e36d0c1fb8f31c");
    }

    #[test]
    fn text_that_is_not_an_id_is_refused() {
        for text in ["", "abc", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxy1"] {
            assert!(text.parse::<PointId>().is_err(), "{text}");
        }
    }
}

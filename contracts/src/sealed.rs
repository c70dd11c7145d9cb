//! The sealed format: the record that every point carries in its tags, and how the tags carry it.
//!
//! A record is deflated, encrypted and written into at most eight tag values of 256 characters (AWS Backup developer
//! guide, "Tags on backups": a value has at most 256 characters); two more tags hold the names and a hold, so that a
//! point needs ten tags, the most that every service allows. How it is encrypted is the business of the crate
//! `chainwright-aws`; this module fixes what is inside, what is bound to it, and the layout around it.
//!
//! | tag | value |
//! |---|---|
//! | `chainwright:chain` | `CHAIN/POINT/REVISION`, `manual` in place of the chain for a manual point |
//! | `chainwright:m0` … `m7` | the sealed blob in base64url without padding, cut in pieces of 256 characters |
//! | `chainwright:hold` | present while a person's hold stands |
//!
//! The blob: version (1 byte), algorithm (1), length of the wrapped data key (2, big-endian), the wrapped data key, the
//! nonce (12), the ciphertext with its tag (16).

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    arn::Arn,
    flag::Flag,
    ids::{ChainId, Incarnation, PointId},
    jobs::Side,
    place::Place,
    policy::PolicyName,
};

/// The tag that names a point.
pub const NAME_TAG: &str = "chainwright:chain";
/// The tag that holds a point.
pub const HOLD_TAG: &str = "chainwright:hold";
/// What the tags with the sealed blob begin with; a digit from 0 follows.
pub const CHUNK_TAG: &str = "chainwright:m";
/// The most chunks that a blob may take.
pub const MAX_CHUNKS: usize = 8;
/// Characters in a full chunk.
pub const CHUNK_LENGTH: usize = 256;
/// Bytes of blob that fit into the chunks: base64url without padding writes 3 bytes in 4 characters.
pub const MAX_BLOB: usize = MAX_CHUNKS * CHUNK_LENGTH / 4 * 3;
/// The schema of [`Record`] that this release writes.
pub const SCHEMA: u32 = 1;

/// What a point says of itself, the same on all its sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The version of this record's own shape.
    pub schema: u32,
    /// The chain; none for a manual point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainId>,
    /// The point.
    pub point: PointId,
    /// What was backed up.
    pub resource: Arn,
    /// Which of the resources that have borne this ARN.
    pub incarnation: Incarnation,
    /// The policy; none for a manual point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// The policy's revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The slot; for a manual point, when it was asked for.
    pub slot: Timestamp,
    /// When the backup was requested, which its creation in the service must fit.
    pub requested_at: Timestamp,
    /// By when the service has created the backup, if ever: what is younger is not this point. Absent in what releases
    /// sealed that did not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// Where each side is kept, and for how long.
    pub sides: Vec<SealedSide>,
    /// The newest good points that stay whatever their age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
    /// Manual: when it may be removed; until asked for where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Timestamp>,
    /// Flags taken over from slots whose backup failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substituted: Vec<Flag>,
    /// The source's configuration, in the source's order of priority.
    pub configuration: Vec<(String, Value)>,
    /// Parts of the configuration that only the ledger has, since the tags were full.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledger_only: Vec<String>,
    /// Parts of the configuration that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_captured: Vec<String>,
}

/// One side in a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedSide {
    /// Which side.
    pub side: Side,
    /// Where it is kept.
    pub place: Place,
    /// Its flags, each with the instant at which it ends.
    pub flags: BTreeMap<Flag, Timestamp>,
}

impl Record {
    /// What the record says of one side.
    #[must_use]
    pub fn side(&self, side: &Side) -> Option<&SealedSide> {
        self.sides.iter().find(|sealed| sealed.side == *side)
    }
}

/// The value of [`NAME_TAG`]: what a point claims to be before its seal is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTag {
    /// The chain; none for a manual point.
    pub chain: Option<ChainId>,
    /// The point.
    pub point: PointId,
    /// Counts how often the point was sealed anew; the highest is the true one.
    pub revision: u32,
}

/// The value is not that of a name tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} does not name a point: expected CHAIN/POINT/REVISION")]
pub struct InvalidNameTag {
    /// What was read instead.
    pub text: String,
}

impl fmt::Display for NameTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain = self.chain.as_ref().map_or("manual", ChainId::as_str);
        write!(f, "{chain}/{}/{}", self.point, self.revision)
    }
}

impl FromStr for NameTag {
    type Err = InvalidNameTag;

    fn from_str(text: &str) -> Result<Self, InvalidNameTag> {
        let invalid = || InvalidNameTag { text: text.to_owned() };
        let mut parts = text.split('/');
        let (Some(chain), Some(point), Some(revision), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid());
        };
        let chain = if chain == "manual" { None } else { Some(chain.parse().map_err(|_| invalid())?) };
        Ok(Self {
            chain,
            point: point.parse().map_err(|_| invalid())?,
            revision: revision.parse().map_err(|_| invalid())?,
        })
    }
}

/// The tags cannot carry, or do not hold, a blob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The blob is larger than [`MAX_BLOB`].
    #[error("a sealed blob of {length} bytes does not fit into {MAX_CHUNKS} tags ({MAX_BLOB} bytes)")]
    TooLarge {
        /// The blob's bytes.
        length: usize,
    },
    /// A chunk between others is missing, or there is none at all.
    #[error("the tag {CHUNK_TAG}{missing} is missing")]
    Missing {
        /// The first number without a tag.
        missing: usize,
    },
    /// The joined chunks are not base64url.
    #[error("the sealed tags are not base64url")]
    NotBase64,
}

/// Cuts a blob into tags.
///
/// # Errors
/// Where it does not fit.
pub fn to_tags(blob: &[u8]) -> Result<BTreeMap<String, String>, ChunkError> {
    if blob.len() > MAX_BLOB {
        return Err(ChunkError::TooLarge { length: blob.len() });
    }
    let text = data_encoding::BASE64URL_NOPAD.encode(blob);
    let chunks = text.as_bytes().chunks(CHUNK_LENGTH).enumerate();
    Ok(chunks.map(|(n, chunk)| (format!("{CHUNK_TAG}{n}"), String::from_utf8_lossy(chunk).into_owned())).collect())
}

/// How many chunks a blob of `length` bytes takes.
#[must_use]
pub fn chunks_for(length: usize) -> usize {
    (length * 4).div_ceil(3).div_ceil(CHUNK_LENGTH)
}

/// Joins the tags of a point to the blob, and says in how many chunks it came. A chunk tag without a value is none: one that
/// a shorter seal has no use for is emptied in the call that writes the seal, and taken away later.
///
/// # Errors
/// Where a chunk is missing or the text is not base64url.
pub fn from_tags(tags: &BTreeMap<String, String>) -> Result<(Vec<u8>, usize), ChunkError> {
    let chunk = |n| tags.get(&format!("{CHUNK_TAG}{n}")).map(String::as_str).filter(|value| !value.is_empty());
    let chunks: Vec<&str> = (0..MAX_CHUNKS).map_while(chunk).collect();
    let present = tags.iter().filter(|(key, value)| key.starts_with(CHUNK_TAG) && !value.is_empty()).count();
    if chunks.is_empty() || chunks.len() < present {
        return Err(ChunkError::Missing { missing: chunks.len() });
    }
    let blob = data_encoding::BASE64URL_NOPAD.decode(chunks.concat().as_bytes()).map_err(|_| ChunkError::NotBase64)?;
    Ok((blob, chunks.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_of_any_length_that_fits_comes_back() {
        for length in [1, 191, 192, 193, MAX_BLOB - 1, MAX_BLOB] {
            let blob: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let tags = to_tags(&blob).unwrap();
            assert!(tags.len() <= MAX_CHUNKS && tags.values().all(|value| value.len() <= CHUNK_LENGTH));
            assert_eq!(tags.len(), chunks_for(length), "{length}");
            assert_eq!(from_tags(&tags), Ok((blob.clone(), tags.len())));
            let mut emptied = tags.clone();
            emptied.extend((tags.len()..MAX_CHUNKS).map(|n| (format!("{CHUNK_TAG}{n}"), String::new())));
            assert_eq!(from_tags(&emptied), Ok((blob, tags.len())));
        }
        assert_eq!(to_tags(&vec![0; MAX_BLOB + 1]), Err(ChunkError::TooLarge { length: MAX_BLOB + 1 }));
    }

    #[test]
    fn a_missing_chunk_is_named() {
        let mut tags = to_tags(&[7; 600]).unwrap();
        tags.insert("chainwright:m1".into(), String::new());
        assert_eq!(from_tags(&tags), Err(ChunkError::Missing { missing: 1 }));
        tags.remove("chainwright:m1");
        assert_eq!(from_tags(&tags), Err(ChunkError::Missing { missing: 1 }));
        assert_eq!(from_tags(&BTreeMap::new()), Err(ChunkError::Missing { missing: 0 }));
    }

    #[test]
    fn a_name_tag_reads_as_it_is_written() {
        let point = "abcdefghijklmnopqrstuvwxyz".parse().unwrap();
        for chain in [None, Some("zyxwvutsrqponmlkjihgfedcba".parse().unwrap())] {
            let tag = NameTag { chain, point: Clone::clone(&point), revision: 3 };
            assert_eq!(tag.to_string().parse(), Ok(tag));
        }
        for text in ["", "manual", "manual/x/1", "manual/abcdefghijklmnopqrstuvwxyz/1/2"] {
            assert!(text.parse::<NameTag>().is_err(), "{text}");
        }
    }
}

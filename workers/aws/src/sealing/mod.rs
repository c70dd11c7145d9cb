//! Sealing: the encrypted record in a point's tags, which says whose the point is and what a restore needs.
//!
//! The layout is fixed in [`chainwright_contracts::sealed`]. A fresh data key per seal comes from KMS, wrapped under
//! the hub's multi-Region key, so that any Region with a replica opens it without the others. The wrapping is bound by
//! KMS's encryption context to point, source ARN and source Region; the ciphertext is bound to the same, to the whole
//! name tag (so that neither the chain nor the revision can be changed from outside), and to the number of chunks (so
//! that none can be cut off). Nothing that differs between a point and its copies is bound, or copies could not be
//! opened.
//!
//! Opening names our own key to KMS: a record wrapped under somebody else's key does not open, however well formed.
//! Invariant I12 (every point's seal opens) is carried by this module.

mod blob;
pub mod keys;
mod nonces;
mod pack;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use aws_sdk_kms::{primitives::Blob, types::DataKeySpec};
use chainwright_contracts::{
    arn::Arn,
    names::Region,
    sealed::{
        CHUNK_TAG, ChunkError, InvalidNameTag, MAX_BLOB, NAME_TAG, NameTag, Record, SCHEMA, chunks_for, from_tags,
        to_tags,
    },
};
use zeroize::Zeroizing;

pub use nonces::{NonceError, Nonces, OsNonces, SeededNonces};

use crate::{
    clients::Clients,
    error::{SourceError, failed},
};
use blob::{KEY_LENGTH, Parts};

const GENERATE: &str = "kms:GenerateDataKey";
const DECRYPT: &str = "kms:Decrypt";

/// Seals and opens records under one key.
#[derive(Debug, Clone)]
pub struct Sealer {
    clients: Clients,
    key: String,
    nonces: Arc<dyn Nonces>,
}

/// A sealed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name tag and the chunks.
    pub tags: BTreeMap<String, String>,
    /// The record as it is in the tags: without the parts of the configuration that did not fit, which it names.
    pub record: Record,
}

/// A record could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Even without any configuration the record does not fit into the tags.
    #[error("the record of point {point} has {length} bytes without its configuration; the tags have room for {room}")]
    TooLarge {
        /// The point.
        point: String,
        /// Deflated bytes of what is left.
        length: usize,
        /// Bytes that the tags have room for.
        room: usize,
    },
    /// KMS gave no data key.
    #[error(transparent)]
    Kms(#[from] SourceError),
    /// The source of nonces failed.
    #[error(transparent)]
    Nonce(#[from] NonceError),
    /// The cipher or the encoding refused; not for anything that comes from outside.
    #[error("the record cannot be written: {0}")]
    Unwritable(String),
}

/// A seal could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The tags hold nothing of Chainwright's.
    #[error("the tags are not Chainwright's")]
    NotOurs,
    /// The tags claim to be ours and are not as we wrote them: forged, altered, cut off, or from another point.
    #[error("the seal is broken: {0}")]
    Broken(String),
    /// KMS could not be asked, or would not say. Nothing is known about the seal.
    #[error(transparent)]
    Kms(#[from] SourceError),
}

impl From<ChunkError> for OpenError {
    fn from(error: ChunkError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<InvalidNameTag> for OpenError {
    fn from(error: InvalidNameTag) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Sealer {
    /// Seals under `key`: the alias (`alias/…`), the id or the ARN of a multi-Region key in the hub's account.
    #[must_use]
    pub fn new(clients: Clients, key: impl Into<String>, nonces: Arc<dyn Nonces>) -> Self {
        Self { clients, key: key.into(), nonces }
    }

    /// Seals `record` under a fresh data key from the hub's Region. Each seal of one point bears a higher `revision`.
    ///
    /// Where the configuration does not fit, its parts are dropped from the end and named in `ledger_only`.
    ///
    /// # Errors
    /// Where KMS gives no key, or the record is too large even without configuration.
    pub async fn seal(&self, record: &Record, revision: u32) -> Result<Sealed, SealError> {
        let region = self.clients.home_region().clone();
        let answer = self
            .clients
            .kms(self.clients.own_account(), &region)?
            .generate_data_key()
            .key_id(key_in(&self.key, &region))
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(context(record.point.as_str(), &record.resource)))
            .send()
            .await
            .map_err(failed(GENERATE))?;
        let key = data_key(GENERATE, answer.plaintext)?;
        let wrapped = answer
            .ciphertext_blob
            .ok_or_else(|| SourceError::unreadable(GENERATE, "the answer holds no wrapped key"))?
            .into_inner();
        let (record, packed) = pack::fit(record, MAX_BLOB.saturating_sub(blob::overhead(&wrapped)))?;
        let name = NameTag { chain: record.chain.clone(), point: record.point.clone(), revision };
        let chunks = chunks_for(blob::overhead(&wrapped) + packed.len());
        let bound = associated(&name, &record.resource, chunks);
        let nonce = self.nonces.next()?;
        let ciphertext = blob::encrypt(&key, nonce, &packed, &bound).map_err(SealError::Unwritable)?;
        let blob =
            blob::write(&Parts { wrapped: &wrapped, nonce, ciphertext: &ciphertext }).map_err(SealError::Unwritable)?;
        let mut tags = to_tags(&blob).map_err(|error| SealError::Unwritable(error.to_string()))?;
        tags.insert(NAME_TAG.to_owned(), name.to_string());
        Ok(Sealed { tags, record })
    }

    /// Opens the seal in `tags`, in any Region with a replica of the key.
    ///
    /// `resource` is what the service says the point was made of; a seal moved to a point of another resource does not
    /// open. That name tag and record agree is checked; whether the point lies in a place that the record names, and
    /// was created when it should have been, is for the caller to compare.
    ///
    /// # Errors
    /// Told apart: tags that are not ours, seals that are not as we wrote them, and a KMS that does not answer.
    pub async fn open(
        &self,
        tags: &BTreeMap<String, String>,
        resource: &Arn,
        region: &Region,
    ) -> Result<(NameTag, Record), OpenError> {
        let Some(name) = tags.get(NAME_TAG) else {
            let chunks = tags.keys().any(|key| key.starts_with(CHUNK_TAG));
            return Err(if chunks {
                OpenError::Broken(format!("the tag {NAME_TAG} is missing"))
            } else {
                OpenError::NotOurs
            });
        };
        let name: NameTag = name.parse()?;
        let (blob, chunks) = from_tags(tags)?;
        let parts = blob::read(&blob).map_err(OpenError::Broken)?;
        let key = self.unwrap(&name, resource, region, parts.wrapped).await?;
        let packed = blob::decrypt(&key, &parts, &associated(&name, resource, chunks)).map_err(OpenError::Broken)?;
        let record = pack::unpack(&packed).map_err(OpenError::Broken)?;
        agree(&name, resource, &record)?;
        Ok((name, record))
    }

    async fn unwrap(
        &self,
        name: &NameTag,
        resource: &Arn,
        region: &Region,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_LENGTH]>, OpenError> {
        let answer = self
            .clients
            .kms(self.clients.own_account(), region)?
            .decrypt()
            .key_id(key_in(&self.key, region))
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(context(name.point.as_str(), resource)))
            .send()
            .await
            .map_err(failed(DECRYPT))
            .map_err(unopened)?;
        Ok(data_key(DECRYPT, answer.plaintext)?)
    }
}

/// The key by the name that it has in a Region: an ARN names a Region, aliases and ids do not.
fn key_in(key: &str, region: &Region) -> String {
    match key.parse::<Arn>() {
        Ok(arn) => format!("arn:{}:{}:{region}:{}:{}", arn.partition(), arn.service(), arn.account(), arn.resource()),
        Err(_) => key.to_owned(),
    }
}

/// KMS says of a wrapped key that it is not what our key wrapped in this context; anything else is about KMS itself.
fn unopened(error: SourceError) -> OpenError {
    match error.code.as_str() {
        // What we ask is well formed but for the wrapped key, which comes from outside.
        "InvalidCiphertextException" | "IncorrectKeyException" | "ValidationException" => OpenError::Broken(format!(
            "its data key was not wrapped by our key for this point and resource ({})",
            error.code
        )),
        _ => OpenError::Kms(error),
    }
}

/// What KMS binds the data key to. CloudTrail shows it in the clear; it holds no secrets.
fn context(point: &str, resource: &Arn) -> HashMap<String, String> {
    let pairs = [
        ("app", "chainwright"),
        ("v", "1"),
        ("point", point),
        ("resource", resource.as_str()),
        ("region", resource.region()),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What the ciphertext is bound to, each field preceded by its length (32 bits, big-endian).
fn associated(name: &NameTag, resource: &Arn, chunks: usize) -> Vec<u8> {
    let mut bound = Vec::new();
    for field in [&name.to_string(), name.point.as_str(), resource.as_str(), resource.region(), &chunks.to_string()] {
        bound.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        bound.extend_from_slice(field.as_bytes());
    }
    bound
}

fn data_key(operation: &'static str, plaintext: Option<Blob>) -> Result<Zeroizing<[u8; KEY_LENGTH]>, SourceError> {
    let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    let key = <[u8; KEY_LENGTH]>::try_from(bytes.as_slice());
    key.map(Zeroizing::new).map_err(|_| SourceError::unreadable(operation, "the answer holds no key of 32 bytes"))
}

fn agree(name: &NameTag, resource: &Arn, record: &Record) -> Result<(), OpenError> {
    let broken = |what: &str| Err(OpenError::Broken(format!("{what} in the record is not that in the tags")));
    match record {
        _ if record.schema > SCHEMA => {
            Err(OpenError::Broken(format!("schema {} is newer than this release", record.schema)))
        }
        _ if record.point != name.point => broken("the point"),
        _ if record.chain != name.chain => broken("the chain"),
        _ if record.resource != *resource => broken("the resource"),
        _ => Ok(()),
    }
}

//! The stand-in for KMS's envelope: a keystream and a tag from SHA-256.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Key ids, plain and multi-Region, are this long.
const KEY_ID: usize = 36;
const NONCE: usize = 16;
const TAG: usize = 32;
/// Filling, so that a wrapped 32-byte key is about as long as KMS's, 184 bytes.
const HEADER: [u8; 68] = *b"simcloud kms ciphertext, readable by the simulation alone ..........";

/// An encryption context.
pub(super) type Context = BTreeMap<String, String>;

/// Encrypts under a key's material.
pub(super) fn seal(id: &str, material: &[u8; 32], nonce: [u8; NONCE], context: &Context, plaintext: &[u8]) -> Vec<u8> {
    let ciphertext = keystream(material, &nonce, plaintext);
    let tag = tag(id, material, &nonce, context, &ciphertext);
    [&HEADER[..], id.as_bytes(), &nonce, &tag, &ciphertext].concat()
}

/// The id of the key that a blob names.
pub(super) fn key_id(blob: &[u8]) -> Option<&str> {
    let rest = blob.strip_prefix(&HEADER)?;
    std::str::from_utf8(rest.get(..KEY_ID)?).ok()
}

/// Decrypts a blob; `None` unless it is exactly what [`seal`] made under this material and context.
pub(super) fn open(id: &str, material: &[u8; 32], context: &Context, blob: &[u8]) -> Option<Vec<u8>> {
    let rest = blob.strip_prefix(&HEADER)?.get(KEY_ID..)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
    let (given, ciphertext) = rest.split_first_chunk::<TAG>()?;
    (tag(id, material, nonce, context, ciphertext) == *given).then(|| keystream(material, nonce, ciphertext))
}

fn keystream(material: &[u8; 32], nonce: &[u8; NONCE], input: &[u8]) -> Vec<u8> {
    let blocks = (0_u64..).map(|counter| hash(&[b"stream", material, nonce, &counter.to_be_bytes()]));
    input.iter().zip(blocks.flatten()).map(|(byte, mask)| byte ^ mask).collect()
}

fn tag(id: &str, material: &[u8; 32], nonce: &[u8; NONCE], context: &Context, ciphertext: &[u8]) -> [u8; TAG] {
    let mut parts: Vec<&[u8]> = vec![b"tag", material, id.as_bytes(), nonce, ciphertext];
    parts.extend(context.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    hash(&[b"outer", material, &hash(&parts)])
}

/// A hash over parts, each with its length, so that no two lists of parts look alike.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

//! The blob: version, algorithm, wrapped key, nonce, ciphertext.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};

/// Bytes of an AES-256 key.
pub(super) const KEY_LENGTH: usize = 32;
/// Bytes of a GCM nonce.
pub(super) const NONCE_LENGTH: usize = 12;
/// Bytes of GCM's authentication tag, at the end of the ciphertext.
const TAG_LENGTH: usize = 16;
/// Version and algorithm.
const VERSION: u8 = 1;
/// AES-256-GCM over raw deflate.
const AES_256_GCM: u8 = 1;

/// What a blob is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) wrapped: &'a [u8],
    pub(super) nonce: [u8; NONCE_LENGTH],
    pub(super) ciphertext: &'a [u8],
}

/// Bytes of a blob beside the plaintext.
pub(super) fn overhead(wrapped: &[u8]) -> usize {
    4 + wrapped.len() + NONCE_LENGTH + TAG_LENGTH
}

pub(super) fn write(parts: &Parts<'_>) -> Result<Vec<u8>, String> {
    let length = u16::try_from(parts.wrapped.len()).map_err(|_| "the wrapped key is too long".to_owned())?;
    let mut blob = vec![VERSION, AES_256_GCM];
    blob.extend_from_slice(&length.to_be_bytes());
    blob.extend_from_slice(parts.wrapped);
    blob.extend_from_slice(&parts.nonce);
    blob.extend_from_slice(parts.ciphertext);
    Ok(blob)
}

pub(super) fn read(blob: &[u8]) -> Result<Parts<'_>, String> {
    let too_short = || "it is too short".to_owned();
    let (&[version, algorithm, high, low], rest) = blob.split_first_chunk::<4>().ok_or_else(too_short)?;
    if (version, algorithm) != (VERSION, AES_256_GCM) {
        return Err(format!("version {version} with algorithm {algorithm} is not known"));
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length == 0 {
        // KMS would take an empty one for a request that is wrong in itself.
        return Err("its wrapped key is empty".to_owned());
    }
    let (wrapped, rest) = rest.split_at_checked(length).ok_or_else(too_short)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or_else(too_short)?;
    if ciphertext.len() < TAG_LENGTH {
        return Err(too_short());
    }
    Ok(Parts { wrapped, nonce: *nonce, ciphertext })
}

pub(super) fn encrypt(
    key: &[u8; KEY_LENGTH],
    nonce: [u8; NONCE_LENGTH],
    plain: &[u8],
    bound: &[u8],
) -> Result<Vec<u8>, String> {
    let payload = Payload { msg: plain, aad: bound };
    Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload).map_err(|error| error.to_string())
}

pub(super) fn decrypt(key: &[u8; KEY_LENGTH], parts: &Parts<'_>, bound: &[u8]) -> Result<Vec<u8>, String> {
    let payload = Payload { msg: parts.ciphertext, aad: bound };
    let plain = Aes256Gcm::new(key.into()).decrypt(&parts.nonce.into(), payload);
    plain.map_err(|_| "it is not what was sealed for this point, resource and revision".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_reads_as_it_was_written() {
        let parts = Parts { wrapped: &[9; 184], nonce: [7; 12], ciphertext: &[5; 40] };
        assert_eq!(read(&write(&parts).unwrap()), Ok(parts));
    }

    #[test]
    fn a_blob_that_is_cut_off_anywhere_in_its_head_is_not_read() {
        let blob = write(&Parts { wrapped: &[9; 184], nonce: [7; 12], ciphertext: &[5; 16] }).unwrap();
        for length in 0..blob.len() {
            assert!(read(&blob[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_blob_without_a_wrapped_key_is_not_read() {
        let blob = write(&Parts { wrapped: &[], nonce: [7; 12], ciphertext: &[5; 40] }).unwrap();
        assert!(read(&blob).is_err());
    }

    #[test]
    fn what_is_bound_must_be_the_same_when_it_is_opened() {
        let ciphertext = encrypt(&[1; 32], [2; 12], b"record", b"bound").unwrap();
        let parts = Parts { wrapped: &[], nonce: [2; 12], ciphertext: &ciphertext };
        assert_eq!(decrypt(&[1; 32], &parts, b"bound").as_deref(), Ok(b"record".as_slice()));
        assert!(decrypt(&[1; 32], &parts, b"other").is_err());
        assert!(decrypt(&[3; 32], &parts, b"bound").is_err());
    }
}

//! Where nonces come from.
//!
//! Each data key encrypts once, so that even a repeated nonce would do no harm; they are random all the same. What is
//! simulated takes them from its seed, so that the same seed writes the same tags.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use aes_gcm::{
    Aes256Gcm,
    aead::{Generate, Nonce},
};

use super::blob::NONCE_LENGTH;

/// The operating system gave no randomness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no randomness is to be had: {0}")]
pub struct NonceError(String);

/// Gives nonces.
pub trait Nonces: Send + Sync + fmt::Debug {
    /// The next one.
    ///
    /// # Errors
    /// Where there is no randomness.
    fn next(&self) -> Result<[u8; NONCE_LENGTH], NonceError>;
}

/// From the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsNonces;

impl Nonces for OsNonces {
    fn next(&self) -> Result<[u8; NONCE_LENGTH], NonceError> {
        let nonce = Nonce::<Aes256Gcm>::try_generate().map_err(|error| NonceError(error.to_string()))?;
        Ok(nonce.into())
    }
}

/// From a seed, for simulations.
#[derive(Debug)]
pub struct SeededNonces(Mutex<fastrand::Rng>);

impl SeededNonces {
    /// Nonces from this generator.
    #[must_use]
    pub fn new(rng: fastrand::Rng) -> Self {
        Self(Mutex::new(rng))
    }
}

impl Nonces for SeededNonces {
    fn next(&self) -> Result<[u8; NONCE_LENGTH], NonceError> {
        let mut nonce = [0; NONCE_LENGTH];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut nonce);
        Ok(nonce)
    }
}

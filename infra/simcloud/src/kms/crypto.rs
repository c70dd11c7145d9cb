//! Data keys, encryption and decryption.

use data_encoding::BASE64;
use serde_json::{Value as Json, json};

use super::cipher::{self, Context};
use super::find::needed;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// `Encrypt` takes so many bytes at most.
const MAX_PLAINTEXT: usize = 4096;

/// `GenerateDataKey`.
pub(super) fn generate_data_key(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let given = input.get("NumberOfBytes").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    let length = match (input.get("KeySpec").and_then(Json::as_str), given) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(length)) if (1..=1024).contains(&length) => length,
        _ => return Err(ApiError::new("ValidationException", "Please specify either number of bytes or key spec.")),
    };
    let mut plaintext = vec![0; length];
    world.rng.fill(&mut plaintext);
    let (key, blob) = seal(world, call, &plaintext)?;
    Ok(json!({ "CiphertextBlob": BASE64.encode(&blob), "Plaintext": BASE64.encode(&plaintext), "KeyId": key }))
}

/// `Encrypt`.
pub(super) fn encrypt(world: &mut World, call: &Call) -> Answer {
    let plaintext = bytes(call, "Plaintext")?;
    if plaintext.is_empty() || plaintext.len() > MAX_PLAINTEXT {
        return Err(ApiError::new("ValidationException", "Plaintext must have length between 1 and 4096"));
    }
    let (key, blob) = seal(world, call, &plaintext)?;
    Ok(json!({
        "CiphertextBlob": BASE64.encode(&blob),
        "KeyId": key,
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn seal(world: &mut World, call: &Call, plaintext: &[u8]) -> Result<(String, Vec<u8>), ApiError> {
    let (now, nonce) = (world.now(), world.rng.u128(..).to_be_bytes());
    let context = context(call)?;
    let key = world.kms.usable(call, needed(call, "KeyId")?, now)?;
    Ok((key.arn.clone(), cipher::seal(&key.id, &key.material, nonce, &context, plaintext)))
}

/// `Decrypt`: in any Region with a replica of the blob's key.
pub(super) fn decrypt(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let blob = bytes(call, "CiphertextBlob")?;
    let context = context(call)?;
    let invalid = || ApiError::new("InvalidCiphertextException", "");
    let id = cipher::key_id(&blob).ok_or_else(invalid)?;
    if let Some(named) = call.input.get("KeyId").and_then(Json::as_str)
        && world.kms.key(call, named, now)?.id != id
    {
        let message = "The key ID in the request does not identify a CMK that can perform this operation.";
        return Err(ApiError::new("IncorrectKeyException", message));
    }
    // Where the key is not, KMS tells no more than that the blob does not open.
    let key = match world.kms.usable(call, id, now) {
        Err(error) if error.code == "NotFoundException" => return Err(invalid()),
        other => other?,
    };
    let plaintext = cipher::open(&key.id, &key.material, &context, &blob).ok_or_else(invalid)?;
    Ok(json!({
        "KeyId": key.arn,
        "Plaintext": BASE64.encode(&plaintext),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn context(call: &Call) -> Result<Context, ApiError> {
    let given = call.input.get("EncryptionContext").and_then(Json::as_object).into_iter().flatten();
    let entry = |(name, value): (&String, &Json)| match value.as_str() {
        Some(value) => Ok((name.clone(), value.to_owned())),
        None => Err(ApiError::new("ValidationException", "EncryptionContext must be strings")),
    };
    given.map(entry).collect()
}

fn bytes(call: &Call, member: &str) -> Result<Vec<u8>, ApiError> {
    BASE64
        .decode(needed(call, member)?.as_bytes())
        .map_err(|_| ApiError::new("SerializationException", format!("{member} must be base64")))
}

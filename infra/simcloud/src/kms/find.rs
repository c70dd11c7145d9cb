//! How a request names a key: by id, ARN, alias or alias ARN.

use super::{Key, State};
use crate::call::{ApiError, Call};
use jiff::Timestamp;

/// The error for a key that is not there.
pub(super) fn not_found(name: &str) -> ApiError {
    ApiError::new("NotFoundException", format!("Key '{name}' does not exist"))
}

impl State {
    /// The place of the key that `name` means to a caller; ARNs of other Regions and accounts lead nowhere here.
    pub(super) fn locate(&self, call: &Call, name: &str) -> Result<(String, String, String), ApiError> {
        let here = format!("arn:aws:kms:{}:{}:", call.region, call.account);
        let local = match name.strip_prefix(&here) {
            Some(local) => local,
            None if name.starts_with("arn:") => return Err(not_found(name)),
            None => name,
        };
        let place = |id: &str| (call.account.clone(), call.region.clone(), id.to_owned());
        if local.starts_with("alias/") {
            let id = self.aliases.get(&place(local));
            return id
                .map(|id| place(id))
                .ok_or_else(|| ApiError::new("NotFoundException", format!("Alias {here}{local} is not found.")));
        }
        Ok(place(local.strip_prefix("key/").unwrap_or(local)))
    }

    /// The key that `name` means; one whose deletion is over is gone.
    pub(super) fn key(&mut self, call: &Call, name: &str, now: Timestamp) -> Result<&mut Key, ApiError> {
        let place = self.locate(call, name)?;
        let key = self.keys.get_mut(&place).filter(|key| key.deletion.is_none_or(|at| now < at));
        key.ok_or_else(|| not_found(name))
    }

    /// The key, able to work.
    pub(super) fn usable(&mut self, call: &Call, name: &str, now: Timestamp) -> Result<&mut Key, ApiError> {
        let key = self.key(call, name, now)?;
        match key.state() {
            "Enabled" => Ok(key),
            "Disabled" => Err(ApiError::new("DisabledException", format!("{} is disabled.", key.arn))),
            _ => Err(ApiError::new("KMSInvalidStateException", format!("{} is pending deletion.", key.arn))),
        }
    }
}

impl State {
    /// Whether a key can be used in the place of a call, for another service that is to use it.
    pub(crate) fn can_use(&mut self, call: &Call, name: &str, now: Timestamp) -> Result<(), ApiError> {
        self.usable(call, name, now).map(|_| ())
    }
}

/// A text member that the operation cannot do without.
pub(super) fn needed<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    call.input.get(member).and_then(serde_json::Value::as_str).ok_or_else(|| {
        ApiError::new("ValidationException", format!("1 validation error detected: Value null at '{member}'"))
    })
}

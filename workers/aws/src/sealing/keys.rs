//! The hub's key, looked at before anything depends on it: that it can be used, and is one and the same key in every
//! Region in which points lie.
//!
//! A seal opens under the key that made it, by the name that the key has there. So an alias that leads to another key in
//! the copies' Region is as bad as none, although KMS knows it.

use std::collections::BTreeSet;

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use chainwright_chain::finding::Obstacle;
use chainwright_contracts::{codes, names::Region};

use super::key_in;
use crate::{
    clients::Clients,
    error::{Class, SourceError, failed},
};

const DESCRIBE: &str = "kms:DescribeKey";

/// The command that makes a key for a hub under this alias.
#[must_use]
pub fn create_command(key: &str) -> String {
    format!(
        "aws kms create-alias --alias-name {key} --target-key-id $(aws kms create-key --multi-region --query \
         KeyMetadata.KeyId --output text)"
    )
}

/// What stands in the way at the hub's key, in the hub's own Region and in these.
///
/// # Errors
/// As KMS answers; a key that is not there is no error.
pub async fn obstacles(clients: &Clients, key: &str, regions: &BTreeSet<Region>) -> Result<Vec<Obstacle>, SourceError> {
    let home = clients.home_region();
    let look = Look { clients, key };
    let Some(own) = look.describe(key, home).await? else {
        let wrong = format!("there is no key {key} in {home}: nothing can be sealed");
        return Ok(vec![missing(wrong, create_command(key))]);
    };
    let mut found: Vec<Obstacle> = look.unusable(&own, home).into_iter().collect();
    let others: Vec<&Region> = regions.iter().filter(|region| *region != home).collect();
    if !own.multi_region().unwrap_or(false) {
        found.extend((!others.is_empty()).then(|| look.single(&others)));
        return Ok(found);
    }
    for region in others {
        found.extend(look.replica(&own, region).await?);
    }
    Ok(found)
}

struct Look<'a> {
    clients: &'a Clients,
    key: &'a str,
}

impl Look<'_> {
    async fn describe(&self, key: &str, region: &Region) -> Result<Option<KeyMetadata>, SourceError> {
        let kms = self.clients.kms(self.clients.own_account(), region)?;
        match kms.describe_key().key_id(key_in(key, region)).send().await.map_err(failed(DESCRIBE)) {
            Ok(answer) => Ok(answer.key_metadata),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A key cannot become a multi-Region one afterwards (KMS developer guide, "Multi-Region keys").
    fn single(&self, others: &[&Region]) -> Obstacle {
        let others = others.iter().map(|region| region.as_str()).collect::<Vec<_>>().join(", ");
        let wrong = format!(
            "the key {} is no multi-Region key and cannot become one: what is sealed does not open in {others}",
            self.key
        );
        let remedy = format!(
            "{}, and CHAINWRIGHT_KMS_KEY={}-2: points that are sealed already open under the old key alone",
            create_command(&format!("{}-2", self.key)),
            self.key
        );
        missing(wrong, remedy)
    }

    /// The key of the same name in another Region.
    async fn replica(&self, own: &KeyMetadata, region: &Region) -> Result<Option<Obstacle>, SourceError> {
        let (key, id, home) = (self.key, own.key_id(), self.clients.home_region());
        let there = self.describe(key, region).await?;
        if let Some(there) = there.as_ref().filter(|there| there.key_id() == id) {
            return Ok(self.unusable(there, region));
        }
        // The name leads elsewhere or nowhere; the replica itself may be there nevertheless.
        let alias = match (&there, key.starts_with("alias/")) {
            (_, false) => None,
            (Some(_), true) => Some("update-alias"),
            (None, true) => Some("create-alias"),
        };
        let mut steps = Vec::new();
        if self.describe(id, region).await?.is_none() {
            steps.push(format!("aws kms replicate-key --region {home} --key-id {id} --replica-region {region}"));
        }
        steps.extend(
            alias.map(|command| format!("aws kms {command} --region {region} --alias-name {key} --target-key-id {id}")),
        );
        let wrong = match there {
            Some(there) => format!(
                "the key {key} is {} in {region} and {id} in {home}: what is sealed does not open there",
                there.key_id()
            ),
            None => {
                format!("the key {key} has no replica of that name in {region}: what is sealed does not open there")
            }
        };
        Ok(Some(missing(wrong, steps.join(" && "))))
    }

    /// Whether a key is in a state in which it does not work (KMS developer guide, "Key states of AWS KMS keys").
    fn unusable(&self, key: &KeyMetadata, region: &Region) -> Option<Obstacle> {
        let id = key.key_id();
        let enable = format!("aws kms enable-key --region {region} --key-id {id}");
        let remedy = match key.key_state()? {
            KeyState::Enabled | KeyState::Updating => return None,
            KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
                format!("aws kms cancel-key-deletion --region {region} --key-id {id} && {enable}")
            }
            KeyState::Disabled => enable,
            _ => format!("aws kms describe-key --region {region} --key-id {id}"),
        };
        let state = key.key_state().map(KeyState::as_str).unwrap_or_default();
        let wrong = format!("the key {} in {region} is {state}: nothing is sealed under it nor opened", self.key);
        Some(missing(wrong, remedy))
    }
}

fn missing(wrong: String, remedy: String) -> Obstacle {
    Obstacle::missing(codes::MISSING_AT_START, wrong, remedy)
}

//! Points that are not what they seem.

use std::collections::BTreeMap;

use simcloud::ForeignPoint;

use crate::installation::{AWAY_VAULT, HOME, VAULT, arn, at};

/// Somebody's point of the table `orders`, in the vault of a Region.
#[must_use]
pub fn foreign(region: &str, tags: BTreeMap<String, String>, created: &str) -> ForeignPoint {
    ForeignPoint {
        account: simcloud::DEFAULT_ACCOUNT.to_owned(),
        region: region.to_owned(),
        vault: if region == HOME { VAULT } else { AWAY_VAULT }.to_owned(),
        resource: arn("orders").to_string(),
        tags,
        created: at(created),
        status: "COMPLETED".to_owned(),
    }
}

/// The same tags with one character of the seal changed.
#[must_use]
pub fn forged(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut forged = tags.clone();
    if let Some(chunk) = forged.get_mut("chainwright:m0") {
        let last = chunk.pop();
        chunk.push(if last == Some('A') { 'B' } else { 'A' });
    }
    forged
}

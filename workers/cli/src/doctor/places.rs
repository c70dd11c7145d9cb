//! What the applied policies need: their Regions and vaults.

use std::collections::BTreeSet;

use chainwright_aws::{error::Class, sources::Scope};
use chainwright_contracts::{codes, names::Region, place::Place, policy::PolicyFile};

use super::{Finding, rules};
use crate::{catalog::rebuild::places_of, operator::Operator, trouble::Trouble};

/// Looks at the Regions and vaults of every policy that is not deleted.
pub(super) async fn of_policies(operator: &Operator) -> Result<Vec<Finding>, Trouble> {
    let mut files = Vec::new();
    // A ledger that does not answer has been found already.
    for head in operator.ledger().policies().await.unwrap_or_default() {
        if !head.value.deleted {
            let revision = operator.ledger().revision(&head.value.name, head.value.revision).await?;
            files.extend(revision.map(|revision| revision.file));
        }
    }
    let places: BTreeSet<Place> = files.iter().flat_map(places_of).collect();
    let regions: BTreeSet<&Region> = places.iter().map(|place| &place.region).collect();
    let mut found = Vec::new();
    for region in regions.into_iter().filter(|region| *region != operator.clients().home_region()) {
        found.extend(key_in(operator, region).await?);
        found.extend(rules::of_region(operator, region).await?);
    }
    for file in &files {
        found.extend(features(operator, file).await?);
    }
    for place in &places {
        found.extend(vault(operator, place).await?);
    }
    Ok(found)
}

/// The key's replica, without which nothing that lies in the Region can be opened there.
async fn key_in(operator: &Operator, region: &Region) -> Result<Option<Finding>, Trouble> {
    let (clients, key) = (operator.clients(), &operator.hub().key);
    let kms = clients.kms(clients.own_account(), region)?;
    if kms.describe_key().key_id(key).send().await.is_ok() {
        return Ok(None);
    }
    let home = clients.home_region();
    let id = format!("$(aws kms describe-key --region {home} --key-id {key} --query KeyMetadata.KeyId --output text)");
    let remedy = format!(
        "aws kms replicate-key --region {home} --key-id {id} --replica-region {region} && aws kms create-alias \
         --region {region} --alias-name {key} --target-key-id {id}"
    );
    let wrong = format!("the key {key} has no replica in {region}: what is sealed does not open there");
    Ok(Some(Finding::missing(codes::MISSING_AT_START, wrong, remedy)))
}

async fn features(operator: &Operator, file: &PolicyFile) -> Result<Vec<Finding>, Trouble> {
    let source = operator.context().source(file.source)?;
    let mut found = Vec::new();
    for (account, region) in file.accounts.iter().flat_map(|account| file.regions.iter().map(move |r| (account, r))) {
        let scope = Scope { account: account.clone(), region: region.clone() };
        match source.ensure_supported(&scope).await {
            Ok(()) => {}
            Err(error) if error.class == Class::Refused => {
                let wrong = format!("AWS Backup's advanced features for DynamoDB are off in {account}/{region}");
                let remedy = format!(
                    "aws backup update-region-settings --region {region} --resource-type-management-preference \
                     DynamoDB=true --resource-type-opt-in-preference DynamoDB=true"
                );
                found.push(Finding::missing(codes::ADVANCED_FEATURES_OFF, wrong, remedy));
            }
            Err(error) => {
                let wrong = format!("{account}/{region} cannot be looked at: {error}");
                found.push(Finding::missing(codes::NOT_LOOKED_AT, wrong, "chainwright explain CW0313"));
            }
        }
    }
    Ok(found)
}

async fn vault(operator: &Operator, place: &Place) -> Result<Option<Finding>, Trouble> {
    let Some(vault) = &place.vault else { return Ok(None) };
    let backup = match operator.clients().backup(&place.account, &place.region) {
        Ok(backup) => backup,
        Err(error) => {
            let wrong = format!("{place} cannot be looked at: {error}");
            return Ok(Some(Finding::missing(codes::NOT_LOOKED_AT, wrong, "chainwright explain CW0313")));
        }
    };
    if backup.describe_backup_vault().backup_vault_name(vault).send().await.is_ok() {
        return Ok(None);
    }
    let wrong = format!("there is no vault {place}, or it may not be looked at");
    let remedy = format!("aws backup create-backup-vault --region {} --backup-vault-name {vault}", place.region);
    Ok(Some(Finding::missing(codes::NOT_LOOKED_AT, wrong, remedy)))
}

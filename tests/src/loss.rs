//! A ledger that is lost, in whole or in part, and rebuilt.

use chainwright_aws::ledger::{Item, Write};
use chainwright_contracts::{names::AccountId, place::Place, policy::SourceKind};
use chainwright_jobs::{JobError, catalog};

use crate::installation::{AWAY, AWAY_VAULT, HOME, Installation, VAULT, must};

/// The vaults of both Regions.
#[must_use]
pub fn places() -> Vec<Place> {
    let account: AccountId = must(simcloud::DEFAULT_ACCOUNT.parse());
    let place = |region: &str, vault: &str| Place {
        account: account.clone(),
        region: must(region.parse()),
        vault: Some(vault.to_owned()),
    };
    vec![place(HOME, VAULT), place(AWAY, AWAY_VAULT)]
}

/// Empties the ledger's table behind everybody's back.
pub async fn wipe(installation: &Installation) -> usize {
    forget(installation, |_| true).await
}

/// Removes what answers to this from the ledger's table, as the end of its time would; says how much.
pub async fn forget(installation: &Installation, what: impl Fn(&Item) -> bool) -> usize {
    let ledger = must(installation.simulation.ledger());
    let (mut forgotten, mut after) = (0, None);
    loop {
        let page = must(ledger.store().scan(after, 100).await);
        for item in page.items.into_iter().filter(&what) {
            let delete = Write::Delete { pk: item.pk, sk: item.sk, expected: item.version };
            must(ledger.store().commit(vec![delete], "forget").await);
            forgotten += 1;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return forgotten,
        }
    }
}

/// Rebuilds the ledger from both vaults.
///
/// # Errors
/// As the rebuild itself.
pub async fn rebuild(installation: &Installation) -> Result<catalog::Rebuilt, JobError> {
    let context = must(installation.simulation.context("worker-1").ok_or("no worker")).clone();
    catalog::rebuild(&context, SourceKind::Dynamodb, &places()).await
}

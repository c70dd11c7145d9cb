//! `catalog rebuild`: a lost ledger, made again from what the points say of themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use chainwright_contracts::{
    place::Place,
    policy::{PolicyFile, SourceKind},
};
use chainwright_jobs::catalog::{self, Rebuilt};
use clap::Args;
use serde_json::json;

use crate::{
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    policy::file::{Refusal, read},
    progress::Progress,
    trouble::{Told, Trouble},
};

/// Where to look for points.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// A place to list, ACCOUNT/REGION/VAULT; may be said several times.
    #[arg(long = "place", value_parser = place, required_unless_present = "policies")]
    places: Vec<Place>,
    /// Policy files whose vaults are listed, those of their copies included.
    #[arg(long, num_args = 1..)]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    yes: Yes,
}

/// Reads `ACCOUNT/REGION/VAULT`.
fn place(text: &str) -> Result<Place, String> {
    let parts: Vec<_> = text.split('/').collect();
    let [account, region, vault] = parts.as_slice() else {
        return Err("wanted: ACCOUNT/REGION/VAULT, such as 111122223333/eu-west-1/chainwright".to_owned());
    };
    let account = account.parse().map_err(|error: chainwright_contracts::names::InvalidName| error.to_string())?;
    let region = region.parse().map_err(|error: chainwright_contracts::names::InvalidName| error.to_string())?;
    if vault.is_empty() {
        return Err("the vault's name is missing".to_owned());
    }
    Ok(Place { account, region, vault: Some((*vault).to_owned()) })
}

/// Every place in which a policy's points lie.
pub(crate) fn places_of(file: &PolicyFile) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for account in &file.accounts {
        let at = |region: &chainwright_contracts::names::Region, vault: Option<String>| Place {
            account: account.clone(),
            region: region.clone(),
            vault,
        };
        let own = file.vault.as_ref().map(ToString::to_string);
        places.extend(file.regions.iter().map(|region| at(region, own.clone())));
        let targets = file.copy_to.values();
        places.extend(targets.map(|target| at(&target.region, target.vault.as_ref().map(ToString::to_string))));
    }
    places
}

/// Rebuilds the catalogue.
pub(super) async fn run(rebuild: &Rebuild, format: Format, operator: &Operator) -> Told {
    let places = places(rebuild)?;
    let table = operator.ledger().store().table_name();
    let rows =
        places.iter().flat_map(|(kind, places)| places.iter().map(|place| [kind.to_string(), place.to_string()]));
    let plan = format!(
        "{}\nEvery point in these places is read, and what its seal says is written into the ledger {table}, which is \
         declared whole then; what is in the ledger already stays. Workers begin at once: a place that is left out here \
         is unknown to them.",
        output::table(["SOURCE", "PLACE"], rows)
    );
    rebuild.yes.to(operator, &plan)?;
    let progress = Progress::begin("listing");
    let mut whole = Rebuilt::default();
    let count: usize = places.values().map(BTreeSet::len).sum();
    let mut begun = 0;
    for (kind, places) in places {
        let places: Vec<_> = places.into_iter().collect();
        let told = |_: &Place| {
            progress.at(begun, count);
            begun += 1;
        };
        let rebuilt = catalog::rebuild_telling(operator.context(), kind, &places, told).await?;
        whole.chains += rebuilt.chains;
        whole.points += rebuilt.points;
        whole.left_alone += rebuilt.left_alone;
    }
    drop(progress);
    Ok(match format {
        Format::Table => Answer::done(format!(
            "the ledger {table} is whole: {} chains and {} points; {} points at AWS were left alone\napply the policies \
             again from their files: `chainwright policy apply`",
            whole.chains, whole.points, whole.left_alone
        )),
        Format::Json => output::json(&json!({"rebuilt": {
            "ledger": table, "chains": whole.chains, "points": whole.points, "left_alone": whole.left_alone,
        }})),
    })
}

fn places(rebuild: &Rebuild) -> Result<BTreeMap<SourceKind, BTreeSet<Place>>, Trouble> {
    let mut places: BTreeMap<SourceKind, BTreeSet<Place>> = BTreeMap::new();
    if !rebuild.places.is_empty() {
        // What lies in vaults and is served today are DynamoDB's points.
        places.entry(SourceKind::Dynamodb).or_default().extend(rebuild.places.iter().cloned());
    }
    for path in &rebuild.policies {
        let file = read(path).map_err(|refusal| match refusal {
            Refusal::Unreadable(reason) => Trouble::Failed(reason),
            Refusal::Mistakes(mistakes) => Trouble::Failed(mistakes.to_string()),
        })?;
        places.entry(file.source).or_default().extend(places_of(&file));
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_account_region_and_vault() {
        let read = place("111122223333/eu-west-1/chainwright").unwrap();
        assert_eq!(read.to_string(), "111122223333/eu-west-1/chainwright");
        for text in ["", "eu-west-1/chainwright", "1/eu-west-1/v", "111122223333/nowhere/v", "111122223333/eu-west-1/"]
        {
            assert!(place(text).is_err(), "{text}");
        }
    }
}

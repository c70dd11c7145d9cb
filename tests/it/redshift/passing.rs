//! What outlives a cluster, and a ledger: clusters are deleted and made again, ledgers are lost and rebuilt.

use std::collections::BTreeMap;

use chainwright_contracts::{ids::ChainId, policy::SourceKind};
use chainwright_jobs::catalog;
use chainwright_tests::{
    clusters::{CLUSTERS, point_of},
    installation::{AWAY, HOME, Installation, must},
    loss::{places, wipe},
    witness::{calm, conditions, letters, minutes},
};

use super::begun;

async fn delete(installation: &Installation) {
    let client = installation.redshift(HOME);
    let call = client.delete_cluster().cluster_identifier("sales").skip_final_cluster_snapshot(true);
    must(call.send().await);
    minutes(installation, 30).await;
}

/// How many snapshots each chain has in a Region.
fn by_chain(installation: &Installation, region: &str) -> BTreeMap<Option<ChainId>, usize> {
    let mut counts = BTreeMap::new();
    for snapshot in installation.manual_snapshots(region) {
        *counts.entry(point_of(&snapshot).and_then(|name| name.chain)).or_default() += 1;
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_gone_takes_its_automated_snapshots_and_leaves_its_newest_points() {
    for gone_clusters_unknown in [false, true] {
        let mut settings = calm(15);
        settings.cloud.switches.redshift.gone_clusters_unknown = gone_clusters_unknown;
        let (installation, sales) = begun(settings, CLUSTERS).await;
        installation.until("2026-01-08T00:00:00Z").await;
        assert_eq!(installation.manual_days(HOME), ["2026-01-05", "2026-01-06", "2026-01-07"]);
        assert!(installation.automated_snapshots(HOME).len() > 1);
        delete(&installation).await;
        assert_eq!(installation.automated_snapshots(HOME), []);
        assert_eq!(installation.manual_days(HOME), ["2026-01-05", "2026-01-06", "2026-01-07"]);
        installation.until("2026-01-25T00:00:00Z").await;
        assert_eq!(installation.manual_days(HOME), ["2026-01-07"]);
        assert_eq!(installation.manual_days(AWAY), ["2026-01-07"]);
        let families = installation.families().await;
        let orphaned = families.iter().filter(|family| family.chain.value.orphaned.is_some());
        assert_eq!(orphaned.map(|family| &family.chain.value.resource).collect::<Vec<_>>(), [&sales]);
        assert_eq!(letters(&installation), []);
        assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_made_again_under_its_name_begins_a_chain_of_its_own_beside_the_orphaned_one() {
    let (installation, _) = begun(calm(40), CLUSTERS).await;
    installation.until("2026-01-08T00:00:00Z").await;
    let before = point_of(&installation.manual_snapshots(HOME)[0]).unwrap().chain;
    delete(&installation).await;
    installation.cluster("sales").await;
    installation.until("2026-01-20T00:00:00Z").await;
    let after = point_of(installation.manual_snapshots(HOME).last().unwrap()).unwrap().chain;
    assert_ne!(before, after);
    assert_eq!(by_chain(&installation, HOME), BTreeMap::from([(before.clone(), 1), (after.clone(), 3)]));
    assert_eq!(by_chain(&installation, AWAY), BTreeMap::from([(before, 1), (after, 7)]));
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_lost_ledger_is_rebuilt_from_the_snapshots_of_both_regions_and_the_chain_goes_on() {
    let (installation, _) = begun(calm(41), CLUSTERS).await;
    installation.until("2026-01-09T12:00:00Z").await;
    wipe(&installation).await;
    let context = installation.simulation.context("worker-1").unwrap().clone();
    let mut places = places();
    for place in &mut places {
        place.vault = None;
    }
    let rebuilt = catalog::rebuild(&context, SourceKind::Redshift, &places).await.unwrap();
    assert_eq!(rebuilt.points, 5, "{rebuilt:?}");
    installation.apply(CLUSTERS).await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert_eq!(installation.manual_days(HOME), ["2026-01-16", "2026-01-17", "2026-01-18"]);
    assert_eq!(installation.manual_snapshots(AWAY).len(), 7);
    assert_eq!(by_chain(&installation, HOME).len(), 1);
    assert_eq!(letters(&installation), []);
}

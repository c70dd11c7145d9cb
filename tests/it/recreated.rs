//! A table dropped and created again under its name is another table: a new chain begins, the old one is orphaned.

use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation},
    model::{brisk, named},
};

fn points_of(installation: &Installation, region: &str, chain: &chainwright_contracts::ids::ChainId) -> Vec<String> {
    let points = installation.points(region);
    let ours = points.iter().filter(|point| named(point).and_then(|name| name.chain).as_ref() == Some(chain));
    ours.map(|point| chainwright_tests::model::day(point.created)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_recreated_table_starts_a_new_chain_and_orphans_the_old_one() {
    let installation = Installation::with(brisk(9), &["orders"], GOLD, 1).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let before = installation.chain("orders");
    installation.drop_table("orders").await;
    installation.table("orders").await;
    let after = installation.chain("orders");
    assert_ne!(before, after);
    // The 5th was a Monday: its weekly flag ends on the 19th, and with it everything of the old chain but its newest.
    installation.until("2026-01-22T03:00:00Z").await;
    assert_eq!(points_of(&installation, HOME, &before), ["2026-01-07"]);
    assert_eq!(points_of(&installation, AWAY, &before), ["2026-01-07"]);
    let new = points_of(&installation, HOME, &after);
    assert_eq!(new, ["2026-01-12", "2026-01-19", "2026-01-20", "2026-01-21"]);
    assert!(installation.family(before).await.chain.value.orphaned.is_some());
    let family = installation.family(after).await.chain.value;
    assert_eq!(family.orphaned, None);
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_gone_leaves_an_orphaned_chain_with_its_newest_point() {
    let installation = Installation::with(brisk(10), &["orders", "stock"], GOLD, 1).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let gone = installation.chain("orders");
    installation.drop_table("orders").await;
    installation.until("2026-01-16T03:00:00Z").await;
    // Monday's point has its weekly flag still, Wednesday's is the newest.
    assert_eq!(points_of(&installation, HOME, &gone), ["2026-01-05", "2026-01-07"]);
    assert!(installation.family(gone).await.chain.value.orphaned.is_some());
    let stock = installation.chain("stock");
    assert_eq!(points_of(&installation, HOME, &stock).len(), 5);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

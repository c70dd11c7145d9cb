//! How long the plan of a chain takes: linear in its length; run with `cargo bench -p chainwright-chain`.

use std::collections::BTreeMap;

use chainwright_chain::prune::{Chain, ChainPoint, Kind, Ownership, PointSide, plan};
use chainwright_contracts::{flag::Flag, jobs::Side};
use divan::{Bencher, counter::ItemsCount};
use jiff::Timestamp;

fn main() {
    divan::main();
}

fn hour(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}

/// A chain with a point every hour, kept a week, each 24th also five years; nothing was ever pruned.
fn chain(length: i64) -> Chain<i64> {
    let point = |id: i64| {
        let mut flags = BTreeMap::from([(Flag::Daily, hour(id + 168))]);
        if id % 24 == 0 {
            flags.insert(Flag::Yearly, hour(id + 43_800));
        }
        let sides = BTreeMap::from([(Side::Regular, PointSide::good(flags))]);
        ChainPoint { id, slot: hour(id), kind: Kind::Chained, keep_last: 1, held: id % 1000 == 0, sides }
    };
    Chain { points: (0..length).map(point).collect(), ownership: Ownership::Owned, now: hour(length) }
}

#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 10)]
fn plan_a_chain(bencher: Bencher<'_, '_>, length: i64) {
    let chain = chain(length);
    bencher.counter(ItemsCount::of_iter(&chain.points)).bench(|| plan(divan::black_box(&chain)));
}

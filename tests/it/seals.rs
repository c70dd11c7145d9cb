//! What does not prove to be ours is never removed, never counted, and reported (I4).

use std::collections::BTreeMap;

use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation},
    model::{brisk, day},
    strangers::{foreign, forged},
};
use simcloud::{
    PointView,
    faults::{FaultRule, JobFault},
};

fn of_day(points: &[PointView], wanted: &str) -> PointView {
    let found = points.iter().find(|point| day(point.created) == wanted).cloned();
    chainwright_tests::installation::must(found.ok_or_else(|| format!("no point of {wanted}")))
}

fn there(installation: &Installation, arn: &str) -> bool {
    installation
        .simulation
        .cloud()
        .inspect()
        .points()
        .iter()
        .any(|point| point.arn == arn && point.status == "COMPLETED")
}

#[tokio::test(start_paused = true)]
async fn forged_moved_and_foreign_points_stay_and_never_count_as_the_newest() {
    let installation = Installation::with(brisk(60), &["orders"], GOLD, 1).await;
    installation.until("2026-01-08T12:00:00Z").await;
    let (home, away) = (installation.points(HOME), installation.points(AWAY));
    let inspect = installation.simulation.cloud().inspect();
    let mut others = Vec::new();
    for (region, points) in [(HOME, &home), (AWAY, &away)] {
        let newest = of_day(points, "2026-01-08").tags;
        let older = of_day(points, "2026-01-06").tags;
        others.extend(inspect.put_point(foreign(region, forged(&newest), "2026-01-08T11:00:00Z")));
        // The whole seal of an older point, moved to a newer one of the same table.
        others.extend(inspect.put_point(foreign(region, older, "2026-01-08T11:30:00Z")));
        let somebody = BTreeMap::from([("owner".to_owned(), "somebody".to_owned())]);
        others.extend(inspect.put_point(foreign(region, somebody, "2026-01-08T11:40:00Z")));
        others.extend(inspect.put_point(foreign(region, BTreeMap::new(), "2026-01-08T11:50:00Z")));
    }
    assert_eq!(others.len(), 8);
    let faults = installation.simulation.cloud().faults();
    faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())));
    // Past every flag of everything that was made.
    installation.until("2026-01-24T12:00:00Z").await;
    for other in &others {
        assert!(there(&installation, other), "{other}");
    }
    for (region, points) in [(HOME, &home), (AWAY, &away)] {
        assert!(there(&installation, &of_day(points, "2026-01-08").arn), "the newest good point of {region} stays");
        for gone in ["2026-01-05", "2026-01-07"] {
            assert!(!there(&installation, &of_day(points, gone).arn), "{gone} in {region} has ended");
        }
        // Two points claim to be Tuesday's: neither is removed.
        assert!(there(&installation, &of_day(points, "2026-01-06").arn));
    }
    let conditions = installation.conditions("worker-1");
    for region in 0..2 {
        let (forgery, moved) = (&others[4 * region], &others[4 * region + 1]);
        assert!(conditions.contains(&("CW0507".into(), forgery.clone())), "{conditions:?}");
        assert!(conditions.contains(&("CW0505".into(), moved.clone())), "{conditions:?}");
    }
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_point_whose_own_seal_was_replaced_is_neither_removed_nor_counted() {
    let installation = Installation::with(brisk(61), &["orders"], GOLD, 1).await;
    installation.until("2026-01-08T12:00:00Z").await;
    let home = installation.points(HOME);
    let (tuesday, newest) = (of_day(&home, "2026-01-06"), of_day(&home, "2026-01-08"));
    let inspect = installation.simulation.cloud().inspect();
    // The newest point now bears Wednesday's seal, Tuesday's a broken one.
    assert!(inspect.set_point_tags(&newest.arn, of_day(&home, "2026-01-07").tags));
    assert!(inspect.set_point_tags(&tuesday.arn, forged(&tuesday.tags)));
    let faults = installation.simulation.cloud().faults();
    faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())));
    installation.until("2026-01-24T12:00:00Z").await;
    assert!(there(&installation, &newest.arn) && there(&installation, &tuesday.arn));
    // What was the newest proves nothing any more, so the newest that does stays.
    assert!(there(&installation, &of_day(&home, "2026-01-07").arn));
    assert!(!there(&installation, &of_day(&home, "2026-01-05").arn));
    let broken = installation.conditions("worker-1").into_iter().filter(|(code, _)| code == "CW0504").count();
    assert_eq!(broken, 2);
}

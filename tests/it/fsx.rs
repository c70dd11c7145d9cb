//! Chains of FSx: the first point full, the next ones what has changed, in the chain and among its copies.

use chainwright_cli::simulation::Settings;
use chainwright_contracts::arn::Arn;
use chainwright_tests::{
    files::{BYTES, FILES},
    installation::{AWAY, HOME, Installation, VAULT, must},
    witness::{backup, calm, conditions, letters, minutes, news_of, send, watched, worked},
};
use jiff::SignedDuration;
use serde_json::json;
use simcloud::{
    Service,
    faults::{FaultRule, JobFault},
};

/// A file system whose windows are far from the sessions.
const SUNDAY_NIGHT: &str = "7:20:00";

/// A file system under a policy, our events collected, one worker.
async fn begun(settings: Settings, maintenance: &str, policy: &str) -> (Installation, Arn) {
    let installation = watched(settings).await;
    installation.keyed_vault().await;
    let files = installation.windows(maintenance).await;
    (worked(installation, policy).await, files)
}

/// What the ledger says of a side's available points, oldest first.
async fn stored(installation: &Installation, side: &str) -> Vec<(String, i64)> {
    let families = installation.families().await;
    let points = families.iter().flat_map(|family| &family.points);
    let sides = points.flat_map(|point| &point.value.sides).filter(|(of, _)| of.to_string() == side);
    let there = sides.filter(|(_, record)| record.arn.is_some() && record.tombstone.is_none());
    there.map(|(_, record)| (format!("{:?}", record.extent), record.bytes.unwrap_or_default())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fortnight_leaves_what_retention_says_and_the_first_of_each_side_is_full() {
    let (installation, _) = begun(calm(1), SUNDAY_NIGHT, FILES).await;
    installation.until("2026-01-06T00:00:00Z").await;
    installation.until("2026-01-07T00:00:00Z").await;
    let bytes = i64::try_from(BYTES).unwrap();
    for side in ["regular", "copy:eu-central-1"] {
        let first_two = [("Some(Full)".to_owned(), bytes), ("Some(Incremental)".to_owned(), bytes)];
        assert_eq!(stored(&installation, side).await, first_two, "{side}");
    }
    installation.until("2026-01-19T00:00:00Z").await;
    assert_eq!(installation.file_days(HOME), ["2026-01-16", "2026-01-17", "2026-01-18"]);
    assert_eq!(installation.file_days(AWAY).len(), 7);
    for region in [HOME, AWAY] {
        let backups = installation.file_backups(region);
        assert!(backups.iter().all(|backup| !backup.full && backup.added < backup.bytes), "{backups:?}");
    }
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn it_is_the_same_whatever_the_documentation_leaves_open() {
    for seed in 2..6 {
        let mut settings = calm(seed);
        settings.cloud.switches = simcloud::Switches::draw(seed);
        let (installation, _) = begun(settings, SUNDAY_NIGHT, FILES).await;
        installation.until("2026-01-12T00:00:00Z").await;
        assert_eq!(installation.file_days(HOME), ["2026-01-09", "2026-01-10", "2026-01-11"], "{seed}");
        assert_eq!(installation.file_days(AWAY).len(), 7, "{seed}");
        let extents = stored(&installation, "regular").await.into_iter().map(|(extent, _)| extent);
        assert!(
            extents.clone().all(|extent| extent == "Some(Incremental)"),
            "{seed}: {:?}",
            extents.collect::<Vec<_>>()
        );
        assert_eq!(letters(&installation), [], "{seed}");
        assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new(), "{seed}");
    }
}

/// Which version of its data a file system holds that is restored from a point.
async fn restored(installation: &Installation, point: &str) -> Option<u64> {
    let client = backup(installation, HOME);
    let call = client.get_recovery_point_restore_metadata().backup_vault_name(VAULT).recovery_point_arn(point);
    let metadata = must(call.send().await).restore_metadata;
    let call = client.start_restore_job().recovery_point_arn(point).set_metadata(metadata).resource_type("FSx");
    let role = "arn:aws:iam::111122223333:role/chainwright-backup";
    let job = must(call.iam_role_arn(role).send().await).restore_job_id.unwrap_or_default();
    installation.simulation.pass(SignedDuration::from_hours(4)).await;
    let job = must(client.describe_restore_job().restore_job_id(job).send().await);
    let made = job.created_resource_arn.unwrap_or_default();
    let id = made.rsplit('/').next().unwrap_or_default().to_owned();
    installation.simulation.cloud().inspect().file_system_version(&id)
}

#[tokio::test(start_paused = true)]
async fn any_point_removed_the_first_one_too_leaves_the_others_there_and_restorable() {
    let (installation, _) = begun(calm(6), SUNDAY_NIGHT, FILES).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let first = installation.file_backups(HOME).remove(0);
    assert!(first.full);
    let point = chainwright_tests::model::day(first.taken);
    assert_eq!(point, "2026-01-05");
    let name: chainwright_contracts::sealed::NameTag = first.tags["chainwright:chain"].parse().unwrap();
    send(&installation, "prunes", &json!({"kind": "delete", "points": [name.point.as_str()]})).await;
    minutes(&installation, 120).await;
    assert_eq!(installation.file_days(HOME), ["2026-01-06", "2026-01-07"]);
    assert_eq!(installation.file_days(AWAY), ["2026-01-06", "2026-01-07"]);
    for left in installation.file_backups(HOME) {
        assert_eq!(restored(&installation, &left.arn).await, Some(left.version), "{left:?}");
    }
    let operator = installation.simulation.operator().unwrap();
    let chains = installation.families().await;
    let chain = chains[0].chain.value.owner.chain().unwrap().to_string();
    let verified = chainwright_cli::command(&operator, &["chain", "verify", &chain]).await;
    assert_eq!(verified.exit, chainwright_cli::output::Exit::Done, "{verified:?}");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_session_within_a_window_waits_until_it_is_over_and_says_so() {
    // Maintenance at 08:00 on Monday: nothing begins between 04:00 and 08:30.
    let (installation, _) = begun(calm(7), "1:08:00", FILES).await;
    installation.until("2026-01-05T08:00:00Z").await;
    let stats = installation.simulation.cloud().stats();
    assert_eq!(stats.calls(Service::Backup, "StartBackupJob"), 0);
    let waiting = installation.unfinished().await;
    let reason = waiting[0].reason.clone().unwrap();
    assert!(reason.contains("waits until 2026-01-05T08:30:00Z"), "{reason}");
    assert_eq!(waiting[0].attempts, 0);
    installation.until("2026-01-05T12:00:00Z").await;
    let backups = installation.file_backups(HOME);
    assert_eq!(backups.len(), 1);
    assert!(backups[0].taken >= "2026-01-05T08:30:00Z".parse().unwrap());
    assert_eq!(installation.file_backups(AWAY).len(), 1);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn the_last_copy_under_a_key_stays_so_that_later_ones_are_incremental() {
    let (installation, _) = begun(calm(8), SUNDAY_NIGHT, FILES).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let faults = installation.simulation.cloud().faults();
    faults.add(FaultRule::job(Some("copy"), None, JobFault::Fails("no".into())));
    installation.until("2026-01-20T12:00:00Z").await;
    assert_eq!(installation.file_days(AWAY), ["2026-01-05"]);
    faults.clear();
    installation.until("2026-01-21T12:00:00Z").await;
    let copies = installation.file_backups(AWAY);
    assert!(copies.iter().skip(1).all(|copy| !copy.full), "{copies:?}");
    assert!(copies.len() > 1);
}

#[tokio::test(start_paused = true)]
async fn a_manual_backup_of_a_file_system_stands_outside_and_its_tags_are_fsxs() {
    let (installation, files) = begun(calm(9), SUNDAY_NIGHT, FILES).await;
    let job = json!({"kind": "snapshot", "resource": files.to_string(), "manual": true, "id": "before"});
    send(&installation, "snapshots", &job).await;
    installation.until("2026-01-12T00:00:00Z").await;
    let manual = |backup: &&simcloud::FsxBackupView| backup.tags["chainwright:chain"].starts_with("manual/");
    assert_eq!(installation.file_backups(HOME).iter().filter(manual).count(), 1);
    assert_eq!(installation.file_backups(AWAY).iter().filter(manual).count(), 0);
    let point =
        installation.file_backups(HOME).iter().find(manual).map(|b| b.tags["chainwright:chain"].clone()).unwrap();
    let id = point.split('/').nth(1).unwrap();
    let context = installation.simulation.context("worker-1").unwrap();
    chainwright_jobs::hold(context, &id.parse().unwrap(), "evidence").await.unwrap();
    let held = installation.file_backups(HOME).into_iter().find(|backup| manual(&backup)).unwrap();
    assert!(held.tags.contains_key("chainwright:hold"));
    assert_eq!(news_of(&installation, "Restore Point Failed").len(), 0);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_backed_up_fails_by_itself_and_holds_up_no_other() {
    let (installation, _) = begun(calm(10), SUNDAY_NIGHT, FILES).await;
    let scratch = installation.scratch().await;
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(installation.file_days(HOME), ["2026-01-05"]);
    let failed = news_of(&installation, "Restore Point Failed");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].detail["resource"], scratch.to_string());
    assert!(failed[0].detail["reason"].as_str().unwrap().contains("SCRATCH_2"), "{:?}", failed[0]);
    assert_eq!(letters(&installation), []);
}

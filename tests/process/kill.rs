//! SIGKILL, and SIGSTOP for longer than a lease.

use rustix::process::Signal;

use crate::{
    harness::{Cloud, NOTHING, Worker, eventually},
    stage,
};

const TABLES: usize = 600;
const KILLS: usize = 30;
/// Jobs that are done between one kill and the next.
const BETWEEN: u64 = 50;

/// Jobs done by workers that run.
async fn done(workers: &[Worker]) -> u64 {
    let mut done = 0;
    for worker in workers {
        done += worker.jobs_done().await;
    }
    done
}

#[tokio::test]
async fn one_of_three_workers_killed_thirty_times_loses_no_job_and_doubles_no_backup() {
    let cloud = Cloud::start();
    let operator = cloud.operator();
    stage::tables(&operator, TABLES).await;
    let mut workers = Vec::new();
    for number in 0..3 {
        workers.push(Worker::start(&cloud, &format!("worker-{number}"), &[("CHAINWRIGHT_CONCURRENCY", "10")]).await);
    }
    stage::ask_for_backups(&operator, TABLES).await;
    for kill in 0..KILLS {
        let before = done(&workers).await;
        eventually("fifty further jobs are done", async || done(&workers).await >= before + BETWEEN).await;
        let mut killed = workers.remove(0);
        assert!(killed.process.runs());
        killed.process.signal(Signal::KILL);
        assert_eq!(killed.process.ended().await.code(), None);
        workers.push(Worker::start(&cloud, &format!("successor-{kill}"), &[("CHAINWRIGHT_CONCURRENCY", "10")]).await);
    }
    eventually("every table has its point and nothing is left to do", async || {
        stage::points(&operator).await.len() == TABLES && stage::is_quiet(&operator).await
    })
    .await;
    assert!(stage::points(&operator).await.values().all(|points| *points == 1));
    assert_eq!(stage::backup_jobs(&operator).await, TABLES);
    assert_eq!(stage::dead_letters(&operator).await, 0);
}

#[tokio::test]
async fn a_worker_stopped_for_longer_than_its_leases_does_nothing_twice_when_it_goes_on() {
    const JOBS: usize = 20;
    let cloud = Cloud::start();
    let operator = cloud.operator();
    stage::tables(&operator, JOBS).await;
    let slow = serde_json::json!([{"fault": {"call": {"on": {"service": "kms", "operation": "GenerateDataKey", "label": "stopped"}, "fault": {"latency": "3s"}}}}]);
    cloud.control("POST", "/_sim/faults", &slow).await;
    let stopped = Worker::start(&cloud, "stopped", NOTHING).await;
    stage::ask_for_backups(&operator, JOBS).await;
    eventually("all jobs are in hand", async || stage::depth(&operator, "snapshots").await == (0, JOBS as u64)).await;
    stopped.process.signal(Signal::STOP);
    let other = Worker::start(&cloud, "other", NOTHING).await;
    eventually("the other one has done them", async || {
        stage::points(&operator).await.len() == JOBS && stage::is_quiet(&operator).await
    })
    .await;
    stopped.process.signal(Signal::CONT);
    eventually("it has found its leases lost and works again", async || {
        stopped.health().await.is_some_and(|health| health["status"] == "ok")
    })
    .await;
    stage::ask_for_backups(&operator, JOBS).await;
    eventually("the repeats are done", async || stage::is_quiet(&operator).await).await;
    assert!(stage::points(&operator).await.values().all(|points| *points == 1));
    assert_eq!(stage::backup_jobs(&operator).await, JOBS);
    drop(other);
}

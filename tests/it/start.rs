//! What a worker needs: named at the start where it is missing, waited for where it vanishes later.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what helps a test fails as a test does")]

use chainwright_cli::simulation::SimulationError;
use chainwright_tests::{
    installation::{Installation, arn},
    witness::{begun, kept, letters, manual, minutes, prepared, send},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

async fn refusal(installation: &mut Installation) -> String {
    match installation.simulation.start_worker("worker-1").await {
        Err(SimulationError::Worker(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn delete_queue(installation: &Installation, name: &str) {
    let sqs = aws_sdk_sqs::Client::new(&installation.simulation.clients().home_config());
    let url = sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url;
    sqs.delete_queue().set_queue_url(url).send().await.unwrap();
    minutes(installation, 2).await;
}

async fn delete_ledger(installation: &Installation) {
    let dynamodb = installation.dynamodb();
    let table = &installation.simulation.hub().table;
    dynamodb.update_table().table_name(table).deletion_protection_enabled(false).send().await.unwrap();
    minutes(installation, 2).await;
    dynamodb.delete_table().table_name(table).send().await.unwrap();
    minutes(installation, 2).await;
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_missing_is_named_at_once() {
    let mut installation = prepared(1, &[], "").await;
    delete_queue(&installation, "chainwright-copies").await;
    delete_queue(&installation, "chainwright-prunes-dlq").await;
    delete_ledger(&installation).await;
    let no_key = CallFault::Error { code: "NotFoundException".into(), message: "no such alias".into(), status: 400 };
    installation.simulation.cloud().faults().add(FaultRule::call(CallMatcher::service(Service::Kms), no_key));
    let error = refusal(&mut installation).await;
    for part in ["CW0602", "chainwright-copies", "chainwright-prunes-dlq", "chainwright-ledger", "alias/chainwright"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    assert!(!error.contains("snapshots"), "what is there is not named: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_named_with_its_call() {
    for (service, operation) in [
        (Service::Sqs, "GetQueueAttributes"),
        (Service::DynamoDb, "DescribeTable"),
        (Service::Kms, "DescribeKey"),
        (Service::Events, "DescribeEventBus"),
    ] {
        let mut installation = prepared(2, &[], "").await;
        let faults = installation.simulation.cloud().faults();
        let denied = CallFault::Error {
            code: "AccessDeniedException".into(),
            message: format!("not authorized to perform {operation}"),
            status: 400,
        };
        let on = CallMatcher::operation(service, operation).from_label("worker-1");
        let denied = faults.add(FaultRule::call(on, denied));
        let error = refusal(&mut installation).await;
        assert!(faults.fired(denied) > 0);
        assert!(error.contains("CW0602") && error.contains(operation), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_vanishes_is_waited_for_and_shown_by_health() {
    let installation = begun(3, &["orders"], "").await;
    delete_queue(&installation, "chainwright-snapshots").await;
    minutes(&installation, 120).await;
    let health = installation.simulation.engine("worker-1").unwrap().health();
    assert!(
        format!("{:?}", health.conditions).contains("QueueGone { queue: \"chainwright-snapshots\" }"),
        "{health:?}"
    );
    assert!(health.is_alive(), "no restart would bring it back");
    let asked = installation.simulation.cloud().stats().calls(Service::Sqs, "ReceiveMessage");
    assert!(asked < 800, "with back-off: {asked}");
    installation.simulation.hub().provision(installation.simulation.clients()).await.unwrap();
    send(&installation, "snapshots", &manual(&arn("orders"), "after")).await;
    minutes(&installation, 120).await;
    assert_eq!(kept(&installation).len(), 1);
    assert!(installation.simulation.engine("worker-1").unwrap().health().is_good());
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_does_not_answer_is_waited_for_and_shown_by_health() {
    let installation = begun(4, &["orders"], "").await;
    let faults = installation.simulation.cloud().faults();
    let gone = CallFault::Error {
        code: "ResourceNotFoundException".into(),
        message: "Requested resource not found".into(),
        status: 400,
    };
    let on = CallMatcher::service(Service::DynamoDb).from_label("worker-1").containing("chainwright-ledger");
    let gone = faults.add(FaultRule::call(on, gone));
    send(&installation, "snapshots", &manual(&arn("orders"), "meanwhile")).await;
    minutes(&installation, 240).await;
    assert!(faults.fired(gone) > 0);
    let context = installation.simulation.context("worker-1").unwrap();
    let codes: Vec<String> = context.conditions().all().iter().map(|c| c.code.to_string()).collect();
    assert_eq!(codes, ["CW0603"]);
    faults.clear();
    minutes(&installation, 240).await;
    assert_eq!(kept(&installation).len(), 1);
    assert_eq!(context.conditions().all(), []);
    assert_eq!(letters(&installation), []);
}

//! Clients: whose credentials reach whom.

use std::time::Duration;

use chainwright_aws::error::Class;
use chainwright_contracts::names::AccountId;
use simcloud::faults::CallFault;
use simcloud::{Pace, Service, Settings};

use crate::support::{Aws, MEMBER, away, home};

const ROLE: &str = "arn:aws:iam::444455556666:role/chainwright-member";

fn member() -> AccountId {
    MEMBER.parse().unwrap()
}

fn settings() -> Settings {
    Settings { pace: Pace::instant(), ..Settings::default() }
}

/// Lists the member's tables, which says whether its account is reached.
async fn reach(aws: &Aws) -> Result<(), chainwright_aws::error::SourceError> {
    use chainwright_aws::sources::{Scope, Source, dynamodb::DynamoDb};
    let scope = Scope { account: member(), region: home() };
    DynamoDb::new(aws.clients.clone()).discover(&scope, None).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn another_account_is_reached_by_its_member_role_and_the_external_id() {
    let aws = Aws::new();
    aws.cloud.inspect().register_role(ROLE, Some("the-external-id"));
    reach(&aws).await.unwrap();
    aws.clients.dynamodb(&member(), &away()).unwrap().list_tables().send().await.unwrap();
    let assumed = aws.cloud.inspect().assumed_roles();
    assert_eq!(assumed.len(), 1, "one session serves every service and Region");
    assert_eq!(assumed[0].role_arn, ROLE);
    assert_eq!(assumed[0].external_id.as_deref(), Some("the-external-id"));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_before_it_ends() {
    let aws = Aws::new();
    reach(&aws).await.unwrap();
    tokio::time::sleep(Duration::from_secs(54 * 60)).await;
    reach(&aws).await.unwrap();
    assert_eq!(aws.cloud.inspect().assumed_roles().len(), 1);
    tokio::time::sleep(Duration::from_secs(4 * 60)).await;
    reach(&aws).await.unwrap();
    assert_eq!(aws.cloud.inspect().assumed_roles().len(), 2, "minutes before its end");
}

#[tokio::test(start_paused = true)]
async fn without_a_member_role_another_account_is_denied() {
    let aws = Aws::with_member_role(settings(), None);
    assert_eq!(reach(&aws).await.unwrap_err().class, Class::Denied);
    assert_eq!(aws.cloud.stats().total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_refuses_us_is_denied_and_not_merely_unreachable() {
    let aws = Aws::new();
    aws.cloud.inspect().register_role(ROLE, Some("another-external-id"));
    let error = reach(&aws).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Denied, "AccessDenied"));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_sts_is_transient() {
    let aws = Aws::new();
    let fault = aws.fault(Service::Sts, "AssumeRole", CallFault::Throttle, 3);
    let error = reach(&aws).await.unwrap_err();
    assert_eq!((error.class, error.is_throttling(), aws.fired(fault)), (Class::Transient, true, 3));
    reach(&aws).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_way_of_failing_has_its_class() {
    let named = |code: &str, status| CallFault::Error { code: code.into(), message: "no".into(), status };
    for (fault, class, times) in [
        (CallFault::Throttle, Class::Transient, 3),
        (CallFault::ServerError(500), Class::Transient, 3),
        (CallFault::ServerError(503), Class::Transient, 3),
        (CallFault::LoseBefore, Class::Transient, 3),
        (CallFault::LoseAfter, Class::Transient, 3),
        (CallFault::BlackHole, Class::Transient, 3),
        (CallFault::ExpiredCredentials, Class::Denied, 1),
        (named("AccessDeniedException", 400), Class::Denied, 1),
        (named("LimitExceededException", 400), Class::Occupied, 3),
        (named("ResourceInUseException", 400), Class::Occupied, 1),
        (named("ResourceNotFoundException", 400), Class::NotFound, 1),
        (named("ValidationException", 400), Class::Refused, 1),
        (named("DependencyFailureException", 500), Class::Transient, 3),
    ] {
        let aws = Aws::new();
        let id = aws.fault(Service::DynamoDb, "ListTables", fault.clone(), times);
        let error = reach(&aws).await.unwrap_err();
        assert_eq!((error.class, aws.fired(id)), (class, times), "{fault:?}: {error}");
        reach(&aws).await.unwrap();
    }
}

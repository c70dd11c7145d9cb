//! The whole way over the simulated AWS Backup: start, look, copy, open the seal, delete.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use chainwright_aws::error::Class;
use chainwright_aws::sources::{Source, dynamodb::DynamoDb};
use chainwright_chain::exchange::{
    BackupRequest, CopyRequest, DeleteRequest, Observed, Operation, PointStatus, Started,
};
use chainwright_contracts::names::Region;
use chainwright_contracts::place::Place;
use jiff::Timestamp;
use simcloud::faults::{CallFault, FaultRule, JobFault};
use simcloud::{Pace, Service, Settings};

use crate::seals::{orders, record};
use crate::support::{Aws, KEY, account, away, home};

const ROLE: &str = "arn:aws:iam::111122223333:role/chainwright-backup";

/// A cloud at AWS's own pace with one table and a vault in each of two Regions.
struct World {
    aws: Aws,
    source: DynamoDb,
}

impl World {
    async fn new() -> Self {
        let aws = Aws::with(Settings { pace: Pace::default(), ..Settings::default() });
        let id = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
        let create = aws.dynamodb().create_table().table_name("orders").billing_mode(BillingMode::PayPerRequest);
        create.attribute_definitions(id.build().unwrap()).key_schema(key).send().await.unwrap();
        for region in [home(), away()] {
            let vaults = aws.clients.backup(&account(), &region).unwrap();
            vaults.create_backup_vault().backup_vault_name("chainwright").send().await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        Self { source: DynamoDb::new(aws.clients.clone()), aws }
    }

    fn backup(&self, token: &str, tags: BTreeMap<String, String>) -> BackupRequest {
        let requested_at = self.aws.cloud.now();
        BackupRequest {
            resource: orders(),
            place: place(home()),
            role: Some(ROLE.into()),
            token: token.into(),
            tags,
            requested_at,
            standing_copy: None,
            from_automatic: false,
            automatic_keep: None,
        }
    }

    fn copy(&self, point: &str) -> CopyRequest {
        CopyRequest {
            resource: orders(),
            point: point.into(),
            from: place(home()),
            to: place(away()),
            role: Some(ROLE.into()),
            token: "copy-0".into(),
            requested_at: self.aws.cloud.now(),
            standing_copy: None,
        }
    }

    /// Looks every minute until it is over.
    async fn end(&self, operation: Operation) -> Observed {
        for _ in 0..600 {
            let seen = self.source.observe(std::slice::from_ref(&operation)).await.unwrap().remove(0);
            if seen != Observed::Running {
                return seen;
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        panic!("{operation:?} did not end within ten hours")
    }

    /// A backup, done: the point's ARN.
    async fn point(&self, token: &str, tags: BTreeMap<String, String>) -> String {
        let started = self.source.start_backup(&self.backup(token, tags)).await.unwrap();
        made(self.end(backup_of(&started)).await)
    }

    fn fails(&self, kind: &str, fault: JobFault) -> simcloud::faults::FaultId {
        self.aws.cloud.faults().add(FaultRule::job(Some(kind), None, fault).times(1))
    }
}

fn place(region: Region) -> Place {
    Place { account: account(), region, vault: Some("chainwright".into()) }
}

fn backup_of(started: &Started) -> Operation {
    Operation::Backup { id: started.id.clone(), place: place(home()) }
}

fn copy_of(started: &Started) -> Operation {
    Operation::Copy { id: started.id.clone(), from: place(home()), to: place(away()) }
}

fn deletion_of(point: &str) -> Operation {
    Operation::Delete { point: point.into(), place: place(home()) }
}

fn made(seen: Observed) -> String {
    let Observed::Done { point: Some(point), .. } = seen else { panic!("{seen:?}") };
    point
}

#[tokio::test(start_paused = true)]
async fn a_sealed_backup_is_copied_with_its_seal_and_neither_ever_expires() {
    let world = World::new().await;
    let sealer = world.aws.sealer(KEY).await;
    let sealed = sealer.seal(&record(), 0).await.unwrap();
    let point = world.point("token-0", sealed.tags.clone()).await;
    let copy = world.source.start_copy(&world.copy(&point)).await.unwrap();
    let copied = made(world.end(copy_of(&copy)).await);

    let tags = world.source.read_tags(&place(away()), &copied).await.unwrap();
    assert_eq!(sealer.open(&tags, &orders(), &away()).await.unwrap().1, record());
    for (region, arn) in [(home(), &point), (away(), &copied)] {
        let described = world.source.describe_point(&place(region), arn).await.unwrap().unwrap();
        assert_eq!((described.status, described.expires), (PointStatus::Available, None));
        assert_eq!(described.resource, orders().as_str());
    }
    let (at_home, at_away) = (world.aws.cloud.inspect().points().len(), world.aws.cloud.inspect().copy_jobs().len());
    assert_eq!((at_home, at_away), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_listing_shows_the_resources_points_and_the_clouds_date() {
    let world = World::new().await;
    let point = world.point("token-0", BTreeMap::new()).await;
    let page = world.source.list_points(Some(&orders()), &place(home()), None).await.unwrap();
    assert_eq!(page.points.iter().map(|listed| listed.arn.as_str()).collect::<Vec<_>>(), [point.as_str()]);
    assert_eq!(page.date.as_second(), world.aws.cloud.now().as_second());
    let other = "arn:aws:dynamodb:eu-west-1:111122223333:table/other".parse().unwrap();
    let none = world.source.list_points(Some(&other), &place(home()), None).await.unwrap();
    assert_eq!(none.points, []);
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_answer_was_lost_starts_one_job() {
    let world = World::new().await;
    let fault = world.aws.fault(Service::Backup, "StartBackupJob", CallFault::LoseAfter, 1);
    let point = world.point("token-0", BTreeMap::new()).await;
    let fault_copy = world.aws.fault(Service::Backup, "StartCopyJob", CallFault::LoseAfter, 1);
    let copy = world.source.start_copy(&world.copy(&point)).await.unwrap();
    made(world.end(copy_of(&copy)).await);
    assert_eq!((world.aws.fired(fault), world.aws.fired(fault_copy)), (1, 1));
    let inspect = world.aws.cloud.inspect();
    assert_eq!((inspect.backup_jobs().len(), inspect.copy_jobs().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_start_was_never_answered_is_found_again() {
    let world = World::new().await;
    let request = world.backup("token-0", BTreeMap::from([("mine".into(), "yes".into())]));
    let fault = world.aws.fault(Service::Backup, "StartBackupJob", CallFault::LoseAfter, 3);
    assert_eq!(world.source.start_backup(&request).await.unwrap_err().class, Class::Transient);
    assert_eq!(world.aws.fired(fault), 3);
    let found = world.source.find_backups(&request).await.unwrap();
    assert_eq!(found.len(), 1);
    let started = Started { id: found[0].id.clone(), point: None };
    let point = made(world.end(backup_of(&started)).await);
    assert_eq!(world.source.read_tags(&place(home()), &point).await.unwrap()["mine"], "yes");

    let request = world.copy(&point);
    let fault = world.aws.fault(Service::Backup, "StartCopyJob", CallFault::LoseAfter, 3);
    assert_eq!(world.source.start_copy(&request).await.unwrap_err().class, Class::Transient);
    assert_eq!(world.aws.fired(fault), 3);
    let found = world.source.find_copies(&request).await.unwrap();
    assert_eq!(found.len(), 1);
    let copied = made(world.end(copy_of(&Started { id: found[0].id.clone(), point: None })).await);
    assert_eq!(world.source.find_copies(&request).await.unwrap()[0].point, Some(copied));
}

#[tokio::test(start_paused = true)]
async fn the_second_job_of_a_resource_expires_as_occupied() {
    let world = World::new().await;
    let fault = world.fails("backup", JobFault::Stalls);
    world.source.start_backup(&world.backup("token-0", BTreeMap::new())).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let second = world.source.start_backup(&world.backup("token-1", BTreeMap::new())).await.unwrap();
    let seen = world.end(backup_of(&second)).await;
    assert!(matches!(&seen, Observed::Failed { occupied: true, reason } if reason.contains("running job")), "{seen:?}");
    assert_eq!(world.aws.fired(fault), 1);
}

#[tokio::test(start_paused = true)]
async fn a_jobs_end_is_told_as_the_service_tells_it() {
    let world = World::new().await;
    for (n, (fault, occupied)) in [
        (JobFault::Fails("The table is in trouble".into()), false),
        (JobFault::Aborts, false),
        (JobFault::EndsPartial, false),
        (JobFault::Expires, true),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = world.fails("backup", fault);
        let started = world.source.start_backup(&world.backup(&format!("token-{n}"), BTreeMap::new())).await.unwrap();
        let seen = world.end(backup_of(&started)).await;
        assert!(matches!(seen, Observed::Failed { occupied: of, .. } if of == occupied), "{seen:?}");
        assert_eq!(world.aws.fired(fault), 1);
    }
    let fault = world.fails("backup", JobFault::CompletesWith("some of it".into()));
    let started = world.source.start_backup(&world.backup("token-9", BTreeMap::new())).await.unwrap();
    let seen = world.end(backup_of(&started)).await;
    assert!(matches!(&seen, Observed::Done { remark: Some(text), .. } if text == "some of it"), "{seen:?}");
    assert_eq!(world.aws.fired(fault), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_point_ends_unknown_to_the_service() {
    let world = World::new().await;
    let point = world.point("token-0", BTreeMap::new()).await;
    let request = DeleteRequest { point: point.clone(), place: place(home()) };
    let fault = world.aws.fault(Service::Backup, "DeleteRecoveryPoint", CallFault::LoseAfter, 1);
    world.source.delete_point(&request).await.unwrap();
    assert_eq!(world.aws.fired(fault), 1);
    assert_eq!(world.end(deletion_of(&point)).await, Observed::Done { point: None, remark: None });
    assert_eq!(world.source.describe_point(&place(home()), &point).await, Ok(None));
    world.source.delete_point(&request).await.unwrap();
    assert_eq!(world.aws.cloud.inspect().points().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_answered_200_that_deletes_nothing_is_seen_through() {
    let world = World::new().await;
    for (n, (fault, status)) in
        [(JobFault::Expires, "EXPIRED"), (JobFault::Ignored, "COMPLETED")].into_iter().enumerate()
    {
        let point = world.point(&format!("token-{n}"), BTreeMap::new()).await;
        let fault = world.fails("delete", fault);
        world.source.delete_point(&DeleteRequest { point: point.clone(), place: place(home()) }).await.unwrap();
        assert_eq!(world.aws.fired(fault), 1);
        assert_eq!(world.end(deletion_of(&point)).await, Observed::Refused { status: status.into() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_locked_vaults_points_end_at_its_maximum_and_say_until_when_they_are_locked() {
    let world = World::new().await;
    for region in [home(), away()] {
        let vaults = world.aws.clients.backup(&account(), &region).unwrap();
        let lock = vaults.put_backup_vault_lock_configuration().backup_vault_name("chainwright");
        lock.min_retention_days(1).max_retention_days(30).send().await.unwrap();
    }
    let point = world.point("token-0", BTreeMap::new()).await;
    let copy = world.source.start_copy(&world.copy(&point)).await.unwrap();
    let copied = made(world.end(copy_of(&copy)).await);
    for (region, arn) in [(home(), &point), (away(), &copied)] {
        let described = world.source.describe_point(&place(region), arn).await.unwrap().unwrap();
        let end = described.created + jiff::SignedDuration::from_hours(30 * 24);
        let near =
            |at: Option<Timestamp>| at.is_some_and(|at| (at - end).total(jiff::Unit::Second).unwrap().abs() < 1.0);
        assert!(near(described.expires) && near(described.locked_until), "{described:?}");
    }
    let refused = world.source.delete_point(&DeleteRequest { point, place: place(home()) }).await;
    assert_eq!(refused.unwrap_err().class, Class::Refused);
}

#[tokio::test(start_paused = true)]
async fn tags_of_a_point_are_added_and_removed() {
    let world = World::new().await;
    let point = world.point("token-0", BTreeMap::from([("a".into(), "1".into())])).await;
    world.source.tag(&place(home()), &point, &BTreeMap::from([("b".into(), "2".into())])).await.unwrap();
    world.source.untag(&place(home()), &point, &["a".to_owned(), "never".to_owned()]).await.unwrap();
    let tags = world.source.read_tags(&place(home()), &point).await.unwrap();
    assert_eq!(tags, BTreeMap::from([("b".into(), "2".into())]));
}

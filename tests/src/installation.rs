//! An installation with tables, vaults and policies, in virtual time.

use std::{collections::BTreeMap, fmt::Debug};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag};
use chainwright_cli::simulation::{Settings, Simulation};
use chainwright_contracts::{arn::Arn, names::Region, policy};
use jiff::{SignedDuration, Timestamp};
use simcloud::PointView;

use crate::policy;

/// The Region of hub, tables and backups.
pub const HOME: &str = "eu-west-1";
/// The Region of the copies.
pub const AWAY: &str = "eu-central-1";
/// The vault of the backups.
pub const VAULT: &str = "chainwright";
/// The vault of the copies.
pub const AWAY_VAULT: &str = "chainwright-dr";

/// Daily at 06:00 UTC, kept three days and copied for a week; weekly on Mondays, kept two weeks on both sides.
pub const GOLD: &str = policy!(
    copied: r#"daily: {at: "06:00", keep: 3 days, keep_copies: 7 days}"#,
    r#"weekly: {at: "06:00", on: monday, keep: 14 days, keep_copies: 14 days}"#
);

/// Stops a test with what went wrong.
///
/// # Panics
/// Always, with the error.
pub fn must<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        #[expect(clippy::panic, reason = "a test's set-up failed: there is nothing left to test")]
        Err(error) => panic!("{error:?}"),
    }
}

/// An installation.
pub struct Installation {
    /// The simulation beneath.
    pub simulation: Simulation,
}

impl Installation {
    /// Hub and vaults, no table, no policy, no worker.
    pub async fn new(settings: Settings) -> Self {
        let simulation = must(Simulation::new(settings).await);
        let installation = Self { simulation };
        installation.vault(HOME, VAULT).await;
        installation.vault(AWAY, AWAY_VAULT).await;
        installation
    }

    /// As [`Installation::new`], with these tables under the policy [`GOLD`] and one worker.
    pub async fn gold(seed: u64, tables: &[&str]) -> Self {
        let mut installation = Self::new(must(Settings::unhurried(seed))).await;
        for table in tables {
            installation.table(table).await;
        }
        installation.apply(GOLD).await;
        must(installation.simulation.start_worker("worker-1").await);
        installation
    }

    /// Makes a vault.
    pub async fn vault(&self, region: &str, name: &str) {
        let region: Region = must(region.parse());
        let clients = self.simulation.clients();
        let backup = must(clients.backup(clients.own_account(), &region));
        must(backup.create_backup_vault().backup_vault_name(name).send().await);
    }

    /// Makes a table with the tag that [`GOLD`] selects.
    pub async fn table(&self, name: &str) -> Arn {
        self.tables([name]).await;
        arn(name)
    }

    /// Makes several such tables.
    pub async fn tables<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) {
        for name in names {
            self.begin_table(name.as_ref()).await;
        }
        self.simulation.pass(SignedDuration::from_mins(2)).await;
    }

    async fn begin_table(&self, name: &str) {
        let dynamodb = self.dynamodb();
        let key = must(KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build());
        let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let made = dynamodb
            .create_table()
            .table_name(name)
            .key_schema(key)
            .attribute_definitions(must(attribute.build()))
            .billing_mode(BillingMode::PayPerRequest)
            .tags(must(Tag::builder().key("backup").value("gold").build()))
            .send()
            .await;
        must(made);
    }

    /// Drops a table.
    pub async fn drop_table(&self, name: &str) {
        must(self.dynamodb().delete_table().table_name(name).send().await);
        self.simulation.pass(SignedDuration::from_mins(2)).await;
    }

    /// DynamoDB in the home Region, as a person reaches it.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let clients = self.simulation.clients();
        must(clients.dynamodb(clients.own_account(), clients.home_region()))
    }

    /// Applies a policy.
    pub async fn apply(&self, text: &str) -> u32 {
        must(self.simulation.apply(must(policy::parse("policy.yaml", text))).await)
    }

    /// The points of one Region that AWS counts as complete, by creation.
    #[must_use]
    pub fn points(&self, region: &str) -> Vec<PointView> {
        let mut points = self.simulation.cloud().inspect().points();
        points.retain(|point| point.region == region && point.status == "COMPLETED");
        points.sort_by_key(|point| (point.created, point.arn.clone()));
        points
    }

    /// How many complete points each table has in a Region.
    #[must_use]
    pub fn counts(&self, region: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for point in self.points(region) {
            *counts.entry(point.resource).or_default() += 1;
        }
        counts
    }

    /// The codes of what lies in a queue's dead letters.
    #[must_use]
    pub fn dead(&self, queue: &str) -> Vec<String> {
        let messages =
            self.simulation.cloud().inspect().queue_messages(&self.simulation.queue_arn(&format!("{queue}-dlq")));
        messages.into_iter().map(|message| message.attributes.get("error_code").cloned().unwrap_or_default()).collect()
    }

    /// Everything in any dead-letter queue: queue, code and reason.
    #[must_use]
    pub fn all_dead(&self) -> Vec<String> {
        let inspect = self.simulation.cloud().inspect();
        let queues = inspect.queues().into_iter().filter(|arn| arn.ends_with("-dlq"));
        let messages = queues.flat_map(|arn| inspect.queue_messages(&arn).into_iter().map(move |m| (arn.clone(), m)));
        messages
            .map(|(arn, message)| {
                let of = |name: &str| message.attributes.get(name).cloned().unwrap_or_default();
                format!("{arn}: {} {} in {}", of("error_code"), of("error_reason"), message.body)
            })
            .collect()
    }

    /// Lets virtual time pass until this instant.
    pub async fn until(&self, instant: &str) {
        self.simulation.until(at(instant)).await;
    }
}

/// The ARN of a table in the home Region.
#[must_use]
pub fn arn(table: &str) -> Arn {
    must(format!("arn:aws:dynamodb:{HOME}:{}:table/{table}", simcloud::DEFAULT_ACCOUNT).parse())
}

/// An instant.
#[must_use]
pub fn at(instant: &str) -> Timestamp {
    must(instant.parse())
}

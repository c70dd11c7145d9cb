//! The hub as the templates make it: queues with their dead letters, the ledger's table, the key with its replicas, the
//! bus, the rules that bring AWS's events and the clock's ticks, and AWS Backup's advanced features for DynamoDB.
//!
//! `demo`, `dev` and the tests provision it so. Everything may be made again: what exists stays as it is.

use std::collections::HashMap;

use aws_sdk_backup::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_eventbridge::types::{DeadLetterConfig, Target};
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chainwright_aws::{
    clients::Clients,
    error::{SourceError, said},
    ledger::Store,
};
use chainwright_contracts::{names::Region, queues};

/// How often SQS itself hands a message out before it becomes a dead letter; the engine rejects long before.
pub(crate) const MAX_RECEIVE_COUNT: u32 = 20;
/// How long a queue keeps a message, and its dead-letter queue after that (Amazon SQS developer guide: 14 days at most).
pub(crate) const RETENTION_SECONDS: u32 = 4 * 24 * 3600;
pub(crate) const DEAD_RETENTION_SECONDS: u32 = 14 * 24 * 3600;
/// What AWS Backup calls the type whose advanced features are switched on.
const DYNAMODB: &str = "DynamoDB";
pub(crate) const TICK_RULE: &str = "chainwright-tick";
/// What the tick's rule sends in place of its event.
pub(crate) const TICK_INPUT: &str = r#"{"kind":"tick"}"#;
/// What a rule of the hub's own Region cannot deliver goes here.
const TARGETS: &str = "targets-dlq";
pub(crate) const EVENTS_RULE: &str = "chainwright-backup-events";
/// What the rule takes: the events of the services that announce what their points come to.
pub(crate) const EVENTS_PATTERN: &str = r#"{"source":["aws.backup","aws.redshift-serverless"]}"#;

/// What the hub is called and where it is.
#[derive(Debug, Clone)]
pub struct Hub {
    /// What stands before every queue's name.
    pub prefix: String,
    /// The ledger's table.
    pub table: String,
    /// The key's alias.
    pub key: String,
    /// The bus for our own events.
    pub bus: String,
    /// Regions other than the hub's own: they get replicas of the key, and send their events here.
    pub other_regions: Vec<Region>,
    /// How often the clock ticks: whole minutes.
    pub tick_minutes: u32,
}

/// The hub could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A call failed.
    #[error("{what}: {reason}")]
    Call {
        /// What was to be made.
        what: String,
        /// In AWS's words.
        reason: String,
    },
    /// A call of the ledger's store failed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Hub {
    /// The names that hold when nothing is configured.
    #[must_use]
    pub fn standard(other_regions: Vec<Region>) -> Self {
        Self {
            prefix: queues::DEFAULT_PREFIX.to_owned(),
            table: "chainwright-ledger".to_owned(),
            key: "alias/chainwright".to_owned(),
            bus: "chainwright".to_owned(),
            other_regions,
            tick_minutes: 1,
        }
    }

    /// Makes everything that is not there yet.
    ///
    /// # Errors
    /// With what could not be made, and why.
    pub async fn provision(&self, clients: &Clients) -> Result<(), HubError> {
        let sqs = aws_sdk_sqs::Client::new(&clients.home_config());
        for queue in queues::ALL {
            self.provision_queue(&sqs, queue.as_str()).await?;
        }
        provision_dead_letters(&sqs, &format!("{}{TARGETS}", self.prefix)).await?;
        let home = clients.home_region().clone();
        let dynamodb = clients.dynamodb(clients.own_account(), &home)?;
        Store::new(dynamodb, &self.table).create_table().await?;
        self.provision_key(clients).await?;
        self.provision_rules(clients).await?;
        for region in std::iter::once(&home).chain(&self.other_regions) {
            switch_advanced_features_on(clients, region).await?;
        }
        Ok(())
    }

    async fn provision_queue(&self, sqs: &aws_sdk_sqs::Client, name: &str) -> Result<(), HubError> {
        let name = format!("{}{name}", self.prefix);
        let dead = format!("{name}-dlq");
        provision_dead_letters(sqs, &dead).await?;
        let dead_arn = self.arn_of(sqs, &dead).await?;
        let redrive = serde_json::json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": MAX_RECEIVE_COUNT});
        let attributes = HashMap::from([
            (QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string()),
            (QueueAttributeName::RedrivePolicy, redrive.to_string()),
        ]);
        let call = sqs.create_queue().queue_name(&name).set_attributes(Some(attributes));
        call.send().await.map_err(failed(&format!("queue {name}")))?;
        Ok(())
    }

    async fn arn_of(&self, sqs: &aws_sdk_sqs::Client, name: &str) -> Result<String, HubError> {
        let what = format!("queue {name}");
        let found = sqs.get_queue_url().queue_name(name).send().await.map_err(failed(&what))?;
        let call = sqs.get_queue_attributes().set_queue_url(found.queue_url);
        let call = call.attribute_names(QueueAttributeName::QueueArn);
        let attributes = call.send().await.map_err(failed(&what))?.attributes.unwrap_or_default();
        let missing = || HubError::Call { what: what.clone(), reason: "SQS does not tell its ARN".into() };
        attributes.get(&QueueAttributeName::QueueArn).cloned().ok_or_else(missing)
    }

    /// One multi-Region key: what is sealed in one Region opens in every Region with a replica, also when the first one
    /// is gone (KMS developer guide, "Multi-Region keys").
    async fn provision_key(&self, clients: &Clients) -> Result<(), HubError> {
        let home = clients.home_region();
        let kms = clients.kms(clients.own_account(), home)?;
        if kms.describe_key().key_id(&self.key).send().await.is_ok() {
            return Ok(());
        }
        let call = kms.create_key().multi_region(true).key_spec(KeySpec::SymmetricDefault);
        let made = call.key_usage(KeyUsageType::EncryptDecrypt).send().await.map_err(failed("key"))?;
        let id = made.key_metadata.map(|key| key.key_id).unwrap_or_default();
        kms.create_alias().alias_name(&self.key).target_key_id(&id).send().await.map_err(failed("alias"))?;
        for region in &self.other_regions {
            let call = kms.replicate_key().key_id(&id).replica_region(region.as_str());
            call.send().await.map_err(failed(&format!("key replica in {region}")))?;
            let there = clients.kms(clients.own_account(), region)?;
            let call = there.create_alias().alias_name(&self.key).target_key_id(&id);
            call.send().await.map_err(failed(&format!("alias in {region}")))?;
        }
        Ok(())
    }

    async fn provision_rules(&self, clients: &Clients) -> Result<(), HubError> {
        let home = clients.home_region();
        let events = clients.eventbridge(clients.own_account(), home)?;
        if let Err(error) = events.create_event_bus().name(&self.bus).send().await
            && error.code() != Some("ResourceAlreadyExistsException")
        {
            return Err(failed("event bus")(error));
        }
        let sqs = aws_sdk_sqs::Client::new(&clients.home_config());
        let unit = if self.tick_minutes == 1 { "minute" } else { "minutes" };
        let rate = format!("rate({} {unit})", self.tick_minutes);
        let rule = events.put_rule().name(TICK_RULE).schedule_expression(rate);
        rule.send().await.map_err(failed("tick rule"))?;
        let sessions = self.arn_of(&sqs, &format!("{}{}", self.prefix, queues::SESSIONS)).await?;
        let dead = self.arn_of(&sqs, &format!("{}{TARGETS}", self.prefix)).await?;
        put_target(&events, TICK_RULE, sessions, Some(TICK_INPUT), Some(&dead)).await?;
        let queue = self.arn_of(&sqs, &format!("{}{}", self.prefix, queues::EVENTS)).await?;
        put_events_rule(&events, queue, Some(&dead)).await?;
        let bus = events.describe_event_bus().send().await.map_err(failed("default bus"))?.arn.unwrap_or_default();
        for region in &self.other_regions {
            // A rule sees its own Region's events alone, so the others send theirs to the hub's default bus.
            let there = clients.eventbridge(clients.own_account(), region)?;
            // A dead-letter queue is in its rule's own Region; there is none there, and events are hints.
            put_events_rule(&there, bus.clone(), None).await?;
        }
        Ok(())
    }
}

async fn provision_dead_letters(sqs: &aws_sdk_sqs::Client, name: &str) -> Result<(), HubError> {
    let kept = DEAD_RETENTION_SECONDS.to_string();
    let call = sqs.create_queue().queue_name(name).attributes(QueueAttributeName::MessageRetentionPeriod, kept);
    call.send().await.map_err(failed(&format!("queue {name}")))?;
    Ok(())
}

async fn put_events_rule(
    events: &aws_sdk_eventbridge::Client,
    target: String,
    dead: Option<&str>,
) -> Result<(), HubError> {
    let call = events.put_rule().name(EVENTS_RULE).event_pattern(EVENTS_PATTERN);
    call.send().await.map_err(failed("events rule"))?;
    put_target(events, EVENTS_RULE, target, None, dead).await
}

async fn put_target(
    events: &aws_sdk_eventbridge::Client,
    rule: &str,
    arn: String,
    input: Option<&str>,
    dead: Option<&str>,
) -> Result<(), HubError> {
    let dead = dead.map(|arn| DeadLetterConfig::builder().arn(arn).build());
    let target = Target::builder().id("chainwright").arn(arn).set_input(input.map(str::to_owned));
    let target = target.set_dead_letter_config(dead).build();
    let target = target.map_err(|error| HubError::Call { what: rule.to_owned(), reason: error.to_string() })?;
    events.put_targets().rule(rule).targets(target).send().await.map_err(failed(rule))?;
    Ok(())
}

async fn switch_advanced_features_on(clients: &Clients, region: &Region) -> Result<(), HubError> {
    let backup = clients.backup(clients.own_account(), region)?;
    let call = backup.update_region_settings().resource_type_opt_in_preference(DYNAMODB, true);
    let call = call.resource_type_management_preference(DYNAMODB, true);
    call.send().await.map_err(failed(&format!("advanced features in {region}")))?;
    Ok(())
}

fn failed<E>(what: &str) -> impl FnOnce(SdkError<E, HttpResponse>) -> HubError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let what = what.to_owned();
    move |error| HubError::Call { what, reason: said(error) }
}

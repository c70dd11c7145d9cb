//! Reading a table's configuration: everything that a restore needs and that a backup does not bring back.
//!
//! Source: DynamoDB developer guide, "Backup and restore of DynamoDB tables" (what must be set up again after a
//! restore). The table's description must be read, since it holds the table's identity; every other part may be missing
//! without harm to the backup itself, so what is denied is named and the rest goes on. Only what may be different a
//! moment later, such as throttling, ends the whole reading.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_dynamodb::{
    Client,
    config::{Config, retry::RetryConfig},
    operation::list_tags_of_resource::ListTagsOfResourceOutput,
    types::{
        ContributorInsightsStatus, DestinationStatus, PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus,
    },
};
use chainwright_chain::exchange::Configuration;
use chainwright_contracts::{arn::Arn, ids::Incarnation};
use serde_json::{Value, json};

use super::{DynamoDb, names, parts};
use crate::{
    clients::buckets::{Api, Bucket},
    error::{Class, SourceError, failed},
    sources::parts::Parts,
};

const DESCRIBE: &str = "dynamodb:DescribeTable";
const TTL: &str = "dynamodb:DescribeTimeToLive";
const PITR: &str = "dynamodb:DescribeContinuousBackups";
const TAGS: &str = Api::ListTagsOfResource.operation();
const POLICY: &str = "dynamodb:GetResourcePolicy";
const KINESIS: &str = "dynamodb:DescribeKinesisStreamingDestination";
const INSIGHTS: &str = "dynamodb:DescribeContributorInsights";

/// One table and the client of where it is.
pub(super) struct Table<'a> {
    client: Client,
    arn: &'a Arn,
    tag_reads: Arc<Bucket>,
}

impl DynamoDb {
    pub(super) fn table<'a>(&self, arn: &'a Arn) -> Result<Table<'a>, SourceError> {
        let invalid = |error: &dyn std::fmt::Display| SourceError::refused(DESCRIBE, format!("{arn}: {error}"));
        if arn.service() != "dynamodb" || !arn.resource().starts_with("table/") {
            return Err(invalid(&"not a DynamoDB table"));
        }
        let account = arn.account().parse().map_err(|error| invalid(&error))?;
        let region = arn.region().parse().map_err(|error| invalid(&error))?;
        let tag_reads = self.clients.bucket(&account, Api::ListTagsOfResource);
        Ok(Table { client: self.clients.dynamodb(&account, &region)?, arn, tag_reads })
    }
}

impl Table<'_> {
    pub(super) async fn capture(&self) -> Result<Configuration, SourceError> {
        let (table, incarnation) = self.describe().await?;
        let mut parts = Parts::default();
        parts::essentials(&mut parts, &table);
        for (name, read) in [(names::TTL, self.ttl().await), (names::PITR, self.pitr().await)] {
            parts.take(name, read)?;
        }
        parts::settings(&mut parts, &table);
        for (name, read) in [
            (names::TAGS, self.tags().await.map(|tags| (!tags.is_empty()).then(|| json!(tags)))),
            (names::RESOURCE_POLICY, self.policy().await),
            (names::KINESIS, self.kinesis().await),
            (names::CONTRIBUTOR_INSIGHTS, self.insights().await),
        ] {
            parts.take(name, read)?;
        }
        parts::replicas(&mut parts, &table);
        if parts::is_provisioned(&table) {
            parts.not_captured.push(names::AUTOSCALING.to_owned());
        }
        Ok(parts.of(incarnation))
    }

    pub(super) async fn incarnation(&self) -> Result<Option<Incarnation>, SourceError> {
        match self.describe().await {
            Err(error) if error.class == Class::NotFound => Ok(None),
            other => other.map(|(_, incarnation)| Some(incarnation)),
        }
    }

    /// The table's description, and its identity, without which nothing could be told apart.
    async fn describe(&self) -> Result<(TableDescription, Incarnation), SourceError> {
        let answer = self.client.describe_table().table_name(self.arn.name()).send().await.map_err(failed(DESCRIBE))?;
        let table = answer.table.ok_or_else(|| SourceError::unreadable(DESCRIBE, "the answer describes no table"))?;
        let id = table.table_id().ok_or_else(|| SourceError::unreadable(DESCRIBE, "the table has no id"))?;
        let incarnation = Incarnation(id.to_owned());
        Ok((table, incarnation))
    }

    pub(super) async fn tags(&self) -> Result<BTreeMap<String, String>, SourceError> {
        let (mut tags, mut next) = (BTreeMap::new(), None);
        loop {
            let page = self.tag_reads.call(|| self.tags_from(next.clone())).await?;
            tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
            next = page.next_token;
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// One attempt at a page of tags.
    async fn tags_from(&self, token: Option<String>) -> Result<ListTagsOfResourceOutput, SourceError> {
        let call = self.client.list_tags_of_resource().resource_arn(self.arn.as_str()).set_next_token(token);
        let once = Config::builder().retry_config(RetryConfig::disabled());
        call.customize().config_override(once).send().await.map_err(failed(TAGS))
    }

    async fn ttl(&self) -> Result<Option<Value>, SourceError> {
        let answer =
            self.client.describe_time_to_live().table_name(self.arn.name()).send().await.map_err(failed(TTL))?;
        let on = answer.time_to_live_description.filter(|ttl| {
            matches!(ttl.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        Ok(on.and_then(|ttl| ttl.attribute_name).map(|name| json!(name)))
    }

    async fn pitr(&self) -> Result<Option<Value>, SourceError> {
        let call = self.client.describe_continuous_backups().table_name(self.arn.name());
        let answer = call.send().await.map_err(failed(PITR))?;
        let pitr = answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
        let on = pitr.filter(|pitr| pitr.point_in_time_recovery_status() == Some(&PointInTimeRecoveryStatus::Enabled));
        Ok(on.map(|pitr| pitr.recovery_period_in_days().map_or(json!(true), |days| json!({ "days": days }))))
    }

    async fn policy(&self) -> Result<Option<Value>, SourceError> {
        let answer = self.client.get_resource_policy().resource_arn(self.arn.as_str()).send().await;
        let policy = answer.map_err(failed(POLICY))?.policy;
        // As JSON where it is JSON, which deflates better than a string in a string.
        Ok(policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    async fn kinesis(&self) -> Result<Option<Value>, SourceError> {
        let call = self.client.describe_kinesis_streaming_destination().table_name(self.arn.name());
        let destinations = call.send().await.map_err(failed(KINESIS))?.kinesis_data_stream_destinations;
        let active = destinations.unwrap_or_default().into_iter().filter(|destination| {
            matches!(
                destination.destination_status(),
                Some(DestinationStatus::Active | DestinationStatus::Enabling | DestinationStatus::Updating)
            )
        });
        let arns: Vec<Value> = active.filter_map(|destination| destination.stream_arn).map(Value::from).collect();
        Ok((!arns.is_empty()).then(|| arns.into()))
    }

    async fn insights(&self) -> Result<Option<Value>, SourceError> {
        let call = self.client.describe_contributor_insights().table_name(self.arn.name());
        let answer = call.send().await.map_err(failed(INSIGHTS))?;
        let on = matches!(
            answer.contributor_insights_status(),
            Some(ContributorInsightsStatus::Enabled | ContributorInsightsStatus::Enabling)
        );
        let mode = answer.contributor_insights_mode().map(|mode| mode.as_str());
        Ok(on.then(|| mode.map_or(json!(true), |mode| json!(mode))))
    }
}

//! The table itself: made, and checked.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, GlobalSecondaryIndexDescription, IndexStatus,
        KeySchemaElement, KeyType, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, Projection,
        ProjectionType, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
    },
};

use super::{
    Store,
    item::{AWS_ID, AWS_ID_INDEX, DUE, DUE_AT, DUE_INDEX, EXPIRES_AT, PK, SK, VERSION},
};
use crate::error::{Class, SourceError, failed};

const CREATE: &str = "dynamodb:CreateTable";
const DESCRIBE: &str = "dynamodb:DescribeTable";
const UPDATE: &str = "dynamodb:UpdateTable";
const TTL: &str = "dynamodb:DescribeTimeToLive";
const UPDATE_TTL: &str = "dynamodb:UpdateTimeToLive";
const PITR: &str = "dynamodb:DescribeContinuousBackups";
const UPDATE_PITR: &str = "dynamodb:UpdateContinuousBackups";

/// A new table takes seconds; one that is not there after so many looks needs a person.
const LOOKS: u32 = 120;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

impl Store {
    /// Makes the table as the store needs it, and waits until it can be used. What exists already stays, with its
    /// items; what can be switched on afterwards is switched on.
    ///
    /// # Errors
    /// As DynamoDB answers; [`Class::Refused`] where a table of that name has other keys or lacks an index.
    pub async fn create_table(&self) -> Result<(), SourceError> {
        match self.create().await {
            Err(error) if error.code != "ResourceInUseException" => return Err(error),
            _ => {}
        }
        let table = self.active().await?;
        if table.deletion_protection_enabled() != Some(true) {
            let call = self.client.update_table().table_name(&self.table).deletion_protection_enabled(true);
            call.send().await.map_err(failed(UPDATE))?;
            self.active().await?;
        }
        if !self.has_ttl().await? {
            let ttl = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build();
            let ttl = ttl.map_err(|error| unbuilt(UPDATE_TTL, &error))?;
            let call = self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(ttl);
            call.send().await.map_err(failed(UPDATE_TTL))?;
        }
        if !self.has_pitr().await? {
            let pitr = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
            let pitr = pitr.map_err(|error| unbuilt(UPDATE_PITR, &error))?;
            let call = self.client.update_continuous_backups().table_name(&self.table);
            call.point_in_time_recovery_specification(pitr).send().await.map_err(failed(UPDATE_PITR))?;
        }
        let missing = self.check_table().await?;
        if missing.is_empty() { Ok(()) } else { Err(SourceError::refused(CREATE, missing.join("; "))) }
    }

    /// What the table lacks, in words; nothing where all is as it should be.
    ///
    /// # Errors
    /// As DynamoDB answers, except that a missing table is what it lacks.
    pub async fn check_table(&self) -> Result<Vec<String>, SourceError> {
        let table = match self.describe().await {
            Err(error) if error.class == Class::NotFound => {
                return Ok(vec![format!("there is no table {}", self.table)]);
            }
            other => other?,
        };
        let mut missing = shape(&table, &self.table);
        if table.deletion_protection_enabled() != Some(true) {
            missing.push("deletion protection is off".to_owned());
        }
        if !self.has_ttl().await? {
            missing.push(format!("time to live on {EXPIRES_AT} is off"));
        }
        if !self.has_pitr().await? {
            missing.push("point-in-time recovery is off".to_owned());
        }
        Ok(missing)
    }

    async fn create(&self) -> Result<(), SourceError> {
        let unbuilt = |error: BuildError| unbuilt(CREATE, &error);
        let mut call = self.client.create_table().table_name(&self.table).billing_mode(BillingMode::PayPerRequest);
        for name in [PK, SK, DUE, DUE_AT, AWS_ID] {
            let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            call = call.attribute_definitions(attribute.build().map_err(unbuilt)?);
        }
        call = call.set_key_schema(Some(keys(&[PK, SK]).map_err(unbuilt)?));
        let due = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes(VERSION).build();
        let bare = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        for (name, attributes, projection) in
            [(DUE_INDEX, [DUE, DUE_AT].as_slice(), due), (AWS_ID_INDEX, [AWS_ID].as_slice(), bare)]
        {
            let index = GlobalSecondaryIndex::builder().index_name(name).projection(projection);
            let index = index.set_key_schema(Some(keys(attributes).map_err(unbuilt)?));
            call = call.global_secondary_indexes(index.build().map_err(unbuilt)?);
        }
        call.deletion_protection_enabled(true).send().await.map_err(failed(CREATE))?;
        Ok(())
    }

    async fn describe(&self) -> Result<TableDescription, SourceError> {
        let answer = self.client.describe_table().table_name(&self.table).send().await.map_err(failed(DESCRIBE))?;
        answer.table.ok_or_else(|| SourceError::unreadable(DESCRIBE, "the answer describes no table"))
    }

    /// The table once it can be used. Right after its creation it may not be seen at all.
    async fn active(&self) -> Result<TableDescription, SourceError> {
        for _ in 0..LOOKS {
            match self.describe().await {
                Ok(table) if table.table_status() == Some(&TableStatus::Active) => return Ok(table),
                Err(error) if error.class != Class::NotFound => return Err(error),
                _ => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
        let message = format!("table {} is still not active", self.table);
        Err(SourceError::new(Class::Transient, DESCRIBE, "NotActive", message))
    }

    async fn has_ttl(&self) -> Result<bool, SourceError> {
        let answer = self.client.describe_time_to_live().table_name(&self.table).send().await.map_err(failed(TTL))?;
        Ok(answer.time_to_live_description.is_some_and(|ttl| {
            ttl.attribute_name() == Some(EXPIRES_AT)
                && matches!(ttl.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        }))
    }

    async fn has_pitr(&self) -> Result<bool, SourceError> {
        let call = self.client.describe_continuous_backups().table_name(&self.table);
        let answer = call.send().await.map_err(failed(PITR))?;
        let pitr = answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
        Ok(pitr.is_some_and(|pitr| pitr.point_in_time_recovery_status() == Some(&PointInTimeRecoveryStatus::Enabled)))
    }
}

/// The first is the hash key, the second the range key.
fn keys(attributes: &[&str]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let typed = attributes.iter().zip([KeyType::Hash, KeyType::Range]);
    typed.map(|(name, key_type)| KeySchemaElement::builder().attribute_name(*name).key_type(key_type).build()).collect()
}

fn unbuilt(operation: &'static str, error: &BuildError) -> SourceError {
    SourceError::refused(operation, error.to_string())
}

/// What is wrong with keys and indexes.
fn shape(table: &TableDescription, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if !has_keys(table.key_schema(), &[PK, SK]) {
        wrong.push(format!("table {name} is not keyed by {PK} and {SK}"));
    }
    for (index, attributes) in [(DUE_INDEX, [DUE, DUE_AT].as_slice()), (AWS_ID_INDEX, [AWS_ID].as_slice())] {
        let found = table.global_secondary_indexes().iter().find(|found| found.index_name() == Some(index));
        match found {
            None => wrong.push(format!("the index {index} is missing")),
            Some(found) if !has_keys(found.key_schema(), attributes) => {
                wrong.push(format!("the index {index} is not keyed by {}", attributes.join(" and ")));
            }
            Some(found) if !is_usable(found) => wrong.push(format!("the index {index} is not active")),
            Some(_) => {}
        }
    }
    wrong
}

fn has_keys(schema: &[KeySchemaElement], attributes: &[&str]) -> bool {
    schema.iter().map(KeySchemaElement::attribute_name).eq(attributes.iter().copied())
}

fn is_usable(index: &GlobalSecondaryIndexDescription) -> bool {
    matches!(index.index_status(), Some(IndexStatus::Active | IndexStatus::Updating))
}

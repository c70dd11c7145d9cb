//! What else is configured on a table: point-in-time recovery, resource policy, Kinesis destinations, insights.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::describe::epoch_seconds;
use super::state::{name_of, table_mut};
use super::{Invalid, needed, text};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Days that point-in-time recovery reaches back unless told otherwise.
const RECOVERY_DAYS: u64 = 35;

/// `DescribeEndpoints`, which some clients ask first.
pub(crate) fn endpoints(call: &Call) -> Json {
    json!({ "Endpoints": [{ "Address": format!("dynamodb.{}.amazonaws.com", call.region), "CachePeriodInMinutes": 1440 }] })
}

/// `DescribeContinuousBackups`.
pub(crate) fn describe_continuous_backups(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let name = needed(&call.input, "TableName")?;
    let table = table_mut(world, call, name).map_err(|_| table_not_found(name))?;
    Ok(continuous_backups(table.settings.point_in_time, now))
}

fn continuous_backups(point_in_time: Option<(u64, Timestamp)>, now: Timestamp) -> Json {
    let description = match point_in_time {
        None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
        Some((days, since)) => {
            let reach = SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or(0));
            let earliest = now.checked_sub(reach).map_or(since, |reach| reach.max(since));
            json!({
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": days,
                "EarliestRestorableDateTime": epoch_seconds(earliest),
                "LatestRestorableDateTime": epoch_seconds(now),
            })
        }
    };
    json!({ "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": description,
    }})
}

/// `UpdateContinuousBackups`.
pub(crate) fn update_continuous_backups(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let name = needed(&call.input, "TableName")?;
    let table = table_mut(world, call, name).map_err(|_| table_not_found(name))?;
    let wanted = call.input.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
    let enabled = wanted.get("PointInTimeRecoveryEnabled").and_then(Json::as_bool).unwrap_or(false);
    let days = wanted.get("RecoveryPeriodInDays").and_then(Json::as_u64).unwrap_or(RECOVERY_DAYS);
    if !(1..=RECOVERY_DAYS).contains(&days) {
        return Err(Invalid::new("RecoveryPeriodInDays must be between 1 and 35").into());
    }
    let since = table.settings.point_in_time.map_or(now, |(_, since)| since);
    table.settings.point_in_time = enabled.then_some((days, since));
    Ok(continuous_backups(table.settings.point_in_time, now))
}

/// The operations on continuous backups have an error of their own for this.
fn table_not_found(name: &str) -> ApiError {
    ApiError::new("TableNotFoundException", format!("Table not found: {name}"))
}

/// `GetResourcePolicy`.
pub(crate) fn get_policy(world: &mut World, call: &Call) -> Answer {
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    match &table.settings.policy {
        Some((policy, revision)) => Ok(json!({ "Policy": policy, "RevisionId": revision })),
        None => Err(ApiError::new(
            "PolicyNotFoundException",
            format!("Resource-based policy not found for the provided ResourceArn: {}", table.arn),
        )),
    }
}

/// `PutResourcePolicy`.
pub(crate) fn put_policy(world: &mut World, call: &Call) -> Answer {
    let policy = needed(&call.input, "Policy")?.to_owned();
    let revision = world.now().as_millisecond().to_string();
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    table.settings.policy = Some((policy, revision.clone()));
    Ok(json!({ "RevisionId": revision }))
}

/// `DeleteResourcePolicy`.
pub(crate) fn delete_policy(world: &mut World, call: &Call) -> Answer {
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    table.settings.policy = None;
    Ok(json!({}))
}

/// `DescribeKinesisStreamingDestination`.
pub(crate) fn describe_kinesis(world: &mut World, call: &Call) -> Answer {
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    let destinations = table.settings.kinesis.iter().map(|stream| {
        json!({ "StreamArn": stream, "DestinationStatus": "ACTIVE", "ApproximateCreationDateTimePrecision": "MILLISECOND" })
    });
    let destinations: Vec<Json> = destinations.collect();
    Ok(json!({ "TableName": table.name, "KinesisDataStreamDestinations": destinations }))
}

/// `EnableKinesisStreamingDestination`.
pub(crate) fn enable_kinesis(world: &mut World, call: &Call) -> Answer {
    let stream = needed(&call.input, "StreamArn")?.to_owned();
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    table.settings.kinesis.insert(stream.clone());
    Ok(json!({ "TableName": table.name, "StreamArn": stream, "DestinationStatus": "ENABLING" }))
}

/// `DescribeContributorInsights`.
pub(crate) fn describe_insights(world: &mut World, call: &Call) -> Answer {
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    let status = if table.settings.insights { "ENABLED" } else { "DISABLED" };
    Ok(json!({ "TableName": name_of(&table.name), "ContributorInsightsStatus": status }))
}

/// `UpdateContributorInsights`.
pub(crate) fn update_insights(world: &mut World, call: &Call) -> Answer {
    let enable = text(&call.input, "ContributorInsightsAction") == Some("ENABLE");
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    table.settings.insights = enable;
    let status = if enable { "ENABLING" } else { "DISABLING" };
    Ok(json!({ "TableName": table.name, "ContributorInsightsStatus": status }))
}

//! What AWS tells us, as it tells it.
//!
//! An event only wakes a settle, so nothing here decides anything: it is enough to find out whose business an event is.
//! AWS's own samples differ in the names and types of members (AWS Backup developer guide, "Monitoring AWS Backup
//! events using EventBridge"): a restore says `status` where a backup says `state`, a copy without a destination has
//! `{}` in place of an ARN, a copy that was just created has no id, and the recovery point's ARN of a backup stands in
//! `resources` alone. Therefore every member is optional and of any type; what is not understood is [`Incoming::Other`].

use serde_json::Value;

/// The body is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Not JSON at all.
    #[error("the event is not JSON: {0}")]
    NotJson(String),
    /// JSON, but neither an EventBridge nor an SNS envelope.
    #[error("neither an EventBridge event nor an SNS notification: {0}")]
    NoEnvelope(&'static str),
}

/// An event, as far as a settle needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// `Backup Job State Change`.
    BackupJob(JobChange),
    /// `Copy Job State Change`.
    CopyJob(JobChange),
    /// `Restore Job State Change`.
    RestoreJob(JobChange),
    /// `Recovery Point State Change`.
    RecoveryPoint {
        /// The point's ARN.
        arn: String,
        /// Its status, such as `DELETING`.
        status: Option<String>,
    },
    /// Any of Redshift Serverless's; their detail is not documented, so all that is looked for are names in it.
    RedshiftServerless {
        /// Every string in the detail.
        words: Vec<String>,
    },
    /// A Redshift cluster event, by way of SNS.
    Redshift {
        /// Such as `REDSHIFT-EVENT-3004`.
        event_id: Option<String>,
        /// The cluster or snapshot concerned.
        source_id: Option<String>,
    },
    /// Something else, which is counted and done.
    Other {
        /// The event's source.
        source: String,
        /// Its detail type.
        detail_type: String,
    },
}

/// A job's change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobChange {
    /// The job's id; none where AWS leaves it out.
    pub id: Option<String>,
    /// The new state.
    pub state: Option<String>,
    /// `resources[0]`: the recovery point, where it is known.
    pub resource: Option<String>,
}

/// Reads the body of a message from the events queue.
///
/// # Errors
/// Where the body is not an event at all; an event of an unknown kind is no error.
pub fn read(body: &str) -> Result<Incoming, NotAnEvent> {
    let value: Value = serde_json::from_str(body).map_err(|error| NotAnEvent::NotJson(error.to_string()))?;
    if !value.is_object() {
        return Err(NotAnEvent::NoEnvelope("the body is not an object"));
    }
    match (value.get("detail-type").and_then(Value::as_str), value.get("Message").and_then(Value::as_str)) {
        (Some(detail_type), _) => Ok(from_event_bridge(&value, detail_type)),
        (None, Some(message)) => Ok(from_sns(message)),
        (None, None) => Err(NotAnEvent::NoEnvelope("neither \"detail-type\" nor \"Message\" is there")),
    }
}

fn from_event_bridge(event: &Value, detail_type: &str) -> Incoming {
    let source = text(event, "source").unwrap_or_default();
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let resource = event.get("resources").and_then(|list| list.get(0)).and_then(Value::as_str).map(str::to_owned);
    let change = |id: &str| JobChange {
        id: text(detail, id),
        state: text(detail, "state").or_else(|| text(detail, "status")),
        resource: resource.clone(),
    };
    match (source.as_str(), detail_type) {
        ("aws.backup", "Backup Job State Change") => Incoming::BackupJob(change("backupJobId")),
        ("aws.backup", "Copy Job State Change") => Incoming::CopyJob(change("copyJobId")),
        ("aws.backup", "Restore Job State Change") => Incoming::RestoreJob(change("restoreJobId")),
        ("aws.backup", "Recovery Point State Change") => match resource {
            Some(arn) => Incoming::RecoveryPoint { arn, status: text(detail, "status") },
            None => Incoming::Other { source, detail_type: detail_type.to_owned() },
        },
        ("aws.redshift-serverless", _) => {
            let mut words = Vec::new();
            collect_words(detail, &mut words);
            Incoming::RedshiftServerless { words }
        }
        _ => Incoming::Other { source, detail_type: detail_type.to_owned() },
    }
}

/// Redshift writes its notification as JSON inside the SNS message (Redshift management guide, "Amazon Redshift cluster
/// event notifications"); older ones have other spellings of the members.
fn from_sns(message: &str) -> Incoming {
    let Ok(inner) = serde_json::from_str::<Value>(message) else {
        return Incoming::Other { source: "sns".into(), detail_type: String::new() };
    };
    let any = |names: [&str; 2]| names.iter().find_map(|name| text(&inner, name));
    let event_id = any(["About this Event", "Event ID"])
        .and_then(|word| word.rsplit('#').next().map(|id| id.trim().to_owned()))
        .map(|id| if id.starts_with("REDSHIFT") { id } else { format!("REDSHIFT-EVENT-{id}") });
    let source_id = any(["SourceId", "Source ID"]).or_else(|| any(["Resource", "resource"]));
    Incoming::Redshift { event_id, source_id }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn collect_words(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(word) => words.push(word.clone()),
        Value::Array(list) => list.iter().for_each(|inner| collect_words(inner, words)),
        Value::Object(members) => members.values().for_each(|inner| collect_words(inner, words)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn backup(detail_type: &str, resources: Value, detail: Value) -> Incoming {
        let event = json!({"version": "0", "source": "aws.backup", "detail-type": detail_type, "resources": resources, "detail": detail});
        read(&event.to_string()).unwrap()
    }

    #[test]
    fn a_completed_backup_has_its_point_in_resources() {
        let read =
            backup("Backup Job State Change", json!(["arn:p"]), json!({"backupJobId": "b1", "state": "COMPLETED"}));
        let expected =
            JobChange { id: Some("b1".into()), state: Some("COMPLETED".into()), resource: Some("arn:p".into()) };
        assert_eq!(read, Incoming::BackupJob(expected));
    }

    #[test]
    fn a_created_copy_without_an_id_and_with_an_empty_destination_is_read() {
        let detail = json!({"state": "CREATED", "destinationRecoveryPointArn": {}});
        let read = backup("Copy Job State Change", json!([]), detail);
        assert_eq!(read, Incoming::CopyJob(JobChange { id: None, state: Some("CREATED".into()), resource: None }));
    }

    #[test]
    fn a_restore_says_status_where_others_say_state() {
        let read = backup("Restore Job State Change", json!([]), json!({"restoreJobId": "r1", "status": "RUNNING"}));
        assert_eq!(
            read,
            Incoming::RestoreJob(JobChange { id: Some("r1".into()), state: Some("RUNNING".into()), resource: None })
        );
    }

    #[test]
    fn a_deleted_point_is_told_by_its_arn() {
        let read = backup("Recovery Point State Change", json!(["arn:p"]), json!({"status": "DELETING"}));
        assert_eq!(read, Incoming::RecoveryPoint { arn: "arn:p".into(), status: Some("DELETING".into()) });
    }

    #[test]
    fn a_redshift_notification_is_unwrapped_from_sns() {
        let inner = json!({"Event Message": "done", "SourceId": "cw-1", "About this Event": "https://docs/#REDSHIFT-EVENT-3004"});
        let read = read(&json!({"Type": "Notification", "Message": inner.to_string()}).to_string()).unwrap();
        assert_eq!(
            read,
            Incoming::Redshift { event_id: Some("REDSHIFT-EVENT-3004".into()), source_id: Some("cw-1".into()) }
        );
    }

    #[test]
    fn what_is_unknown_is_no_error_and_what_is_no_event_is_one() {
        assert!(matches!(read(r#"{"detail-type":"X","source":"y"}"#), Ok(Incoming::Other { .. })));
        assert!(matches!(read("[]"), Err(NotAnEvent::NoEnvelope(_))));
        assert!(matches!(read("{"), Err(NotAnEvent::NotJson(_))));
    }
}

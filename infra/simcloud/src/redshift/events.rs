//! Redshift's events: kept for `DescribeEvents`, and sent to whoever subscribed.
//!
//! They do not come by EventBridge but by SNS, which simcloud has not: a topic stands for the queue of its name in its
//! Region and account ([`super::subscriptions::queue_of`]), and what arrives there is what SNS would put into a queue
//! without raw delivery. Ids: management guide, "Amazon Redshift event notifications"; the one for copies is from an
//! older list. They take as long as EventBridge's, and the fault plan's rules for events meet them by their id.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Later;
use super::input::{iso, number, page, text, time};
use super::snapshot::{Kind, Snapshot};
use super::state::{Place, place_of};
use super::subscriptions;
use crate::call::{Answer, Call};
use crate::faults::EventFault;
use crate::world::World;

/// So long `DescribeEvents` knows of an event, and so far it looks back by default (API reference).
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
const LOOK_BACK_MINUTES: i64 = 60;

/// What happened to a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Started,
    Completed,
    Cancelled,
    Failed,
    Deleted,
}

/// An event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Event {
    pub(super) id: String,
    /// `cluster` or `cluster-snapshot`.
    pub(super) source_type: String,
    pub(super) source: String,
    pub(super) severity: String,
    /// `management` or `monitoring`.
    pub(super) category: String,
    message: String,
    at: Timestamp,
    /// Positions of events of one instant differ by it.
    number: usize,
}

impl Event {
    fn show(&self) -> Json {
        json!({
            "SourceIdentifier": self.source,
            "SourceType": self.source_type,
            "Message": self.message,
            "EventCategories": [self.category],
            "Severity": self.severity,
            "Date": iso(self.at),
            "EventId": self.id,
        })
    }

    /// What Redshift says in a notification.
    pub(super) fn message(&self, region: &str, linked: bool) -> Json {
        let mut message = json!({
            "Event Source": self.source_type,
            "Event Time": self.at.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string(),
            "Identifier Link": format!("https://console.aws.amazon.com/redshift/home?region={region}"),
            "Severity": self.severity,
            "Category": [self.category],
            "Event Message": self.message,
        });
        let guide = "https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-event-notifications.html";
        let named = if linked {
            [("Resource", self.source.clone()), ("About this Event", format!("{guide}#{}", self.id))]
        } else {
            [("SourceId", self.source.clone()), ("Event ID", self.id.clone())]
        };
        if let Json::Object(members) = &mut message {
            members.extend(named.map(|(member, text)| (member.to_owned(), json!(text))));
        }
        message
    }
}

/// What an event is about, and how grave it is.
struct What<'a> {
    id: u32,
    severity: &'a str,
    category: &'a str,
    source: (&'a str, &'a str),
}

fn emit(world: &mut World, place: &Place, what: What<'_>, message: String) {
    let now = world.now();
    let known = &mut world.redshift.region(place).events;
    known.retain(|event| now.duration_since(event.at) < KEPT);
    let event = Event {
        id: format!("REDSHIFT-EVENT-{}", what.id),
        source_type: what.source.0.to_owned(),
        source: what.source.1.to_owned(),
        severity: what.severity.to_owned(),
        category: what.category.to_owned(),
        message,
        at: now,
        number: known.last().map_or(0, |last| last.number + 1),
    };
    known.push(event.clone());
    let (mut copies, mut wait) = (1, world.pace.event_delivery);
    for fault in world.faults.event(&place.1, &event.id) {
        match fault {
            EventFault::Drop => copies = 0,
            EventFault::Duplicate => copies *= 2,
            EventFault::Delay(by) => wait += by,
        }
    }
    for _ in 0..copies {
        notify(world, place, &event, wait);
    }
}

/// Sends an event to whoever subscribed to such.
fn notify(world: &mut World, place: &Place, event: &Event, wait: Duration) {
    let linked = world.switches.redshift.linked_notifications;
    let wanted = world.redshift.region(place).subscriptions.values().filter(|subscription| subscription.wants(event));
    let topics: Vec<String> = wanted.map(|subscription| subscription.topic.clone()).collect();
    for topic in topics {
        let Some(queue) = subscriptions::queue_of(&topic) else { continue };
        let id = world.uuid();
        let kind = if event.source_type == "cluster" { "Cluster" } else { "Cluster Snapshot" };
        let body = json!({
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": topic,
            "Subject": format!("[Amazon Redshift {}] - {kind} Event", event.severity),
            "Message": event.message(&place.1, linked).to_string(),
            "Timestamp": iso(world.now()),
            "SignatureVersion": "1",
            "Signature": "simcloud",
            "SigningCertURL": format!("https://sns.{}.amazonaws.com/simcloud.pem", place.1),
            "UnsubscribeURL": format!("https://sns.{}.amazonaws.com/?Action=Unsubscribe", place.1),
        });
        world.schedule_in(wait, Later::Notify { queue, body: body.to_string() });
    }
}

/// Something happened to a snapshot. Of automated ones nothing is announced.
pub(super) fn snapshot(world: &mut World, place: &Place, snapshot: &Snapshot, about: About) {
    let last = snapshot.kind == Kind::Final;
    let (id, severity, happened) = match about {
        _ if snapshot.is_automated() => return,
        About::Started => (if last { 2012 } else { 2009 }, "INFO", "was started"),
        About::Completed => (if last { 3005 } else { 3004 }, "INFO", "was completed"),
        About::Cancelled => (if last { 3006 } else { 2010 }, "INFO", "was cancelled"),
        About::Failed => (if last { 3502 } else { 3503 }, "ERROR", "failed"),
        About::Deleted => (2011, "INFO", "was deleted"),
    };
    let category = if about == About::Failed { "monitoring" } else { "management" };
    let message = format!("The snapshot {} of the cluster {} {happened}.", snapshot.id, snapshot.cluster);
    emit(world, place, What { id, severity, category, source: ("cluster-snapshot", &snapshot.id) }, message);
}

/// A snapshot was copied to a place; told where it came from.
pub(super) fn copied(world: &mut World, place: &Place, copy: &Snapshot) {
    let Some(from) = copy.copied_from.clone().filter(|_| world.switches.redshift.copies_announced) else { return };
    let message = format!("The snapshot {} was successfully copied from {from} to {}.", copy.id, place.1);
    let what = What { id: 3007, severity: "INFO", category: "monitoring", source: ("cluster", &copy.cluster) };
    emit(world, &(place.0.clone(), from), what, message);
}

/// A cluster was restored, or not.
pub(super) fn restored(world: &mut World, place: &Place, cluster: &str, done: bool) {
    let (id, severity, end) = if done { (3003, "INFO", "was restored") } else { (3501, "ERROR", "was not restored") };
    let message = format!("The cluster {cluster} {end} from a snapshot.");
    emit(world, place, What { id, severity, category: "management", source: ("cluster", cluster) }, message);
}

/// `DescribeEvents`, oldest first.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let minutes = number(call, "Duration")?.unwrap_or(LOOK_BACK_MINUTES);
    let (from, to) = (time(call, "StartTime")?, time(call, "EndTime")?.unwrap_or(now));
    let since = || to.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MIN);
    let from = from.unwrap_or_else(since);
    let (source, kind) = (text(call, "SourceIdentifier"), text(call, "SourceType"));
    let fits = |event: &&Event| {
        (from..=to).contains(&event.at)
            && source.is_none_or(|source| source.eq_ignore_ascii_case(&event.source))
            && kind.is_none_or(|kind| kind == event.source_type)
    };
    let events = world.redshift.region(&place_of(call)).events.iter().filter(fits);
    page(call, "Events", events.map(|event| (format!("{:020}", event.number), event.show())))
}

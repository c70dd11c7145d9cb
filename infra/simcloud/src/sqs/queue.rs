//! One queue: its messages and the ordered indexes over them.
//!
//! A message is in exactly one [`Place`]. Every change of place is one step out of an index and one step into another,
//! each O(log n); `steps` counts them. Visible messages stand in the line of their group, and the groups take turns:
//! the one with the fewest messages in flight is served first, then the one whose head has waited longest. That is
//! what the Developer Guide's page "Amazon SQS fair queues" promises; without groups it is first in, first out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Notify;

use super::Message;
use super::settings::Settings;
use crate::clock::after;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Place {
    /// Visible, in line by this number.
    Ready(u64),
    /// Not yet visible for the first time.
    Delayed(Timestamp),
    /// Received, and hidden until then.
    InFlight(Timestamp),
}

/// How many messages are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) ready: usize,
    pub(crate) delayed: usize,
    pub(crate) in_flight: usize,
}

type Group = Option<Arc<str>>;

/// The messages of one group that are visible, and how many are in flight.
#[derive(Debug, Default)]
struct Line {
    ready: BTreeMap<u64, u64>,
    in_flight: usize,
}

impl Line {
    /// The line's place among the groups; none without visible messages.
    fn turn(&self, group: &Group) -> Option<(usize, u64, Group)> {
        self.ready.first_key_value().map(|(order, _)| (self.in_flight, *order, group.clone()))
    }
}

#[derive(Deserialize)]
#[serde(from = "Saved<Message>")]
pub(crate) struct Queue {
    pub(super) settings: Settings,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) purged: Option<Timestamp>,
    /// The instant at which the agenda next looks at this queue.
    pub(super) watched: Option<Timestamp>,
    /// Signalled once per message that becomes visible.
    pub(super) arrivals: Arc<Notify>,
    messages: BTreeMap<u64, (Message, Place)>,
    lines: BTreeMap<Group, Line>,
    turns: BTreeSet<(usize, u64, Group)>,
    hidden: BTreeSet<(Timestamp, u64)>,
    by_age: BTreeSet<(Timestamp, u64)>,
    depth: Depth,
    next_serial: u64,
    next_order: u64,
    steps: u64,
}

/// A queue as it is saved. The indexes follow from the messages.
#[derive(Deserialize, Serialize)]
struct Saved<M> {
    settings: Settings,
    tags: BTreeMap<String, String>,
    created: Timestamp,
    modified: Timestamp,
    purged: Option<Timestamp>,
    watched: Option<Timestamp>,
    messages: Vec<(u64, M, Place)>,
    next_serial: u64,
    next_order: u64,
    steps: u64,
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let messages = self.messages.iter().map(|(serial, (message, place))| (*serial, message, *place));
        let saved = Saved {
            settings: self.settings.clone(),
            tags: self.tags.clone(),
            created: self.created,
            modified: self.modified,
            purged: self.purged,
            watched: self.watched,
            messages: messages.collect(),
            next_serial: self.next_serial,
            next_order: self.next_order,
            steps: self.steps,
        };
        saved.serialize(serializer)
    }
}

impl From<Saved<Message>> for Queue {
    fn from(saved: Saved<Message>) -> Self {
        let mut queue = Self::new(saved.settings, saved.tags, saved.created);
        for (serial, message, place) in saved.messages {
            queue.by_age.insert((message.sent, serial));
            queue.enter(serial, place, &message.group.clone());
            queue.messages.insert(serial, (message, place));
        }
        (queue.modified, queue.purged, queue.watched) = (saved.modified, saved.purged, saved.watched);
        (queue.next_serial, queue.next_order, queue.steps) = (saved.next_serial, saved.next_order, saved.steps);
        queue
    }
}

impl Queue {
    pub(super) fn new(settings: Settings, tags: BTreeMap<String, String>, now: Timestamp) -> Self {
        Self {
            settings,
            tags,
            created: now,
            modified: now,
            purged: None,
            watched: None,
            arrivals: Arc::default(),
            messages: BTreeMap::new(),
            lines: BTreeMap::new(),
            turns: BTreeSet::new(),
            hidden: BTreeSet::new(),
            by_age: BTreeSet::new(),
            depth: Depth::default(),
            next_serial: 0,
            next_order: 0,
            steps: 0,
        }
    }

    /// Adds a message that becomes visible at `visible_at`.
    pub(super) fn add(&mut self, message: Message, visible_at: Timestamp, now: Timestamp) -> u64 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.by_age.insert((message.sent, serial));
        let place = if visible_at > now { Place::Delayed(visible_at) } else { self.end_of_line() };
        let group = message.group.clone();
        self.messages.insert(serial, (message, place));
        self.enter(serial, place, &group);
        serial
    }

    /// The next message in turn.
    pub(super) fn head(&self) -> Option<u64> {
        let (_, order, group) = self.turns.first()?;
        self.lines.get(group)?.ready.get(order).copied()
    }

    /// Hides a message until then.
    pub(super) fn hide(&mut self, serial: u64, until: Timestamp) {
        self.relocate(serial, Place::InFlight(until));
    }

    /// Makes a message visible, behind those that are.
    pub(super) fn show(&mut self, serial: u64) {
        let place = self.end_of_line();
        self.relocate(serial, place);
    }

    /// Takes a message out of the queue.
    pub(super) fn remove(&mut self, serial: u64) -> Option<Message> {
        let (message, place) = self.messages.remove(&serial)?;
        self.by_age.remove(&(message.sent, serial));
        self.leave(serial, place, &message.group);
        Some(message)
    }

    /// Makes visible what is hidden until `now` or earlier.
    pub(super) fn release(&mut self, now: Timestamp) {
        while let Some(&(at, serial)) = self.hidden.first() {
            if at > now {
                break;
            }
            self.show(serial);
        }
    }

    /// The instant at which the next hidden message becomes visible.
    pub(super) fn next_release(&self) -> Option<Timestamp> {
        self.hidden.first().map(|(at, _)| *at)
    }

    /// Drops what is older than the retention period, wherever it is.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some(&(sent, serial)) = self.by_age.first() {
            if after(sent, self.settings.retention) > now {
                break;
            }
            self.remove(serial);
        }
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.lines.clear();
        self.turns.clear();
        self.hidden.clear();
        self.by_age.clear();
        self.depth = Depth::default();
    }

    pub(super) fn get(&self, serial: u64) -> Option<(&Message, Place)> {
        self.messages.get(&serial).map(|(message, place)| (message, *place))
    }

    /// A message to be changed in what no index covers: its counts and times of receipt, but neither age nor group.
    pub(super) fn get_mut(&mut self, serial: u64) -> Option<&mut Message> {
        self.messages.get_mut(&serial).map(|(message, _)| message)
    }

    /// All messages, oldest arrival first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (&Message, Place)> {
        self.messages.values().map(|(message, place)| (message, *place))
    }

    pub(crate) fn depth(&self) -> Depth {
        self.depth
    }

    /// How many index operations this queue has made.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    fn end_of_line(&mut self) -> Place {
        self.next_order += 1;
        Place::Ready(self.next_order)
    }

    fn relocate(&mut self, serial: u64, to: Place) {
        let Some((message, place)) = self.messages.get_mut(&serial) else { return };
        let (from, group) = (std::mem::replace(place, to), message.group.clone());
        self.leave(serial, from, &group);
        self.enter(serial, to, &group);
    }

    fn enter(&mut self, serial: u64, place: Place, group: &Group) {
        self.steps += 1;
        match place {
            Place::Ready(order) => {
                self.depth.ready += 1;
                self.in_line(group, |line| _ = line.ready.insert(order, serial));
                self.arrivals.notify_one();
            }
            Place::Delayed(at) => {
                self.depth.delayed += 1;
                self.hidden.insert((at, serial));
            }
            Place::InFlight(until) => {
                self.depth.in_flight += 1;
                self.hidden.insert((until, serial));
                self.in_line(group, |line| line.in_flight += 1);
            }
        }
    }

    fn leave(&mut self, serial: u64, place: Place, group: &Group) {
        self.steps += 1;
        match place {
            Place::Ready(order) => {
                self.depth.ready -= 1;
                self.in_line(group, |line| _ = line.ready.remove(&order));
            }
            Place::Delayed(at) => {
                self.depth.delayed -= 1;
                self.hidden.remove(&(at, serial));
            }
            Place::InFlight(until) => {
                self.depth.in_flight -= 1;
                self.hidden.remove(&(until, serial));
                self.in_line(group, |line| line.in_flight -= 1);
            }
        }
    }

    /// Changes a group's line and, with it, the group's turn.
    fn in_line(&mut self, group: &Group, change: impl FnOnce(&mut Line)) {
        let line = self.lines.entry(group.clone()).or_default();
        if let Some(turn) = line.turn(group) {
            self.turns.remove(&turn);
        }
        change(line);
        match line.turn(group) {
            Some(turn) => _ = self.turns.insert(turn),
            None if line.in_flight == 0 => _ = self.lines.remove(group),
            None => {}
        }
    }
}

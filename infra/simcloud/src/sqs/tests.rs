//! Large queues: what a receive costs, counted in index operations, and the limit of messages in flight.

use std::collections::BTreeMap;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::receive::{Receive, take};
use super::settings::Settings;
use super::{Message, NewMessage, Queue, QueueKey};
use crate::world::World;

fn filled(messages: usize) -> Queue {
    let mut queue = Queue::new(Settings::new(&BTreeMap::new()).unwrap(), BTreeMap::new(), Timestamp::UNIX_EPOCH);
    for _ in 0..messages {
        let message = Message::new(String::new(), NewMessage::default(), Timestamp::UNIX_EPOCH);
        queue.add(message, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    }
    queue
}

/// Steps for receiving, hiding longer, showing again and deleting.
fn cost_of_a_receive(queue: &mut Queue) -> u64 {
    let before = queue.steps();
    let at = |second| Timestamp::from_second(second).unwrap();
    for _ in 0..100 {
        let serial = queue.head().unwrap();
        queue.hide(serial, at(30));
        queue.hide(serial, at(60));
        queue.release(at(60));
        queue.remove(serial);
        queue.expire(at(60));
    }
    queue.steps() - before
}

#[test]
fn a_receive_from_a_million_messages_takes_no_more_steps_than_from_a_thousand() {
    let thousand = cost_of_a_receive(&mut filled(1_000));
    let million = cost_of_a_receive(&mut filled(1_000_000));
    assert_eq!(million, thousand);
}

#[test]
fn no_more_than_120_000_messages_are_in_flight() {
    let settings = crate::Settings { start: Timestamp::UNIX_EPOCH, ..crate::Settings::default() };
    let mut world = World::new(settings.start, &settings, Arc::default());
    let key = QueueKey::new("111122223333", "eu-west-1", "jobs");
    let mut queue = filled(120_005);
    for serial in 0..119_999 {
        queue.hide(serial, Timestamp::MAX);
    }
    world.sqs.queues.insert(key.clone(), queue);
    let receive: Receive = serde_json::from_value(json!({"MaxNumberOfMessages": 10})).unwrap();
    assert_eq!(take(&mut world, &key, &receive).unwrap().len(), 1);
    assert_eq!(take(&mut world, &key, &receive).unwrap_err().code, "OverLimit");
}

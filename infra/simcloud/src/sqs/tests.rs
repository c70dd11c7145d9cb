//! The cost of a receive, counted in index operations.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::settings::Settings;
use super::{Message, NewMessage, Queue};

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

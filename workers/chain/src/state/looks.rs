//! The looks at an operation: numbered, ever rarer while nothing happens, and sent again should one be lost.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When an operation is looked at next, and what is known of the looks before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// The number of the next look; it only grows, so that an older number is known to be stale.
    #[serde(rename = "look")]
    pub number: u32,
    /// Looks since the operation last moved: the longer nothing happens, the rarer the looks.
    pub idle: u32,
    /// Whether the last look sent somebody to ask the service again: what a repeat of that look sends, too.
    #[serde(default)]
    pub sent: bool,
    /// When the next look is due; none once the operation is over.
    #[serde(rename = "next_look")]
    pub next: Option<Timestamp>,
    /// When the next look, sent once already, is sent again, should nothing have come of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_at: Option<Timestamp>,
    /// How often the next look was sent.
    #[serde(default)]
    pub sendings: u32,
}

/// How long until the next look at an operation that `idle` looks found unmoved: 2, 5, 15, then every 30 minutes.
#[must_use]
pub fn look_delay(idle: u32) -> SignedDuration {
    SignedDuration::from_mins(match idle {
        0 => 2,
        1 => 5,
        2 => 15,
        _ => 30,
    })
}

impl Looks {
    /// The looks at an operation that is just requested.
    pub(super) fn first(now: Timestamp) -> Self {
        let next = Some(later(now, look_delay(0)));
        Self { number: 0, idle: 0, sent: false, next, resend_at: None, sendings: 0 }
    }

    /// When a tick must send the next look.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let due = self.next?;
        Some(self.resend_at.map_or(due, |resend| due.max(resend)))
    }

    /// The next look was sent, and stays the next one until somebody takes it.
    pub(super) fn on_their_way(&mut self, now: Timestamp) {
        self.sendings = self.sendings.saturating_add(1);
        self.resend_at = Some(later(now, look_delay(self.idle.saturating_add(self.sendings))));
    }

    /// A look was taken, or overtaken: the operation has moved.
    pub(super) fn moved(&mut self, now: Timestamp) {
        self.idle = 0;
        self.turn(now);
    }

    /// A look was taken and found the operation where it was.
    pub(super) fn unmoved(&mut self, now: Timestamp) {
        self.idle += 1;
        self.turn(now);
    }

    /// Each attempt that ends without effect makes the next one wait longer, as looks do.
    pub(super) fn wait_longer(&mut self, epoch: u32) {
        self.idle = self.idle.max(epoch.saturating_sub(1));
    }

    /// Nothing is left to look at.
    pub(super) fn end(&mut self) {
        self.number += 1;
        self.next = None;
    }

    fn turn(&mut self, now: Timestamp) {
        self.number += 1;
        self.sent = false;
        self.resend_at = None;
        self.sendings = 0;
        self.next = Some(later(now, look_delay(self.idle)));
    }
}

/// Instants end in the year 9999; nothing here is planned that far ahead.
fn later(now: Timestamp, delay: SignedDuration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

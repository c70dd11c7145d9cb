//! What is shown while the demo runs: on a terminal a bar, elsewhere nothing.

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

/// The virtual days that have passed.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Timestamp,
}

impl Progress {
    /// A bar of so many days.
    pub(super) fn over(days: u64, start: Timestamp) -> Self {
        let bar = ProgressBar::new(days * 24);
        // A template that cannot be read leaves the bar as it is by default.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {prefix}  {msg}") {
            bar.set_style(style);
        }
        Self { bar, start }
    }

    /// It is `now`, and this is what happens.
    pub(super) fn at(&self, now: Timestamp, what: &str) {
        let hours = u64::try_from(now.duration_since(self.start).as_hours()).unwrap_or_default();
        self.bar.set_position(hours);
        self.bar.set_prefix(now.strftime("%a %-d %b %H:%M").to_string());
        self.bar.set_message(what.to_owned());
    }

    /// The story is over.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! What is shown while letters are handled: on a terminal a bar, elsewhere nothing.

use indicatif::{ProgressBar, ProgressStyle};

/// The letters that have been handled.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many letters.
    pub(super) fn over(letters: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(letters).unwrap_or(u64::MAX));
        // A template that cannot be read leaves the bar as it is by default.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many more.
    pub(super) fn advance(&self, by: usize) {
        self.0.inc(u64::try_from(by).unwrap_or_default());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

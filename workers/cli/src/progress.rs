//! What is shown on standard error while something takes long: on a terminal a line, elsewhere nothing.

use indicatif::{ProgressBar, ProgressStyle};

/// A line that tells how far something has come.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A line for something of a length that is not known yet.
    pub(crate) fn begin(what: &str) -> Self {
        let bar = ProgressBar::no_length();
        // A template that cannot be read leaves the line as it is by default.
        if let Ok(style) = ProgressStyle::with_template("{msg}  {human_pos}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    /// So many of so many are done.
    pub(crate) fn at(&self, done: usize, of: usize) {
        self.0.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        self.0.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

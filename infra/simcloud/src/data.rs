//! What a warehouse or a file system holds, as far as its backups can tell: how much, how much of it changed when, and
//! which version of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes of a gibibyte, and of a mebibyte.
pub(crate) const GIB: u64 = 1 << 30;
pub(crate) const MIB: u64 = 1 << 20;

/// The data of one resource. It is rewritten evenly by the hour, and beside that whenever somebody writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Data {
    first: Image,
    hourly: u64,
    /// How many bytes each write changed, and what was there afterwards.
    written: BTreeMap<Timestamp, (u64, Image)>,
}

/// Data as it was at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Image {
    /// All of it, in bytes.
    pub(crate) bytes: u64,
    /// Which version it was.
    pub(crate) version: u64,
}

impl Data {
    /// So many bytes, of which so many are rewritten in an hour.
    pub(crate) fn new(bytes: u64, hourly: u64) -> Self {
        Self { first: Image { bytes, version: 0 }, hourly, written: BTreeMap::new() }
    }

    /// Nothing yet, that will change as these do.
    pub(crate) fn emptied(&self) -> Self {
        Self::new(0, self.hourly)
    }

    /// The data as it is now.
    pub(crate) fn image(&self) -> Image {
        self.written.last_key_value().map_or(self.first, |(_, (_, image))| *image)
    }

    /// The data as they were then.
    pub(crate) fn image_at(&self, at: Timestamp) -> Image {
        self.written.range(..=at).next_back().map_or(self.first, |(_, (_, image))| *image)
    }

    /// Adds a version, which rewrites so many bytes; the whole does not grow.
    pub(crate) fn write(&mut self, at: Timestamp, bytes: u64) {
        let now = self.image();
        let image = Image { version: now.version + 1, ..now };
        let write = self.written.entry(at).or_insert((0, image));
        *write = (write.0.saturating_add(bytes), image);
    }

    /// Puts another's data in the place of these.
    pub(crate) fn replace(&mut self, at: Timestamp, image: Image) {
        self.written.insert(at, (image.bytes, image));
    }

    /// How many bytes differ between two instants, at most all of them.
    pub(crate) fn changed(&self, from: Timestamp, to: Timestamp) -> u64 {
        if to <= from {
            return 0;
        }
        let seconds = u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0);
        let evenly = self.hourly.saturating_mul(seconds) / 3_600;
        let writes = self.written.range((std::ops::Bound::Excluded(from), std::ops::Bound::Included(to)));
        writes.fold(evenly, |sum, (_, (bytes, _))| sum.saturating_add(*bytes)).min(self.image_at(to).bytes)
    }

    /// How long from now until so many bytes have changed since an instant, if nobody writes until then.
    pub(crate) fn until_changed(&self, since: Timestamp, now: Timestamp, bytes: u64) -> Duration {
        let missing = bytes.saturating_sub(self.changed(since, now));
        let seconds = missing.saturating_mul(3_600).checked_div(self.hourly).unwrap_or(u64::MAX);
        if missing == 0 { Duration::ZERO } else { Duration::from_secs(seconds) }
    }
}

/// Bytes as the APIs of Redshift state sizes: mebibytes, with fractions.
#[expect(clippy::cast_precision_loss, reason = "sizes here are far below a double's 53 bits")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Data, GIB, MIB};
    use crate::clock::after;

    #[test]
    fn what_changed_is_what_passed_and_what_was_written_and_never_more_than_all() {
        let start = jiff::Timestamp::UNIX_EPOCH;
        let hours = |hours| after(start, Duration::from_hours(hours));
        let mut data = Data::new(GIB, 100 * MIB);
        assert_eq!(data.changed(start, hours(2)), 200 * MIB);
        data.write(hours(1), 50 * MIB);
        assert_eq!(data.changed(start, hours(2)), 250 * MIB);
        assert_eq!(data.changed(hours(1), hours(2)), 100 * MIB);
        assert_eq!(data.changed(hours(2), start), 0);
        assert_eq!(data.changed(start, hours(20)), GIB);
        assert_eq!(data.until_changed(start, hours(2), 350 * MIB), Duration::from_hours(1));
        assert_eq!(data.until_changed(start, hours(2), 250 * MIB), Duration::ZERO);
        assert_eq!((data.image().version, data.image_at(start).version), (1, 0));
    }
}

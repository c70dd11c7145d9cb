//! Items in the order of a table's or an index's keys, so that a query reads its range and nothing else.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::PrimaryKey;
use super::value::{Item, Scalar};

/// Where an item stands within its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct Position {
    pub(crate) sort: Option<Scalar>,
    pub(crate) tie: Tie,
}

/// Orders items of an index with equal index keys. The ends stand for no item; they bound ranges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) enum Tie {
    /// Before every item with this sort key.
    Before,
    /// The item with this primary key.
    At(PrimaryKey),
    /// Behind every item with this sort key.
    Behind,
}

type Partition = BTreeMap<Position, Arc<Item>>;

/// An entry met on the way through a view.
pub(crate) type Entry<'a> = (&'a Scalar, &'a Position, &'a Arc<Item>);

/// Items by partition and position.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct View {
    #[serde(with = "entries")]
    partitions: BTreeMap<Scalar, Partition>,
}

/// Partitions are saved as a list of entries.
mod entries {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Item, Partition, Position, Scalar};

    pub(super) fn serialize<S: Serializer>(
        partitions: &BTreeMap<Scalar, Partition>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let entries = partitions.iter().flat_map(|(partition, entries)| {
            entries.iter().map(move |(position, item)| (partition, position, item.as_ref()))
        });
        serializer.collect_seq(entries)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Scalar, Partition>, D::Error> {
        let mut partitions: BTreeMap<Scalar, Partition> = BTreeMap::new();
        for (partition, position, item) in Vec::<(Scalar, Position, Item)>::deserialize(deserializer)? {
            partitions.entry(partition).or_default().insert(position, Arc::new(item));
        }
        Ok(partitions)
    }
}

impl View {
    /// The item at a place.
    pub(crate) fn get(&self, partition: &Scalar, position: &Position) -> Option<&Arc<Item>> {
        self.partitions.get(partition)?.get(position)
    }

    /// Puts an item at a place and returns what was there.
    pub(crate) fn insert(&mut self, partition: Scalar, position: Position, item: Arc<Item>) -> Option<Arc<Item>> {
        self.partitions.entry(partition).or_default().insert(position, item)
    }

    /// Removes and returns what is at a place.
    pub(crate) fn remove(&mut self, partition: &Scalar, position: &Position) -> Option<Arc<Item>> {
        let entries = self.partitions.get_mut(partition)?;
        let removed = entries.remove(position);
        if entries.is_empty() {
            self.partitions.remove(partition);
        }
        removed
    }

    /// The entries of one partition within the bounds, in either direction.
    pub(crate) fn range<'a>(
        &'a self,
        partition: &Scalar,
        bounds: (Bound<Position>, Bound<Position>),
        forward: bool,
    ) -> Box<dyn Iterator<Item = Entry<'a>> + 'a> {
        let Some((partition, entries)) = self.partitions.get_key_value(partition) else {
            return Box::new(std::iter::empty());
        };
        if is_empty(&bounds) {
            return Box::new(std::iter::empty());
        }
        let range = entries.range(bounds).map(move |(position, item)| (partition, position, item));
        if forward { Box::new(range) } else { Box::new(range.rev()) }
    }

    /// All entries behind `start`, partition by partition.
    pub(crate) fn all_after(&self, start: Option<(Scalar, Position)>) -> impl Iterator<Item = Entry<'_>> {
        let (first, rest) = match start {
            None => (None, Bound::Unbounded),
            Some((partition, position)) => {
                let bounds = (Bound::Excluded(position), Bound::Unbounded);
                (Some(self.range(&partition, bounds, true)), Bound::Excluded(partition))
            }
        };
        let others = self
            .partitions
            .range((rest, Bound::Unbounded))
            .flat_map(|(partition, entries)| entries.iter().map(move |(position, item)| (partition, position, item)));
        first.into_iter().flatten().chain(others)
    }
}

/// Whether no position lies within the bounds; `BTreeMap::range` panics for some of these.
fn is_empty(bounds: &(Bound<Position>, Bound<Position>)) -> bool {
    match bounds {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high)) => low >= high,
        (Bound::Excluded(low), Bound::Included(high)) => low >= high,
        _ => false,
    }
}

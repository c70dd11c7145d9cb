//! One table: its definition, its items, and what else is configured on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Invalid;
use super::index::Index;
pub(crate) use super::key::{KeySchema, KeyType, PrimaryKey};
use super::ttl::Ttl;
use super::value::{Item, Scalar, item_size};
use super::view::{Position, Tie, View};
use crate::clock::after;

/// A table of one account and Region.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Unique per incarnation: a table created anew under the same name has another.
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// Until then it is being created or updated.
    pub(crate) busy_until: Timestamp,
    pub(crate) updating: bool,
    /// When a table that is being deleted is gone.
    pub(crate) gone_at: Option<Timestamp>,
    pub(crate) schema: KeySchema,
    pub(crate) indexes: Vec<Index>,
    /// What else `DescribeTable` tells, under the member names of `CreateTable`.
    pub(crate) options: Map<String, Json>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) settings: Settings,
    items: View,
    replica: Option<Index>,
    ttl: Ttl,
    count: u64,
    bytes: u64,
    /// The last image, while the table is still as it was then.
    #[serde(skip)]
    image: Option<Arc<Image>>,
}

/// Configuration that a restore by AWS Backup does not bring back.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Settings {
    /// The days that point-in-time recovery reaches back, where it is on, and since when it is.
    pub(crate) point_in_time: Option<(u64, Timestamp)>,
    pub(crate) policy: Option<(String, String)>,
    pub(crate) kinesis: BTreeSet<String>,
    pub(crate) insights: bool,
}

/// What a backup holds of a table.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Image {
    pub(crate) schema: KeySchema,
    pub(crate) indexes: Vec<Index>,
    pub(crate) options: Map<String, Json>,
    #[serde(with = "crate::saved::shared_pairs")]
    items: Vec<(PrimaryKey, Arc<Item>)>,
    /// The table's size in bytes when the image was made.
    pub(crate) bytes: u64,
}

/// When a write becomes visible to readers that need not see it at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lags {
    pub(crate) now: Timestamp,
    pub(crate) index: Duration,
    pub(crate) read: Duration,
    pub(crate) ttl: Duration,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(name: &str, arn: String, id: String, schema: KeySchema, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            arn,
            id,
            created,
            busy_until: created,
            updating: false,
            gone_at: None,
            schema,
            indexes: Vec::new(),
            options: Map::new(),
            tags: BTreeMap::new(),
            settings: Settings::default(),
            items: View::default(),
            replica: None,
            ttl: Ttl::default(),
            count: 0,
            bytes: 0,
            image: None,
        }
    }

    /// `TableStatus`.
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match (self.gone_at, now < self.busy_until, self.updating) {
            (Some(_), _, _) => "DELETING",
            (None, true, true) => "UPDATING",
            (None, true, false) => "CREATING",
            (None, false, _) => "ACTIVE",
        }
    }

    /// How many items there are, and their bytes.
    pub(crate) fn measure(&self) -> (u64, u64) {
        (self.count, self.bytes)
    }

    /// The item with this key.
    pub(crate) fn get(&self, key: &PrimaryKey) -> Option<&Arc<Item>> {
        self.items.get(&key.partition, &position(key))
    }

    /// The item as a reader may see it who does not ask for consistency.
    pub(crate) fn get_stale(&mut self, key: &PrimaryKey, lags: Lags) -> Option<Arc<Item>> {
        let place = Position { sort: key.sort.clone(), tie: Tie::At(key.clone()) };
        self.replica(lags).visible(lags.now).get(&key.partition, &place).cloned()
    }

    /// The items as such a reader may see them.
    pub(crate) fn stale_items(&mut self, lags: Lags) -> &View {
        self.replica(lags).visible(lags.now)
    }

    /// The lagging view of the table; made when it is first wanted.
    fn replica(&mut self, lags: Lags) -> &mut Index {
        let (schema, items) = (&self.schema, &self.items);
        self.replica.get_or_insert_with(|| {
            let mut replica = Index::replica(schema);
            for (partition, position, item) in items.all_after(None) {
                let key = key_at(partition, position);
                replica.note(lags.now, &key, None, Some(item));
            }
            replica
        })
    }

    /// All items, in the order of their keys.
    pub(crate) fn items(&self) -> &View {
        &self.items
    }

    /// Refuses an item that an index of the table cannot take.
    pub(crate) fn check_index_keys(&self, item: &Item) -> Result<(), Invalid> {
        self.indexes.iter().try_for_each(|index| index.schema.check_index_key(&index.name, item))
    }

    /// Puts an item in place of what is there, or removes that; returns what was there.
    pub(crate) fn store(&mut self, key: &PrimaryKey, after_write: Option<Item>, lags: Lags) -> Option<Arc<Item>> {
        self.image = None;
        let new = after_write.map(Arc::new);
        let old = match &new {
            Some(item) => self.items.insert(key.partition.clone(), position(key), Arc::clone(item)),
            None => self.items.remove(&key.partition, &position(key)),
        };
        if let Some(item) = &old {
            self.count -= 1;
            self.bytes -= bytes(item);
        }
        if let Some(item) = &new {
            self.count += 1;
            self.bytes += bytes(item);
            self.ttl.note(key, item, lags.ttl);
        }
        for index in &mut self.indexes {
            let due = if index.global { after(lags.now, lags.index) } else { lags.now };
            index.note(due, key, old.as_ref(), new.as_ref());
        }
        if let Some(replica) = &mut self.replica {
            replica.note(after(lags.now, lags.read), key, old.as_ref(), new.as_ref());
        }
        old
    }

    /// Adds an index and fills it from the items there are.
    pub(crate) fn add_index(&mut self, mut index: Index, now: Timestamp) {
        for (partition, position, item) in self.items.all_after(None) {
            let key = key_at(partition, position);
            index.note(now, &key, None, Some(item));
        }
        self.indexes.push(index);
    }

    /// The TTL setting.
    pub(crate) fn ttl(&self) -> &Ttl {
        &self.ttl
    }

    /// Changes the TTL setting; items already there expire by it too.
    pub(crate) fn set_ttl(&mut self, attribute: Option<String>, busy_until: Timestamp, lag: Duration) {
        self.ttl.set(attribute, busy_until);
        for (partition, position, item) in self.items.all_after(None) {
            let key = key_at(partition, position);
            self.ttl.note(&key, item, lag);
        }
    }

    /// Deletes what TTL has had time to delete.
    pub(crate) fn expire(&mut self, lags: Lags) {
        while let Some(key) = self.ttl.pop_due(lags.now) {
            let expired = self.get(&key).is_some_and(|item| self.ttl.is_expired(item, lags.now));
            if expired {
                self.store(&key, None, lags);
            }
        }
    }

    /// Forgets the last image, since the table's definition has changed.
    pub(crate) fn redefined(&mut self) {
        self.image = None;
    }

    /// What a backup made now would hold. Backups of an unchanged table share it.
    pub(crate) fn image(&mut self) -> Arc<Image> {
        if let Some(image) = &self.image {
            return Arc::clone(image);
        }
        let items = self.items.all_after(None);
        let items = items.map(|(partition, position, item)| (key_at(partition, position), Arc::clone(item)));
        let image = Arc::new(Image {
            schema: self.schema.clone(),
            indexes: self.indexes.iter().map(Index::emptied).collect(),
            options: self.options.clone(),
            items: items.collect(),
            bytes: self.bytes,
        });
        self.image = Some(Arc::clone(&image));
        image
    }

    /// Takes an image's items.
    pub(crate) fn fill(&mut self, image: &Image, lags: Lags) {
        for (key, item) in &image.items {
            self.store(key, Some(Item::clone(item)), lags);
        }
    }
}

/// Where an item stands in its own table: the primary key is unique, so nothing breaks ties.
pub(crate) fn position(key: &PrimaryKey) -> Position {
    Position { sort: key.sort.clone(), tie: Tie::Before }
}

/// The key of an entry of a table's own view.
pub(crate) fn key_at(partition: &Scalar, position: &Position) -> PrimaryKey {
    PrimaryKey { partition: partition.clone(), sort: position.sort.clone() }
}

/// An item's size.
pub(crate) fn bytes(item: &Item) -> u64 {
    u64::try_from(item_size(item)).unwrap_or(u64::MAX)
}

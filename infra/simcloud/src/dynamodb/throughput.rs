//! Consumed capacity, for those who ask for it ("Read and write operations": 4 KB per read unit, 1 KB per write unit).

use serde_json::{Map, Value as Json, json};

use super::text;

/// What capacity is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    /// Transactions read and write everything twice.
    TransactionalRead,
    TransactionalWrite,
}

/// The units for so many bytes.
pub(crate) fn units(input: &Json, kind: Kind, bytes: usize) -> f64 {
    let blocks = |block: usize| f64::from(u32::try_from(bytes.div_ceil(block).max(1)).unwrap_or(u32::MAX));
    match kind {
        Kind::Read if input.get("ConsistentRead").and_then(Json::as_bool) == Some(true) => blocks(4096),
        Kind::Read => blocks(4096) / 2.0,
        Kind::Write => blocks(1024),
        Kind::TransactionalRead => blocks(4096) * 2.0,
        Kind::TransactionalWrite => blocks(1024) * 2.0,
    }
}

/// Adds `ConsumedCapacity` to an answer about one table.
pub(crate) fn report(input: &Json, answer: &mut Map<String, Json>, table: &str, kind: Kind, bytes: usize) {
    if wanted(input) {
        let units = units(input, kind, bytes);
        answer.insert("ConsumedCapacity".into(), json!({ "TableName": table, "CapacityUnits": units }));
    }
}

/// Adds `ConsumedCapacity` to an answer about several tables.
pub(crate) fn report_all<'a>(
    input: &Json,
    answer: &mut Map<String, Json>,
    kind: Kind,
    tables: impl Iterator<Item = (&'a str, usize)>,
) {
    if wanted(input) {
        let entries =
            tables.map(|(table, bytes)| json!({ "TableName": table, "CapacityUnits": units(input, kind, bytes) }));
        answer.insert("ConsumedCapacity".into(), entries.collect());
    }
}

fn wanted(input: &Json) -> bool {
    matches!(text(input, "ReturnConsumedCapacity"), Some("TOTAL" | "INDEXES"))
}

//! Between a record and the bytes that are encrypted: JSON, deflated, cut to the room that there is.

use std::io::{Read as _, Write as _};

use chainwright_contracts::sealed::Record;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use super::SealError;

/// The most that an opened record may unfold to. A record is authenticated before it is unfolded; this bounds what our
/// own mistakes could cost.
const MAX_UNPACKED: u64 = 4 * 1024 * 1024;

/// Packs the record into `room` bytes at most, without as many parts of its configuration, from the end, as it takes.
pub(super) fn fit(record: &Record, room: usize) -> Result<(Record, Vec<u8>), SealError> {
    let mut record = record.clone();
    loop {
        let packed = pack(&record)?;
        if packed.len() <= room {
            return Ok((record, packed));
        }
        let Some((name, _)) = record.configuration.pop() else {
            return Err(SealError::TooLarge { point: record.point.to_string(), length: packed.len(), room });
        };
        if !record.ledger_only.contains(&name) {
            // From the end and to the front: they stay in their order of priority.
            record.ledger_only.insert(0, name);
        }
    }
}

fn pack(record: &Record) -> Result<Vec<u8>, SealError> {
    let unwritable = |error: &dyn std::fmt::Display| SealError::Unwritable(error.to_string());
    let json = serde_json::to_vec(record).map_err(|error| unwritable(&error))?;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&json).and_then(|()| deflate.finish()).map_err(|error| unwritable(&error))
}

/// The record in bytes that were authenticated.
pub(super) fn unpack(packed: &[u8]) -> Result<Record, String> {
    let mut json = Vec::new();
    let read = DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut json);
    read.map_err(|error| format!("its content does not inflate: {error}"))?;
    serde_json::from_slice(&json).map_err(|error| format!("its content is no record: {error}"))
}

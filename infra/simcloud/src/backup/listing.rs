//! Pages of lists.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::errors::invalid;
use super::input::{number, text};
use crate::call::{ApiError, Call};

/// A page has so many entries at most, and as many by default.
const MAX_RESULTS: i64 = 1000;

/// What a request wants of a list.
pub(super) struct Page {
    size: usize,
    behind: Option<String>,
}

impl Page {
    /// Reads `MaxResults` and `NextToken`.
    pub(super) fn read(call: &Call) -> Result<Self, ApiError> {
        let size = number(call, "MaxResults").unwrap_or(MAX_RESULTS);
        if !(1..=MAX_RESULTS).contains(&size) {
            return Err(invalid("MaxResults must be between 1 and 1000"));
        }
        let behind = match text(call, "NextToken").filter(|token| !token.is_empty()) {
            None => None,
            Some(token) => {
                let decoded = BASE64URL_NOPAD.decode(token.as_bytes()).ok();
                let position = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                Some(position.ok_or_else(|| invalid("Invalid NextToken"))?)
            }
        };
        Ok(Self { size: usize::try_from(size).unwrap_or(1), behind })
    }

    /// The page from entries in the order of their positions.
    pub(super) fn collect<T>(
        &self,
        member: &str,
        entries: impl Iterator<Item = T>,
        position: impl Fn(&T) -> String,
        show: impl Fn(T) -> Json,
    ) -> Json {
        let mut rest = entries.filter(|entry| self.behind.as_ref().is_none_or(|behind| position(entry) > *behind));
        let mut last = None;
        let mut shown = Vec::new();
        for entry in rest.by_ref().take(self.size) {
            last = Some(position(&entry));
            shown.push(show(entry));
        }
        let mut answer = Map::new();
        answer.insert(member.to_owned(), Json::Array(shown));
        if let (Some(_), Some(last)) = (rest.next(), last) {
            answer.insert("NextToken".into(), BASE64URL_NOPAD.encode(last.as_bytes()).into());
        }
        Json::Object(answer)
    }
}

/// A position in a list by time: it sorts as text the way time and id sort.
pub(super) fn time_and_id(at: Timestamp, id: &str) -> String {
    format!("{:020}{id}", at.as_nanosecond())
}

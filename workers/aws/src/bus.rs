//! What Chainwright tells others, on an EventBridge bus.
//!
//! Every event's id is derived from its news, so that telling it twice, after a lost answer or a repeated job, does no
//! harm. A batch may fail in part; what failed is told again, alone.

use std::time::Duration;

use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use chainwright_contracts::events::outgoing::{Detail, DetailType, SOURCE};
use jiff::Timestamp;

use crate::{
    convert::date_time,
    error::{Class, SourceError, classify, failed},
};

const PUT: &str = "events:PutEvents";
/// Entries per call: the most that PutEvents takes (EventBridge API reference).
const BATCH: usize = 10;
/// Rounds in which what failed is told again, and the wait before the second; it doubles.
const ROUNDS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Its type.
    pub detail_type: DetailType,
    /// What it says.
    pub detail: Detail,
    /// When it happened.
    pub at: Timestamp,
}

/// A bus. Clones share the client.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus of this name or ARN.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Tells all of `news`, in their order where nothing fails.
    ///
    /// # Errors
    /// As EventBridge answers; some of the news may have been told then, and telling all of them again is right.
    pub async fn tell(&self, news: &[News]) -> Result<(), SourceError> {
        let entries = news.iter().map(|news| self.entry(news)).collect::<Result<Vec<_>, _>>()?;
        for batch in entries.chunks(BATCH) {
            self.put(batch.to_vec()).await?;
        }
        Ok(())
    }

    async fn put(&self, mut entries: Vec<PutEventsRequestEntry>) -> Result<(), SourceError> {
        let mut wait = FIRST_WAIT;
        for round in 1..=ROUNDS {
            let call = self.client.put_events().set_entries(Some(entries.clone()));
            let results = call.send().await.map_err(failed(PUT))?.entries.unwrap_or_default();
            if results.len() != entries.len() {
                return Err(SourceError::unreadable(PUT, "the answer does not name every entry"));
            }
            let mut last = None;
            let mut untold = Vec::new();
            for (entry, result) in entries.into_iter().zip(results) {
                if let Some(code) = result.error_code() {
                    let message = result.error_message().unwrap_or("the service gave no message");
                    last = Some(SourceError::new(classify(code, 200, message), PUT, code, message));
                    untold.push(entry);
                }
            }
            match last {
                None => return Ok(()),
                Some(error) if error.class != Class::Transient || round == ROUNDS => return Err(error),
                Some(_) => tokio::time::sleep(wait).await,
            }
            entries = untold;
            wait *= 2;
        }
        Ok(())
    }

    fn entry(&self, news: &News) -> Result<PutEventsRequestEntry, SourceError> {
        let detail =
            serde_json::to_string(&news.detail).map_err(|error| SourceError::refused(PUT, error.to_string()))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(news.detail_type.as_str())
            .resources(news.detail.resource.as_str())
            .time(date_time(news.at))
            .detail(detail)
            .build())
    }
}

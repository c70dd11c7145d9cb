//! Reading a request's body, which may lie about its length, be endless, or never come.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::patience::Patience;

/// More than any request that AWS takes here: DynamoDB's largest are 16 MiB (API reference, BatchWriteItem).
pub(super) const MAX_BODY: usize = 16 * 1024 * 1024;

/// How long a body may take in all.
const BODY_TIME: Duration = Duration::from_secs(60);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is longer than [`MAX_BODY`], or says so.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// It broke off, or is not what its head says.
    Broken,
}

/// The whole body.
pub(super) async fn read(headers: &HeaderMap, body: Incoming, patience: &Patience) -> Result<Bytes, Unreadable> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(0) => return Ok(Bytes::new()),
        Some(length) if length > MAX_BODY as u64 => return Err(Unreadable::TooLarge),
        _ => {}
    }
    let collected = tokio::select! {
        biased;
        collected = Limited::new(body, MAX_BODY).collect() => collected,
        () = patience.clone().exhausted(BODY_TIME) => return Err(Unreadable::TooSlow),
    };
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unreadable::TooLarge),
        Err(_) => Err(Unreadable::Broken),
    }
}

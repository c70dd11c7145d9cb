//! The `Date` that AWS puts on an answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{DateTime, config_bag::ConfigBag, date_time::Format};
use jiff::Timestamp;

use crate::{convert::timestamp, error::SourceError};

/// Reads the header of one call's answer; of several attempts, the last one's.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerDate {
    seen: Arc<Mutex<Option<Timestamp>>>,
}

impl AnswerDate {
    /// The date seen.
    pub(crate) fn get(&self, operation: &'static str) -> Result<Timestamp, SourceError> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.ok_or_else(|| SourceError::unreadable(operation, "the answer carries no Date that can be read"))
    }
}

impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = context.response().headers().get("date");
        let date = header.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = date.as_ref().and_then(timestamp);
        Ok(())
    }
}

//! Reading access to the model, for assertions that trust no client.

use std::sync::Arc;

use crate::cloud::Inner;

/// The model as it is now. Reads are not calls: they count nowhere and nothing can fail them.
#[derive(Clone)]
pub struct Inspect {
    cloud: Arc<Inner>,
}

impl Inspect {
    pub(crate) fn new(cloud: Arc<Inner>) -> Self {
        Self { cloud }
    }
}

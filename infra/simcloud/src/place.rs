//! Accounts and Regions, and what a service keeps in each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::Call;

/// An account and a Region.
pub(crate) type Place = (String, String);

/// Where a call acts.
pub(crate) fn place_of(call: &Call) -> Place {
    (call.account.clone(), call.region.clone())
}

/// What a service keeps, place by place.
#[derive(Deserialize, Serialize)]
pub(crate) struct Places<R> {
    places: BTreeMap<Place, R>,
}

impl<R> Default for Places<R> {
    fn default() -> Self {
        Self { places: BTreeMap::new() }
    }
}

impl<R: Default> Places<R> {
    /// A place as it is; what was never used is empty.
    pub(crate) fn region(&mut self, place: &Place) -> &mut R {
        self.places.entry(place.clone()).or_default()
    }

    /// Every place that was used.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Place, &R)> {
        self.places.iter()
    }

    /// As [`Places::places`], to be changed.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = (&Place, &mut R)> {
        self.places.iter_mut()
    }
}

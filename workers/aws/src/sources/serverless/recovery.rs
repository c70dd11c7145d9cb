//! Recovery points: made by the service about every half hour and kept for a day (Amazon Redshift management guide,
//! "Working with recovery points"). They are shown and can be made into snapshots.

use aws_sdk_redshiftserverless::types::RecoveryPoint;
use chainwright_chain::exchange::AutomaticPoint;
use chainwright_contracts::{arn::Arn, names::Region, place::Place};
use jiff::SignedDuration;

use super::Serverless;
use crate::{
    convert::{self, timestamp},
    error::{SourceError, failed},
};

const LIST: &str = "redshift-serverless:ListRecoveryPoints";

/// How long the service keeps a recovery point.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Serverless {
    /// A namespace's recovery points, oldest first. Those that were copied to another Region are not listed there under
    /// their namespace, as far as is documented, and so none is in any Region but its own.
    pub(super) async fn list_recovery_points(
        &self,
        resource: &Arn,
        region: &Region,
    ) -> Result<Vec<AutomaticPoint>, SourceError> {
        if resource.region() != region.as_str() {
            return Ok(Vec::new());
        }
        let home = self.home_of(resource)?;
        let account = resource.account().parse().map_err(|error| SourceError::refused(LIST, format!("{error}")))?;
        let place = Place { account, region: region.clone(), vault: None };
        let mut found = Vec::new();
        let mut pages = home.client.list_recovery_points().namespace_arn(resource.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let points = page.map_err(failed(LIST))?.recovery_points.unwrap_or_default();
            found.extend(points.into_iter().filter_map(|point| automatic(point, &place)));
        }
        found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(found)
    }
}

fn automatic(point: RecoveryPoint, place: &Place) -> Option<AutomaticPoint> {
    let created = point.recovery_point_create_time.as_ref().and_then(timestamp)?;
    Some(AutomaticPoint {
        id: point.recovery_point_id?,
        place: place.clone(),
        created,
        expires: created.checked_add(KEPT).ok(),
        bytes: point.total_size_in_mega_bytes.map(convert::bytes),
    })
}

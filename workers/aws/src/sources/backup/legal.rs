//! Legal holds: what they cover is not deleted until somebody cancels them.
//!
//! Source: AWS Backup developer guide, "Legal holds and AWS Backup".

use std::collections::BTreeSet;

use aws_sdk_backup::types::LegalHoldStatus;
use chainwright_contracts::place::Place;

use super::Backup;
use crate::error::{Class, SourceError, failed};

const LIST: &str = "backup:ListLegalHolds";
/// As many as AWS Backup gives at once (AWS Backup API reference, `ListRecoveryPointsByLegalHold`, `MaxResults`).
const PAGE: i32 = 1_000;
const POINTS: &str = "backup:ListRecoveryPointsByLegalHold";

impl Backup {
    /// The ARNs of all points in the place's account and Region that are under a legal hold.
    ///
    /// Where they may not be asked for, none is known, and a deletion that one forbids is refused and reported.
    pub(super) async fn legally_held(&self, place: &Place) -> Result<BTreeSet<String>, SourceError> {
        let client = self.at(place)?;
        let mut held = BTreeSet::new();
        let mut holds = client.list_legal_holds().into_paginator().page_size(PAGE).send();
        while let Some(page) = holds.next().await {
            let page = match page.map_err(failed(LIST)) {
                Err(error) if error.class == Class::Denied => return Ok(held),
                page => page?,
            };
            let standing = page.legal_holds.unwrap_or_default().into_iter();
            let standing = standing.filter(|hold| {
                matches!(
                    hold.status,
                    Some(LegalHoldStatus::Active | LegalHoldStatus::Creating | LegalHoldStatus::Canceling)
                )
            });
            for id in standing.filter_map(|hold| hold.legal_hold_id) {
                let mut points = client
                    .list_recovery_points_by_legal_hold()
                    .legal_hold_id(id)
                    .into_paginator()
                    .page_size(PAGE)
                    .send();
                while let Some(page) = points.next().await {
                    let page = match page.map_err(failed(POINTS)) {
                        // Cancelled in between, or nobody's to look at.
                        Err(error) if !matches!(error.class, Class::Transient | Class::Occupied) => break,
                        page => page?,
                    };
                    let points = page.recovery_points.unwrap_or_default();
                    held.extend(points.into_iter().filter_map(|point| point.recovery_point_arn));
                }
            }
        }
        Ok(held)
    }
}

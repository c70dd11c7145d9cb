//! Snapshots, found, listed, tagged and deleted.

use std::collections::BTreeMap;

use aws_sdk_redshiftserverless::types::{Snapshot, SnapshotStatus};
use chainwright_chain::exchange::{
    BackupRequest, Candidate, DeleteRequest, Extent, Observed, ObservedPoint, PointStatus, Started,
};
use chainwright_contracts::{arn::Arn, ids::snapshot_name, place::Place};
use jiff::{SignedDuration, Timestamp};

use super::{Serverless, namespace::TAGS, start::tags};
use crate::{
    convert::{self, timestamp},
    date::AnswerDate,
    error::{Class, SourceError, failed},
    sources::ObservedPage,
};

const GET: &str = "redshift-serverless:GetSnapshot";
const LIST: &str = "redshift-serverless:ListSnapshots";
const DELETE: &str = "redshift-serverless:DeleteSnapshot";
const TAG: &str = "redshift-serverless:TagResource";
const UNTAG: &str = "redshift-serverless:UntagResource";

/// Snapshots per page: the most that the service allows.
const PAGE: i32 = 100;

impl Serverless {
    pub(super) async fn snapshot_named(&self, place: &Place, name: &str) -> Result<Option<Snapshot>, SourceError> {
        let answer = self.at(place)?.get_snapshot().snapshot_name(name).send().await;
        known(answer.map_err(failed(GET)).map(|answer| answer.snapshot))
    }

    pub(super) async fn snapshot_of(&self, place: &Place, arn: &str) -> Result<Option<Snapshot>, SourceError> {
        let answer = self.at(place)?.get_snapshot().snapshot_arn(arn).send().await;
        known(answer.map_err(failed(GET)).map(|answer| answer.snapshot))
    }

    /// The service announces success only, so that all else is found out here.
    pub(super) async fn observe_snapshot(&self, name: &str, place: &Place) -> Result<Observed, SourceError> {
        Ok(self.snapshot_named(place, name).await?.map_or(Observed::Unknown, observed))
    }

    pub(super) async fn observe_deletion(&self, arn: &str, place: &Place) -> Result<Observed, SourceError> {
        Ok(match self.snapshot_of(place, arn).await? {
            None => Observed::Done { point: None, remark: None },
            Some(found) => {
                Observed::Refused { status: found.status().map_or("unknown", SnapshotStatus::as_str).to_owned() }
            }
        })
    }

    /// What an earlier call with the request's name made.
    pub(super) async fn find_snapshot(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError> {
        let found = self.snapshot_named(&request.place, &snapshot_name(&request.token)).await?;
        Ok(found
            .into_iter()
            .filter_map(|found| {
                let created = found.snapshot_create_time().and_then(timestamp)?;
                let (id, point) = (found.snapshot_name.clone()?, found.snapshot_arn.clone());
                Some(Candidate { id, point, observed: observed(found), created })
            })
            .collect())
    }

    /// The snapshots of a namespace in a place, or all; copies name the namespace that they were made of.
    pub(super) async fn list_snapshots(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        let date = AnswerDate::default();
        let call = self.at(place)?.list_snapshots().set_namespace_arn(resource.map(Arn::to_string));
        let call = call.max_results(PAGE).set_next_token(page).customize().interceptor(date.clone());
        let answer = call.send().await.map_err(failed(LIST))?;
        let there = answer.snapshots.unwrap_or_default().into_iter().filter(|snapshot| !is_gone(snapshot));
        let points = there.map(|snapshot| point(LIST, snapshot, place)).collect::<Result<_, _>>()?;
        Ok(ObservedPage { points, next: answer.next_token, date: date.get(LIST)? })
    }

    pub(super) async fn describe_snapshot(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<Option<ObservedPoint>, SourceError> {
        self.snapshot_of(place, arn).await?.map(|found| point(GET, found, place)).transpose()
    }

    pub(super) async fn read_snapshot_tags(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<BTreeMap<String, String>, SourceError> {
        let answer = self.at(place)?.list_tags_for_resource().resource_arn(arn).send().await.map_err(failed(TAGS))?;
        Ok(answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    pub(super) async fn tag_snapshot(
        &self,
        place: &Place,
        arn: &str,
        added: &BTreeMap<String, String>,
    ) -> Result<(), SourceError> {
        let call = self.at(place)?.tag_resource().resource_arn(arn).set_tags(Some(tags(added)?));
        call.send().await.map_err(failed(TAG))?;
        Ok(())
    }

    pub(super) async fn untag_snapshot(&self, place: &Place, arn: &str, keys: &[String]) -> Result<(), SourceError> {
        let call = self.at(place)?.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(failed(UNTAG))?;
        Ok(())
    }

    /// Requests the removal of a snapshot, which the API takes by name; one that is gone already counts as requested.
    pub(super) async fn delete_snapshot(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        if let Some(name) = self.snapshot_of(&request.place, &request.point).await?.and_then(|it| it.snapshot_name) {
            self.delete_named(&request.place, &name).await?;
        }
        Ok(Started { id: request.point.clone(), point: Some(request.point.clone()) })
    }

    /// Removes the snapshot of the request's name if it failed.
    pub(super) async fn discard_failed_snapshot(&self, request: &BackupRequest) -> Result<(), SourceError> {
        let (place, name) = (&request.place, snapshot_name(&request.token));
        match self.snapshot_named(place, &name).await?.and_then(|found| found.status) {
            Some(SnapshotStatus::Failed | SnapshotStatus::Cancelled) => self.delete_named(place, &name).await,
            _ => Ok(()),
        }
    }

    async fn delete_named(&self, place: &Place, name: &str) -> Result<(), SourceError> {
        match self.at(place)?.delete_snapshot().snapshot_name(name).send().await.map_err(failed(DELETE)) {
            Err(error) if error.class != Class::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What the service says that it does not know, and what it still shows although it is deleted, is not there.
fn known(answer: Result<Option<Snapshot>, SourceError>) -> Result<Option<Snapshot>, SourceError> {
    match answer {
        Ok(found) => Ok(found.filter(|found| !is_gone(found))),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(snapshot: &Snapshot) -> bool {
    snapshot.status() == Some(&SnapshotStatus::Deleted)
}

fn observed(snapshot: Snapshot) -> Observed {
    match snapshot.status {
        Some(SnapshotStatus::Available) => Observed::Done { point: snapshot.snapshot_arn, remark: None },
        Some(status @ (SnapshotStatus::Failed | SnapshotStatus::Cancelled)) => {
            Observed::Failed { reason: format!("the snapshot is {status}"), occupied: false }
        }
        _ => Observed::Running,
    }
}

fn point(operation: &'static str, snapshot: Snapshot, place: &Place) -> Result<ObservedPoint, SourceError> {
    let created = snapshot.snapshot_create_time().and_then(timestamp);
    let (Some(arn), Some(created)) = (snapshot.snapshot_arn.clone(), created) else {
        return Err(SourceError::unreadable(operation, "a snapshot without an ARN or a creation date"));
    };
    Ok(ObservedPoint {
        arn,
        place: place.clone(),
        resource: snapshot.namespace_arn.clone().unwrap_or_default(),
        name: snapshot.snapshot_name.clone(),
        status: status(snapshot.status()),
        created,
        bytes: snapshot.total_backup_size_in_mega_bytes.map(convert::bytes),
        extent: extent(&snapshot),
        key: snapshot.kms_key_id.clone(),
        expires: expires(&snapshot),
        locked_until: None,
        is_cold: false,
        legal_hold: false,
    })
}

fn status(status: Option<&SnapshotStatus>) -> PointStatus {
    match status {
        Some(SnapshotStatus::Available) => PointStatus::Available,
        Some(SnapshotStatus::Creating | SnapshotStatus::Copying) => PointStatus::Creating,
        Some(SnapshotStatus::Deleted) => PointStatus::Deleting,
        _ => PointStatus::Unusable,
    }
}

fn extent(snapshot: &Snapshot) -> Option<Extent> {
    let (all, new) =
        (snapshot.total_backup_size_in_mega_bytes?, snapshot.actual_incremental_backup_size_in_mega_bytes?);
    Some(if new < all { Extent::Incremental } else { Extent::Full })
}

/// When the service removes the snapshot; a retention that is not positive has no end.
fn expires(snapshot: &Snapshot) -> Option<Timestamp> {
    let days = snapshot.snapshot_retention_period.filter(|days| *days > 0)?;
    let from = snapshot.snapshot_retention_start_time().or(snapshot.snapshot_create_time()).and_then(timestamp)?;
    from.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

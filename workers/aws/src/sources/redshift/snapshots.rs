//! Manual snapshots, found, listed, tagged and deleted.

use std::collections::BTreeMap;

use aws_sdk_redshift::types::Snapshot;
use chainwright_chain::exchange::{BackupRequest, Candidate, DeleteRequest, Observed, ObservedPoint, Started};
use chainwright_contracts::{arn::Arn, ids::snapshot_name, place::Place, sealed::NAME_TAG};
use jiff::Timestamp;

use super::{
    Redshift,
    cluster::{read, tags},
    snapshot::{has_failed, is_gone, name_in, observed, point, resource_of},
};
use crate::{
    convert::timestamp,
    date::AnswerDate,
    error::{Class, SourceError, failed},
    sources::ObservedPage,
};

pub(super) const LIST: &str = "redshift:DescribeClusterSnapshots";
const DELETE: &str = "redshift:DeleteClusterSnapshot";
const TAG: &str = "redshift:CreateTags";
const UNTAG: &str = "redshift:DeleteTags";

/// Who makes a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SnapshotType {
    Manual,
    Automated,
}

/// A page of snapshots as the service lists them.
pub(super) struct Listing {
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) next: Option<String>,
    /// The Date of the answer.
    pub(super) date: Timestamp,
}

impl Redshift {
    /// Lists snapshots, by the name of their cluster or all; what is deleted is left out. Whether the service knows the
    /// name of a cluster that is not there, as in the Region of the copies none need be, is not documented: then it is told
    /// that there is none.
    pub(super) async fn list(
        &self,
        place: &Place,
        cluster: Option<&str>,
        kind: SnapshotType,
        page: Option<String>,
    ) -> Result<Listing, SourceError> {
        let ask = async |exists: Option<bool>| {
            let date = AnswerDate::default();
            let call = self.at(place)?.describe_cluster_snapshots().set_cluster_identifier(cluster.map(str::to_owned));
            let call = call.set_cluster_exists(exists).set_marker(page.clone()).snapshot_type(match kind {
                SnapshotType::Manual => "manual",
                SnapshotType::Automated => "automated",
            });
            let answer = call.customize().interceptor(date.clone()).send().await.map_err(failed(LIST))?;
            let mut snapshots = answer.snapshots.unwrap_or_default();
            snapshots.retain(|snapshot| !is_gone(snapshot));
            let next = answer.marker.filter(|marker| !marker.is_empty());
            Ok(Listing { snapshots, next, date: date.get(LIST)? })
        };
        match ask(None).await {
            Err(SourceError { class: Class::NotFound, .. }) if cluster.is_some() => ask(Some(false)).await,
            listing => listing,
        }
    }

    /// The snapshot of that name, which no other has in its account and Region. What the service still shows although it
    /// is deleted is not there.
    pub(super) async fn snapshot_named(&self, place: &Place, name: &str) -> Result<Option<Snapshot>, SourceError> {
        let answer = self.at(place)?.describe_cluster_snapshots().snapshot_identifier(name).send().await;
        match answer.map_err(failed(LIST)) {
            Ok(answer) => Ok(answer.snapshots.unwrap_or_default().into_iter().find(|found| !is_gone(found))),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn snapshot_of(&self, place: &Place, arn: &str) -> Result<Option<Snapshot>, SourceError> {
        let name = name_in(arn).ok_or_else(|| SourceError::refused(LIST, format!("{arn} is no snapshot's ARN")))?;
        Ok(self.snapshot_named(place, name).await?.filter(|found| found.snapshot_arn() == Some(arn)))
    }

    /// Nobody need tell what becomes of a snapshot, so that all of it is found out here.
    pub(super) async fn observe_snapshot(&self, name: &str, place: &Place) -> Result<Observed, SourceError> {
        Ok(self.snapshot_named(place, name).await?.map_or(Observed::Unknown, observed))
    }

    pub(super) async fn observe_deletion(&self, arn: &str, place: &Place) -> Result<Observed, SourceError> {
        Ok(match self.snapshot_of(place, arn).await? {
            None => Observed::Done { point: None, remark: None },
            Some(found) => Observed::Refused { status: found.status().unwrap_or("unknown").to_owned() },
        })
    }

    /// What an earlier call with the request's name made.
    pub(super) async fn find_snapshot(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError> {
        let found = self.snapshot_named(&request.place, &snapshot_name(&request.token)).await?;
        let found = found.filter(|found| resource_of(found, &request.place) == request.resource.as_str());
        let candidate = |found: Snapshot| {
            let created = found.snapshot_create_time().and_then(timestamp)?;
            let (id, point) = (found.snapshot_identifier.clone()?, found.snapshot_arn.clone());
            Some(Candidate { id, point, observed: observed(found), created })
        };
        Ok(found.and_then(candidate).into_iter().collect())
    }

    /// The manual snapshots of a cluster in a place, or all. By its name alone the service lists those of every cluster
    /// that bears it, in whichever Region.
    pub(super) async fn list_snapshots(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        let Listing { snapshots, next, date } =
            self.list(place, resource.map(Arn::name), SnapshotType::Manual, page).await?;
        let there = snapshots.into_iter();
        let there = there.filter(|it| resource.is_none_or(|resource| resource_of(it, place) == resource.as_str()));
        let points = there.map(|snapshot| point(LIST, snapshot, place)).collect::<Result<_, _>>()?;
        Ok(ObservedPage { points, next, date })
    }

    pub(super) async fn describe_snapshot(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<Option<ObservedPoint>, SourceError> {
        self.snapshot_of(place, arn).await?.map(|found| point(LIST, found, place)).transpose()
    }

    pub(super) async fn read_snapshot_tags(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<BTreeMap<String, String>, SourceError> {
        let found = self.snapshot_of(place, arn).await?;
        found.map(|found| read(found.tags())).ok_or_else(|| {
            SourceError::new(Class::NotFound, LIST, "ClusterSnapshotNotFound", format!("there is no snapshot {arn}"))
        })
    }

    pub(super) async fn tag_snapshot(
        &self,
        place: &Place,
        arn: &str,
        added: &BTreeMap<String, String>,
    ) -> Result<(), SourceError> {
        let call = self.at(place)?.create_tags().resource_name(arn).set_tags(Some(tags(added)));
        call.send().await.map_err(failed(TAG))?;
        Ok(())
    }

    pub(super) async fn untag_snapshot(&self, place: &Place, arn: &str, keys: &[String]) -> Result<(), SourceError> {
        let call = self.at(place)?.delete_tags().resource_name(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(failed(UNTAG))?;
        Ok(())
    }

    /// Requests the removal of a snapshot, which the API takes by name; one that is gone already counts as requested.
    pub(super) async fn delete_snapshot(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        let found = self.snapshot_of(&request.place, &request.point).await?;
        if let Some(name) = found.and_then(|found| found.snapshot_identifier) {
            self.delete_named(&request.place, &name).await?;
        }
        Ok(Started { id: request.point.clone(), point: Some(request.point.clone()) })
    }

    /// Removes the snapshot that this very request made, if it failed.
    pub(super) async fn discard_failed_snapshot(&self, request: &BackupRequest) -> Result<(), SourceError> {
        let (place, name) = (&request.place, snapshot_name(&request.token));
        let ours = |found: &Snapshot| read(found.tags()).get(NAME_TAG) == request.tags.get(NAME_TAG);
        match self.snapshot_named(place, &name).await? {
            Some(found) if has_failed(&found) && ours(&found) => self.delete_named(place, &name).await,
            _ => Ok(()),
        }
    }

    async fn delete_named(&self, place: &Place, name: &str) -> Result<(), SourceError> {
        let call = self.at(place)?.delete_cluster_snapshot().snapshot_identifier(name);
        match call.send().await.map_err(failed(DELETE)) {
            Err(error) if error.class != Class::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

//! Starting snapshots and having them copied.

use aws_sdk_redshiftserverless::types::Tag;
use chainwright_chain::exchange::{BackupRequest, CopyRequest, Started};
use chainwright_contracts::ids::snapshot_name;

use super::{Serverless, namespace::Home};
use crate::error::{Class, SourceError, failed};

const CREATE: &str = "redshift-serverless:CreateSnapshot";
const CONVERT: &str = "redshift-serverless:ConvertRecoveryPointToSnapshot";
const COPY: &str = "redshift-serverless:GetSnapshot";

impl Serverless {
    /// Creates the snapshot that `request` describes, or finds it created.
    ///
    /// The copy configuration comes first. Where it cannot be had, for whatever reason, the snapshot is made nevertheless: its
    /// copy meets the same and is told, and a backup without a copy is better than none.
    pub(super) async fn create_snapshot(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        let home = self.home_of(&request.resource)?;
        let namespace = home.name().await?;
        if let Some(standing) = &request.standing_copy {
            let _met_by_the_copy = home.ensure_copies(&namespace, standing).await;
        }
        let name = snapshot_name(&request.token);
        match home.make(&namespace, &name, request).await {
            Ok(arn) => Ok(Started { id: name, point: arn }),
            Err(error) if error.code == "ConflictException" => self.adopt(&home, &name, request, error).await,
            Err(error) => Err(error),
        }
    }

    /// The name is taken, by an earlier call of this very request, or the namespace is busy. (That a taken name is a
    /// conflict is not documented.)
    async fn adopt(
        &self,
        home: &Home<'_>,
        name: &str,
        request: &BackupRequest,
        conflict: SourceError,
    ) -> Result<Started, SourceError> {
        match self.snapshot_named(&request.place, name).await? {
            Some(found) if found.namespace_arn() == Some(home.arn.as_str()) => {
                Ok(Started { id: name.to_owned(), point: found.snapshot_arn })
            }
            Some(_) => Err(SourceError::refused(CREATE, format!("another namespace has a snapshot {name}"))),
            None => Err(conflict),
        }
    }

    /// Sees to it that the snapshots of the namespace are copied; the copy comes, or does not, under its source's name. Where
    /// nothing says how they are to be copied, that of whoever's configuration stands is waited for.
    pub(super) async fn arrange_copy(&self, request: &CopyRequest) -> Result<Started, SourceError> {
        if let Some(standing) = &request.standing_copy {
            let home = self.home_of(&request.resource)?;
            match home.name().await {
                Ok(namespace) => home.ensure_copies(&namespace, standing).await?,
                // What was copied before the namespace was deleted is there.
                Err(error) if error.class == Class::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let source = self.snapshot_of(&request.from, &request.point).await?;
        let name = source.and_then(|source| source.snapshot_name).ok_or_else(|| {
            SourceError::new(Class::NotFound, COPY, "ResourceNotFoundException", format!("{} is gone", request.point))
        })?;
        Ok(Started { id: name, point: None })
    }
}

impl Home<'_> {
    async fn make(&self, namespace: &str, name: &str, request: &BackupRequest) -> Result<Option<String>, SourceError> {
        let tags = tags(&request.tags)?;
        let newest = if request.from_automatic { self.newest_recovery_point(request).await? } else { None };
        let snapshot = match newest {
            Some(id) => {
                let call = self.client.convert_recovery_point_to_snapshot().recovery_point_id(id).snapshot_name(name);
                call.set_tags(Some(tags)).send().await.map_err(failed(CONVERT))?.snapshot
            }
            None => {
                let call = self.client.create_snapshot().namespace_name(namespace).snapshot_name(name);
                call.set_tags(Some(tags)).send().await.map_err(failed(CREATE))?.snapshot
            }
        };
        Ok(snapshot.and_then(|snapshot| snapshot.snapshot_arn))
    }

    /// None where the namespace is so young that it has none yet: then the snapshot is made of the namespace itself.
    async fn newest_recovery_point(&self, request: &BackupRequest) -> Result<Option<String>, SourceError> {
        let mut newest = None;
        let list = self.client.list_recovery_points().namespace_arn(request.resource.as_str());
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            let points = page.map_err(failed("redshift-serverless:ListRecoveryPoints"))?.recovery_points;
            let dated = points.unwrap_or_default().into_iter();
            let dated = dated.filter_map(|point| Some((point.recovery_point_create_time?, point.recovery_point_id?)));
            newest = newest.into_iter().chain(dated).max_by_key(|(created, _)| *created);
        }
        Ok(newest.map(|(_, id)| id))
    }
}

pub(super) fn tags(tags: &std::collections::BTreeMap<String, String>) -> Result<Vec<Tag>, SourceError> {
    let made = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    made.collect::<Result<_, _>>().map_err(|error| SourceError::refused(CREATE, error.to_string()))
}

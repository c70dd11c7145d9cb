//! What Redshift Serverless has in the way of a policy: namespaces without a workgroup, copy configurations, a quota, and
//! the time that snapshots take; that of their copies it does not tell.

use aws_sdk_redshiftserverless::types::SnapshotStatus;
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{arn::Arn, codes};
use jiff::SignedDuration;

use super::{Serverless, namespace::Home};
use crate::{
    convert::timestamp,
    date::AnswerDate,
    error::{Class, SourceError, failed},
    sources::{
        Scope,
        pace::{Took, since},
        snapshots_left, standing_copy, with_copies,
    },
};

const LIST: &str = "redshift-serverless:ListSnapshots";

/// Snapshots that an account may have in a Region. Documented for clusters (Amazon Redshift management guide, "Quotas");
/// whether it is the same here is not.
const SNAPSHOTS: usize = 700;

impl Serverless {
    /// The quota, where backups are made and where their copies land.
    pub(super) async fn look_ahead(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let mut found = Vec::new();
        for scope in with_copies(policy, scope) {
            found.extend(self.room(&scope).await?);
        }
        Ok(found)
    }

    async fn room(&self, scope: &Scope) -> Result<Option<Obstacle>, SourceError> {
        let client = self.clients.redshift_serverless(&scope.account, &scope.region)?;
        let mut count = 0;
        let mut pages = client.list_snapshots().into_paginator().send();
        while let Some(page) = pages.next().await {
            count += page.map_err(failed(LIST))?.snapshots.unwrap_or_default().len();
        }
        Ok(snapshots_left(scope, count, SNAPSHOTS))
    }

    /// Whether sessions leave the time that the namespace's snapshots took in the last week.
    async fn pace(&self, policy: &Policy, home: &Home<'_>, name: &str) -> Result<Option<Obstacle>, SourceError> {
        let (mut took, mut page) = (Took::default(), None);
        loop {
            let date = AnswerDate::default();
            let call = home.client.list_snapshots().namespace_name(name).set_next_token(page);
            let answer = call.customize().interceptor(date.clone()).send().await.map_err(failed(LIST))?;
            let now = date.get(LIST)?;
            for snapshot in answer.snapshots.unwrap_or_default() {
                let created = snapshot.snapshot_create_time().and_then(timestamp);
                let recent = created.is_some_and(|created| created >= since(now));
                let made = recent && snapshot.status() == Some(&SnapshotStatus::Available);
                if let Some(seconds) = snapshot.elapsed_time_in_seconds().filter(|_| made) {
                    took.backup(home.arn.as_str(), SignedDuration::from_secs(seconds));
                }
            }
            page = answer.next_token;
            if page.is_none() {
                return Ok(took.too_slow(policy, now));
            }
        }
    }

    pub(super) async fn look_at(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        let home = self.home_of(resource)?;
        let name = home.name().await?;
        let mut found: Vec<Obstacle> = self.pace(policy, &home, &name).await?.into_iter().collect();
        if home.workgroup(&name).await?.is_none() {
            let wrong = format!("namespace {name} has no workgroup, and without one no snapshot is made of it");
            let remedy = format!(
                "aws redshift-serverless create-workgroup --region {} --workgroup-name {name} --namespace-name {name}",
                resource.region()
            );
            found.push(Obstacle::missing(codes::NOT_SUPPORTED, wrong, remedy));
        }
        let wanted = resource.region().parse().ok().and_then(|region| standing_copy(policy.file(), &region));
        let Some(wanted) = wanted else { return Ok(found) };
        match home.agrees(&name, &wanted).await {
            Ok(true) => {}
            Ok(false) => {
                let wrong = format!(
                    "a copy configuration to {} will be created for namespace {name}: recovery points are copied with it and \
                     kept a day, and every snapshot of the namespace, whoever makes it",
                    wanted.region
                );
                found.push(Obstacle::notice(codes::COPIES_MORE, wrong, "no copy_to, if that is not wanted"));
            }
            Err(error) if error.class == Class::Refused => {
                let remedy = format!(
                    "aws redshift-serverless delete-snapshot-copy-configuration --region {} --snapshot-copy-configuration-id \
                     $(aws redshift-serverless list-snapshot-copy-configurations --region {} --namespace-name {name} --query \
                     'snapshotCopyConfigurations[0].snapshotCopyConfigurationId' --output text)",
                    resource.region(),
                    resource.region()
                );
                found.push(Obstacle::missing(codes::COPY_CONFIGURATION_CONFLICT, error.message, remedy));
            }
            Err(error) => return Err(error),
        }
        Ok(found)
    }
}

//! What Redshift has in the way of a policy: copy configurations, grants for encrypted copies, a quota.

use aws_sdk_redshift::types::Cluster;
use chainwright_chain::{exchange::StandingCopy, finding::Obstacle, policy::Policy};
use chainwright_contracts::{arn::Arn, codes, place::Place};

use super::{Redshift, cluster::Home, copies::agrees, snapshots::LIST};
use crate::{
    error::{Class, SourceError, failed},
    sources::{Scope, snapshots_left, standing_copy},
};

const GRANTS: &str = "redshift:DescribeSnapshotCopyGrants";

/// Manual snapshots that an account may have in a Region (Amazon Redshift management guide, "Quotas and limits").
const SNAPSHOTS: usize = 700;

/// A name for a grant, where the policy names none.
const GRANT: &str = "chainwright";

impl Redshift {
    pub(super) async fn look_ahead(&self, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let client = self.clients.redshift(&scope.account, &scope.region)?;
        let mut count = 0;
        let mut pages = client.describe_cluster_snapshots().snapshot_type("manual").into_paginator().send();
        while let Some(page) = pages.next().await {
            count += page.map_err(failed(LIST))?.snapshots.unwrap_or_default().len();
        }
        Ok(snapshots_left(scope, count, SNAPSHOTS).into_iter().collect())
    }

    pub(super) async fn look_at(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        let home = self.home_of(resource)?;
        let cluster = home.cluster().await?;
        let Some(wanted) = standing_copy(policy.file(), &home.region()?) else { return Ok(Vec::new()) };
        match agrees(&cluster, &wanted) {
            Ok(true) => Ok(Vec::new()),
            Ok(false) => {
                let mut found = vec![home.copies_more(&wanted)];
                found.extend(self.grant_for(&home, &cluster, &wanted).await?);
                Ok(found)
            }
            Err(conflict) => {
                let remedy = format!(
                    "aws redshift disable-snapshot-copy --region {} --cluster-identifier {}",
                    resource.region(),
                    home.name
                );
                Ok(vec![Obstacle::missing(codes::COPY_CONFIGURATION_CONFLICT, conflict.message, remedy)])
            }
        }
    }

    /// The grant without which the copies cannot be enabled: that which the policy names, or any, if the cluster is
    /// encrypted (Amazon Redshift management guide, "Copying snapshots to another AWS Region").
    async fn grant_for(
        &self,
        home: &Home<'_>,
        cluster: &Cluster,
        wanted: &StandingCopy,
    ) -> Result<Option<Obstacle>, SourceError> {
        let (name, region) = (home.name, &wanted.region);
        let create = |grant: &str| {
            format!("aws redshift create-snapshot-copy-grant --region {region} --snapshot-copy-grant-name {grant}")
        };
        let Some(grant) = &wanted.key else {
            let encrypted = cluster.encrypted() == Some(true);
            let wrong =
                format!("cluster {name} is encrypted, and the policy names no grant for its copies in {region}");
            let remedy = format!("{}, then `redshift: {{copy_grant: {GRANT}}}` in the policy", create(GRANT));
            return Ok(encrypted.then(|| Obstacle::missing(codes::KEY_UNFIT, wrong, remedy)));
        };
        let account = home.arn.account().parse().map_err(|error| SourceError::refused(GRANTS, format!("{error}")))?;
        let there = Place { account, region: region.clone(), vault: None };
        let call = self.at(&there)?.describe_snapshot_copy_grants().snapshot_copy_grant_name(grant);
        match call.send().await.map_err(failed(GRANTS)) {
            Ok(answer) if !answer.snapshot_copy_grants().is_empty() => Ok(None),
            Err(error) if error.class != Class::NotFound => Err(error),
            _ => {
                let wrong = format!("there is no grant {grant} in {region} for the copies of cluster {name}");
                Ok(Some(Obstacle::missing(codes::KEY_UNFIT, wrong, create(grant))))
            }
        }
    }
}

/// How long automated copies are kept where nobody says (Amazon Redshift API reference, `EnableSnapshotCopy`).
const DEFAULT_DAYS: u32 = 7;

impl Home<'_> {
    fn copies_more(&self, wanted: &StandingCopy) -> Obstacle {
        let days = wanted.automatic_days.unwrap_or(DEFAULT_DAYS);
        let wrong = format!(
            "copies to {} will be enabled for cluster {}: automated snapshots are copied with them and kept {days} days, \
             and every manual snapshot of the cluster, whoever makes it, without an end",
            wanted.region, self.name
        );
        Obstacle::notice(codes::COPIES_MORE, wrong, "no copy_to, if that is not wanted")
    }
}

//! What Redshift has in the way of a policy: copy configurations, grants for encrypted copies, a quota, and the time that
//! snapshots take. That of their copies it does not tell: what a copy shows as elapsed is not said to be its own.

use aws_sdk_redshift::types::Cluster;
use chainwright_chain::{exchange::StandingCopy, finding::Obstacle, policy::Policy};
use chainwright_contracts::{arn::Arn, codes, place::Place};

use jiff::SignedDuration;

use super::{
    Redshift,
    cluster::Home,
    copies::agrees,
    snapshots::{LIST, SnapshotType},
};
use crate::{
    convert::timestamp,
    error::{Class, SourceError, failed},
    sources::{
        Scope,
        pace::{Took, since},
        snapshots_left, standing_copy, with_copies,
    },
};

const GRANTS: &str = "redshift:DescribeSnapshotCopyGrants";

/// Manual snapshots that an account may have in a Region (Amazon Redshift management guide, "Quotas and limits").
const SNAPSHOTS: usize = 700;

/// A name for a grant, where the policy names none.
const GRANT: &str = "chainwright";

impl Redshift {
    /// The quota, where backups are made and where their copies land.
    pub(super) async fn look_ahead(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let mut found = Vec::new();
        for scope in with_copies(policy, scope) {
            found.extend(self.room(&scope).await?);
        }
        Ok(found)
    }

    async fn room(&self, scope: &Scope) -> Result<Option<Obstacle>, SourceError> {
        let client = self.clients.redshift(&scope.account, &scope.region)?;
        let mut count = 0;
        let mut pages = client.describe_cluster_snapshots().snapshot_type("manual").into_paginator().send();
        while let Some(page) = pages.next().await {
            count += page.map_err(failed(LIST))?.snapshots.unwrap_or_default().len();
        }
        Ok(snapshots_left(scope, count, SNAPSHOTS))
    }

    pub(super) async fn look_at(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        let mut found: Vec<Obstacle> = self.pace(policy, resource).await?.into_iter().collect();
        found.extend(self.copies_of(policy, resource).await?);
        Ok(found)
    }

    /// Whether sessions leave the time that the cluster's snapshots took in the last week.
    async fn pace(&self, policy: &Policy, resource: &Arn) -> Result<Option<Obstacle>, SourceError> {
        let home = self.home_of(resource)?;
        let account = resource.account().parse().map_err(|error| SourceError::refused(LIST, format!("{error}")))?;
        let place = Place { account, region: home.region()?, vault: None };
        let (mut took, mut page) = (Took::default(), None);
        loop {
            let listing = self.list(&place, Some(home.name), SnapshotType::Manual, page).await?;
            for snapshot in listing.snapshots.iter().filter(|one| one.status() == Some("available")) {
                let created = snapshot.snapshot_create_time().and_then(timestamp);
                let recent = created.is_some_and(|created| created >= since(listing.date));
                if let Some(seconds) = snapshot.elapsed_time_in_seconds().filter(|_| recent) {
                    took.backup(resource.as_str(), SignedDuration::from_secs(seconds));
                }
            }
            if listing.next.is_none() {
                return Ok(took.too_slow(policy, listing.date));
            }
            page = listing.next;
        }
    }

    async fn copies_of(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
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

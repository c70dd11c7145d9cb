//! What Redshift Serverless has in the way of a policy: namespaces without a workgroup, copy configurations, a quota.

use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{arn::Arn, codes};

use super::Serverless;
use crate::{
    error::{Class, SourceError, failed},
    sources::{Scope, standing_copy},
};

const LIST: &str = "redshift-serverless:ListSnapshots";

/// Snapshots that an account may have in a Region. Documented for clusters (Amazon Redshift management guide, "Quotas");
/// whether it is the same here is not.
const SNAPSHOTS: usize = 700;

impl Serverless {
    pub(super) async fn look_ahead(&self, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let client = self.clients.redshift_serverless(&scope.account, &scope.region)?;
        let mut count = 0;
        let mut pages = client.list_snapshots().into_paginator().send();
        while let Some(page) = pages.next().await {
            count += page.map_err(failed(LIST))?.snapshots.unwrap_or_default().len();
        }
        Ok(crate::sources::snapshots_left(scope, count, SNAPSHOTS).into_iter().collect())
    }

    pub(super) async fn look_at(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        let home = self.home_of(resource)?;
        let name = home.name().await?;
        let mut found = Vec::new();
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

//! One cluster: which one an ARN means, its tags.

use std::collections::BTreeMap;

use aws_sdk_redshift::{
    Client,
    types::{Cluster, Tag},
};
use chainwright_chain::exchange::Resource;
use chainwright_contracts::{arn::Arn, ids::Incarnation};

use super::{Page, Redshift, Scope};
use crate::error::{Class, SourceError, failed};

pub(super) const DESCRIBE: &str = "redshift:DescribeClusters";

/// A cluster by its ARN, and the client of where it is.
pub(super) struct Home<'a> {
    pub(super) client: Client,
    pub(super) arn: &'a Arn,
    pub(super) name: &'a str,
}

impl Redshift {
    pub(super) fn home_of<'a>(&self, arn: &'a Arn) -> Result<Home<'a>, SourceError> {
        let invalid = |error: &dyn std::fmt::Display| SourceError::refused(DESCRIBE, format!("{arn}: {error}"));
        let name = arn.resource().strip_prefix("cluster:").filter(|_| arn.service() == "redshift");
        let name = name.ok_or_else(|| invalid(&"not a cluster of Redshift"))?;
        let account = arn.account().parse().map_err(|error| invalid(&error))?;
        let region = arn.region().parse().map_err(|error| invalid(&error))?;
        Ok(Home { client: self.clients.redshift(&account, &region)?, arn, name })
    }

    /// A page of a scope's clusters, whose ARNs are made of what is known of them: the API does not tell them.
    pub(super) async fn list_clusters(
        &self,
        scope: &Scope,
        page: Option<String>,
    ) -> Result<Page<Resource>, SourceError> {
        let client = self.clients.redshift(&scope.account, &scope.region)?;
        let answer = client.describe_clusters().set_marker(page).send().await.map_err(failed(DESCRIBE))?;
        let names = answer.clusters.unwrap_or_default().into_iter().filter_map(|cluster| cluster.cluster_identifier);
        let items = names.map(|name| {
            let arn = arn_of(scope.region.partition(), scope.region.as_str(), scope.account.as_str(), &name);
            let arn = arn.parse().map_err(|error| SourceError::unreadable(DESCRIBE, format!("{error}")));
            arn.map(|arn| Resource { arn, tags: None })
        });
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.marker.filter(|marker| !marker.is_empty()) })
    }
}

impl Home<'_> {
    /// The cluster as it is now.
    ///
    /// # Errors
    /// [`Class::NotFound`] where there is none of this name.
    pub(super) async fn cluster(&self) -> Result<Cluster, SourceError> {
        let answer = self.client.describe_clusters().cluster_identifier(self.name).send().await;
        let found = answer.map_err(failed(DESCRIBE))?.clusters.unwrap_or_default().into_iter().next();
        found.ok_or_else(|| {
            SourceError::new(Class::NotFound, DESCRIBE, "ClusterNotFound", format!("there is no cluster {}", self.arn))
        })
    }

    /// The same; none where there is none.
    pub(super) async fn cluster_if_any(&self) -> Result<Option<Cluster>, SourceError> {
        match self.cluster().await {
            Err(error) if error.class == Class::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    pub(super) async fn incarnation(&self) -> Result<Option<Incarnation>, SourceError> {
        self.cluster_if_any().await?.as_ref().map(namespace_of).transpose()
    }

    pub(super) async fn tags(&self) -> Result<BTreeMap<String, String>, SourceError> {
        Ok(read(self.cluster().await?.tags()))
    }
}

/// The ARN of a cluster.
///
/// Source: Amazon Redshift management guide, "Identity and access management in Amazon Redshift", the formats of ARNs.
pub(super) fn arn_of(partition: &str, region: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:redshift:{region}:{account}:cluster:{name}")
}

/// The ARN of the cluster's namespace, which no other cluster has, whatever its name.
pub(super) fn namespace_of(cluster: &Cluster) -> Result<Incarnation, SourceError> {
    let namespace = cluster.cluster_namespace_arn();
    let namespace = namespace.ok_or_else(|| SourceError::unreadable(DESCRIBE, "the cluster has no namespace"))?;
    Ok(Incarnation(namespace.to_owned()))
}

/// Tags as the service lists them.
pub(super) fn read(tags: &[Tag]) -> BTreeMap<String, String> {
    let pairs = tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Tags as the service takes them.
pub(super) fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

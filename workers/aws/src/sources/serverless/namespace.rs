//! One namespace: which one an ARN means, its workgroup, its tags.

use std::collections::BTreeMap;

use aws_sdk_redshiftserverless::{
    Client,
    types::{Namespace, Workgroup},
};
use chainwright_chain::exchange::Resource;
use chainwright_contracts::{arn::Arn, ids::Incarnation};

use super::{Page, Scope, Serverless};
use crate::error::{Class, SourceError, failed};

const LIST: &str = "redshift-serverless:ListNamespaces";
const WORKGROUPS: &str = "redshift-serverless:ListWorkgroups";
pub(super) const TAGS: &str = "redshift-serverless:ListTagsForResource";

/// A namespace by its ARN, and the client of where it is.
pub(super) struct Home<'a> {
    pub(super) client: Client,
    pub(super) arn: &'a Arn,
}

impl Serverless {
    pub(super) fn home_of<'a>(&self, arn: &'a Arn) -> Result<Home<'a>, SourceError> {
        let invalid = |error: &dyn std::fmt::Display| SourceError::refused(LIST, format!("{arn}: {error}"));
        if arn.service() != "redshift-serverless" || !arn.resource().starts_with("namespace/") {
            return Err(invalid(&"not a namespace of Redshift Serverless"));
        }
        let account = arn.account().parse().map_err(|error| invalid(&error))?;
        let region = arn.region().parse().map_err(|error| invalid(&error))?;
        Ok(Home { client: self.clients.redshift_serverless(&account, &region)?, arn })
    }

    pub(super) async fn list_namespaces(
        &self,
        scope: &Scope,
        page: Option<String>,
    ) -> Result<Page<Resource>, SourceError> {
        let client = self.clients.redshift_serverless(&scope.account, &scope.region)?;
        let answer = client.list_namespaces().set_next_token(page).send().await.map_err(failed(LIST))?;
        let arns = answer.namespaces.into_iter().filter_map(|namespace| namespace.namespace_arn);
        let items = arns.map(|arn| {
            let arn = arn.parse().map_err(|error| SourceError::unreadable(LIST, format!("{error}")));
            arn.map(|arn| Resource { arn, tags: None })
        });
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }
}

impl Home<'_> {
    /// The namespace as it is now. The API finds namespaces by name alone, and an ARN holds the id; an account has few
    /// (Amazon Redshift management guide, "Quotas": 25 by default).
    ///
    /// # Errors
    /// [`Class::NotFound`] where there is none of this ARN.
    pub(super) async fn namespace(&self) -> Result<Namespace, SourceError> {
        let mut pages = self.client.list_namespaces().into_paginator().send();
        while let Some(page) = pages.next().await {
            let namespaces = page.map_err(failed(LIST))?.namespaces;
            let found = namespaces.into_iter().find(|known| known.namespace_arn() == Some(self.arn.as_str()));
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let message = format!("there is no namespace {}", self.arn);
        Err(SourceError::new(Class::NotFound, LIST, "ResourceNotFoundException", message))
    }

    /// The namespace's name, by which the API knows it.
    pub(super) async fn name(&self) -> Result<String, SourceError> {
        let name = self.namespace().await?.namespace_name;
        name.ok_or_else(|| SourceError::unreadable(LIST, format!("{} has no name", self.arn)))
    }

    pub(super) async fn incarnation(&self) -> Result<Option<Incarnation>, SourceError> {
        match self.namespace().await {
            Err(error) if error.class == Class::NotFound => Ok(None),
            other => id_of(&other?).map(Some),
        }
    }

    /// The workgroup that the namespace is attached to; none where there is none.
    pub(super) async fn workgroup(&self, namespace: &str) -> Result<Option<Workgroup>, SourceError> {
        let mut pages = self.client.list_workgroups().into_paginator().send();
        while let Some(page) = pages.next().await {
            let workgroups = page.map_err(failed(WORKGROUPS))?.workgroups;
            if let Some(found) = workgroups.into_iter().find(|known| known.namespace_name() == Some(namespace)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The tags by which policies select: the namespace's, and its workgroup's where the namespace has none of that key.
    pub(super) async fn tags(&self) -> Result<BTreeMap<String, String>, SourceError> {
        let name = self.name().await?;
        let mut tags = match self.workgroup(&name).await?.and_then(|workgroup| workgroup.workgroup_arn) {
            Some(arn) => self.tags_of(&arn).await?,
            None => BTreeMap::new(),
        };
        tags.extend(self.tags_of(self.arn.as_str()).await?);
        Ok(tags)
    }

    pub(super) async fn tags_of(&self, arn: &str) -> Result<BTreeMap<String, String>, SourceError> {
        let answer = self.client.list_tags_for_resource().resource_arn(arn).send().await.map_err(failed(TAGS))?;
        Ok(answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }
}

/// The namespace's id, without which nothing could be told apart.
pub(super) fn id_of(namespace: &Namespace) -> Result<Incarnation, SourceError> {
    let id = namespace.namespace_id().ok_or_else(|| SourceError::unreadable(LIST, "the namespace has no id"))?;
    Ok(Incarnation(id.to_owned()))
}

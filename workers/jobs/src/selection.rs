//! Which policy a resource belongs to: one at most, that of the highest priority.
//!
//! A paused policy still owns its resources. At equal priority the alphabetically first one does.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::policy::Policy;
use chainwright_contracts::{
    arn::Arn,
    policy::{PolicyFile, PolicyName, Select, SourceKind},
};

use crate::{Context, error::JobError, policies};

/// The policies of one source, those that win first.
pub(crate) struct Owners(Vec<Policy>);

impl Owners {
    /// Reads the present revisions of all policies of a source.
    pub(crate) async fn read(ctx: &Context, kind: SourceKind) -> Result<Self, JobError> {
        let mut heads = ctx.ledger().policies().await?;
        heads.retain(|head| head.value.source == kind && !head.value.deleted);
        heads.sort_by(|a, b| (a.value.priority, &a.value.name).cmp(&(b.value.priority, &b.value.name)));
        let mut policies = Vec::with_capacity(heads.len());
        for head in heads {
            policies.extend(policies::revision(ctx, &head.value.name, head.value.revision).await?);
        }
        Ok(Self(policies))
    }

    /// These, as far as they come before the named one, and that one itself: what decides over its resources.
    pub(crate) fn down_to(mut self, name: &PolicyName) -> Self {
        let end = self.0.iter().position(|policy| policy.file().policy == *name).map_or(0, |index| index + 1);
        self.0.truncate(end);
        self
    }

    /// The policy that a resource belongs to. Its tags are read only where a policy asks for tags.
    pub(crate) async fn of(&self, source: &dyn Source, resource: &Arn) -> Result<Option<&Policy>, JobError> {
        let mut tags = None;
        for policy in &self.0 {
            let file = policy.file();
            if !in_scope(file, resource) || excluded_by_arn(file, resource) {
                continue;
            }
            if needs_tags(file) && tags.is_none() {
                tags = Some(source.tags_of(resource).await?);
            }
            let none = BTreeMap::new();
            if selected(file, resource, tags.as_ref().unwrap_or(&none)) {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }
}

fn in_scope(file: &PolicyFile, resource: &Arn) -> bool {
    file.accounts.iter().any(|account| account.as_str() == resource.account())
        && file.regions.iter().any(|region| region.as_str() == resource.region())
}

fn excluded_by_arn(file: &PolicyFile, resource: &Arn) -> bool {
    file.exclude.arns.contains(resource)
}

fn needs_tags(file: &PolicyFile) -> bool {
    matches!(file.select, Select::Tags(_)) || !file.exclude.tags.is_empty()
}

fn selected(file: &PolicyFile, resource: &Arn, tags: &BTreeMap<String, String>) -> bool {
    let excluded = file.exclude.tags.iter().any(|(key, value)| tags.get(key) == Some(value));
    !excluded
        && match &file.select {
            Select::All => true,
            Select::Arns(arns) => arns.contains(resource),
            Select::Tags(wanted) => carries(tags, wanted),
        }
}

fn carries(tags: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}

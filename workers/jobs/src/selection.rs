//! Which policy a resource belongs to: one at most, that of the highest priority.
//!
//! A paused policy still owns its resources. At equal priority the alphabetically first one does.

use std::collections::BTreeMap;

use chainwright_aws::sources::{Scope, Source};
use chainwright_chain::{policy::Policy, state::PolicyHead};
use chainwright_contracts::{
    arn::Arn,
    policy::{PolicyFile, PolicyName, Select, SourceKind},
};

use serde::Serialize;

use crate::{Context, Settings, error::JobError, ledger::Key, policies, session::lasts};

/// The policies of one source, those that win first.
pub(crate) struct Owners {
    policies: Vec<Policy>,
    ledger: Option<Arn>,
}

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
        Ok(Self { policies, ledger: ledger_table(ctx) })
    }

    /// These, as far as they come before the named one, and that one itself: what decides over its resources.
    pub(crate) fn down_to(mut self, name: &PolicyName) -> Self {
        let end = self.policies.iter().position(|policy| policy.file().policy == *name).map_or(0, |index| index + 1);
        self.policies.truncate(end);
        self
    }

    /// The policy that a resource belongs to. Its tags are read only where a policy asks for tags.
    pub(crate) async fn of(&self, source: &dyn Source, resource: &Arn) -> Result<Option<&Policy>, JobError> {
        let mut tags = None;
        for policy in &self.policies {
            if self.asks(policy, source, resource, &mut tags).await? {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    /// Every policy that asks for a resource, the one that it belongs to first.
    async fn asking(&self, source: &dyn Source, resource: &Arn) -> Result<Vec<&Policy>, JobError> {
        let mut tags = None;
        let mut asking = Vec::new();
        for policy in &self.policies {
            if self.asks(policy, source, resource, &mut tags).await? {
                asking.push(policy);
            }
        }
        Ok(asking)
    }

    /// Whether a policy asks for a resource, whose tags are read only where that depends on them. Who asks for all does
    /// not mean the hub's own ledger; whoever does names it or tags it.
    async fn asks(
        &self,
        policy: &Policy,
        source: &dyn Source,
        resource: &Arn,
        tags: &mut Option<BTreeMap<String, String>>,
    ) -> Result<bool, JobError> {
        let file = policy.file();
        let own = file.select == Select::All && self.ledger.as_ref() == Some(resource);
        if own || !in_scope(file, resource) || excluded_by_arn(file, resource) {
            return Ok(false);
        }
        if needs_tags(file) && tags.is_none() {
            *tags = Some(source.tags_of(resource).await?);
        }
        let none = BTreeMap::new();
        Ok(selected(file, resource, tags.as_ref().unwrap_or(&none)))
    }
}

/// A resource that a policy asks for, and the policy that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    /// The resource.
    pub resource: Arn,
    /// The policy that it belongs to.
    pub owner: PolicyName,
    /// That policy's priority.
    pub priority: u32,
}

/// What a policy asks for now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// The resources, by ARN.
    pub claimed: Vec<Claimed>,
    /// Accounts, Regions and resources that could not be looked at, and why.
    pub not_looked_at: Vec<(String, String)>,
}

/// Finds what the present revision of a policy asks for, and which of it another policy has.
///
/// # Errors
/// Where the policy does not exist, where no worker serves its source, or where AWS or the ledger do not answer. What may
/// not be looked at is named in the answer instead.
pub async fn selection(ctx: &Context, name: &PolicyName) -> Result<Selection, JobError> {
    let head = policies::head(ctx, name).await?;
    let owners = Owners::read(ctx, head.value.source).await?.down_to(name);
    select(ctx, &owners, name).await
}

/// As [`selection`], of a policy as it would be applied together with others, itself among them.
///
/// # Errors
/// As [`selection`].
pub async fn selection_of(ctx: &Context, policy: &Policy, together: &[Policy]) -> Result<Selection, JobError> {
    let (file, name) = (policy.file(), &policy.file().policy);
    let mut owners = Owners::read(ctx, file.source).await?;
    let applied = |known: &Policy| together.iter().any(|one| one.file().policy == known.file().policy);
    owners.policies.retain(|known| !applied(known));
    owners.policies.extend(together.iter().filter(|one| one.file().source == file.source).cloned());
    owners.policies.sort_by_key(|known| (known.file().priority, known.file().policy.clone()));
    select(ctx, &owners.down_to(name), name).await
}

async fn select(ctx: &Context, owners: &Owners, name: &PolicyName) -> Result<Selection, JobError> {
    let mut selection = Selection::default();
    let Some(file) = owners.policies.last().map(Policy::file) else { return Ok(selection) };
    let source = ctx.source(file.source)?.as_ref();
    for (account, region) in file.accounts.iter().flat_map(|account| file.regions.iter().map(move |r| (account, r))) {
        let scope = Scope { account: account.clone(), region: region.clone() };
        for resource in selection.resources_in(ctx, source, file, &scope).await? {
            match owners.asking(source, &resource).await {
                Ok(asking) => selection.claim(name, resource, &asking),
                Err(JobError::Source(error)) if lasts(error.class) => {
                    selection.not_looked_at.push((resource.to_string(), error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
    }
    selection.claimed.sort_by(|a, b| a.resource.cmp(&b.resource));
    Ok(selection)
}

/// The policy that a resource belongs to, or none.
///
/// # Errors
/// Where the resource is none that may be backed up, or AWS or the ledger do not answer.
pub async fn owner_of(ctx: &Context, resource: &Arn) -> Result<Option<PolicyName>, JobError> {
    let (kind, source) = ctx.source_of(resource)?;
    let owners = Owners::read(ctx, kind).await?;
    Ok(owners.of(source.as_ref(), resource).await?.map(|policy| policy.file().policy.clone()))
}

impl Selection {
    fn claim(&mut self, name: &PolicyName, resource: Arn, asking: &[&Policy]) {
        if let Some(owner) = asking.first()
            && asking.iter().any(|policy| policy.file().policy == *name)
        {
            let (owner, priority) = (owner.file().policy.clone(), owner.file().priority);
            self.claimed.push(Claimed { resource, owner, priority });
        }
    }

    async fn resources_in(
        &mut self,
        ctx: &Context,
        source: &dyn Source,
        file: &PolicyFile,
        scope: &Scope,
    ) -> Result<Vec<Arn>, JobError> {
        if let Select::Arns(arns) = &file.select {
            let here = |arn: &&Arn| arn.account() == scope.account.as_str() && arn.region() == scope.region.as_str();
            return Ok(arns.iter().filter(here).cloned().collect());
        }
        let mut found = Vec::new();
        let place = format!("{}/{}", scope.account, scope.region);
        if let Err(error) = ctx.settings().allow.check_place(scope.account.as_str(), scope.region.as_str()) {
            self.not_looked_at.push((place, error.to_string()));
            return Ok(found);
        }
        let mut page = None;
        loop {
            match source.discover(scope, page).await {
                Ok(listed) => {
                    found.extend(listed.items.into_iter().map(|resource| resource.arn));
                    match listed.next {
                        Some(next) => page = Some(next),
                        None => return Ok(found),
                    }
                }
                Err(error) if lasts(error.class) => {
                    self.not_looked_at.push((place, error.to_string()));
                    return Ok(found);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The table that the hub itself works with.
fn ledger_table(ctx: &Context) -> Option<Arn> {
    let Settings { own_account, home_region, .. } = ctx.settings();
    let (partition, table) = (home_region.partition(), ctx.ledger().store().table_name());
    format!("arn:{partition}:dynamodb:{home_region}:{own_account}:table/{table}").parse().ok()
}

/// Why the policy of a chain makes no more points of its resource, where that is so: another policy has it, or it selects
/// it no longer. A policy that the ledger does not know is one that has not been applied again yet.
pub(crate) async fn lost_by(
    ctx: &Context,
    source: &dyn Source,
    kind: SourceKind,
    policy: &PolicyName,
    resource: &Arn,
) -> Result<Option<String>, JobError> {
    let owners = Owners::read(ctx, kind).await?;
    if !owners.policies.iter().any(|known| known.file().policy == *policy) {
        let head = ctx.ledger().get::<PolicyHead>(&Key::policy(policy)).await?;
        return Ok(head.map(|head| match head.value.deleted {
            true => format!("policy {policy} was deleted"),
            false => format!("policy {policy} is for resources of another service now"),
        }));
    }
    Ok(match owners.of(source, resource).await {
        Ok(Some(owner)) if owner.file().policy == *policy => None,
        Ok(Some(owner)) => Some(format!("policy {} has the resource now", owner.file().policy)),
        Ok(None) => Some(format!("policy {policy} no longer selects the resource")),
        // What may not be looked at says nothing.
        Err(JobError::Source(error)) if lasts(error.class) => None,
        Err(error) => return Err(error),
    })
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

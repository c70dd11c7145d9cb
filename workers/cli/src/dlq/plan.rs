//! What would be done, before it is done.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::state::{ChainRecord, Owner};
use chainwright_contracts::{
    arn::Arn,
    ids::{ChainId, PointId},
};
use chainwright_jobs::ledger::{Key, LedgerError};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    filter::Selection,
    letter::{Facts, Reader},
    queues::{DeadQueue, find},
    scan,
};
use crate::{operator::Operator, output};

/// Letters of one queue, code and kind.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    queue: String,
    code: String,
    title: Option<&'static str>,
    kind: Option<String>,
    count: usize,
    oldest: Timestamp,
    newest: Timestamp,
}

/// Counts letters by queue, code and kind.
pub(super) fn groups<'a>(letters: impl IntoIterator<Item = &'a Facts>) -> Vec<Group> {
    let mut groups = BTreeMap::new();
    for facts in letters {
        let key = (facts.queue.clone(), facts.code.clone(), facts.kind.clone());
        let group = groups.entry(key).or_insert_with(|| Group {
            queue: facts.queue.clone(),
            code: facts.code.clone(),
            title: facts.title(),
            kind: facts.kind.clone(),
            count: 0,
            oldest: facts.sent,
            newest: facts.sent,
        });
        group.count += 1;
        group.oldest = group.oldest.min(facts.sent);
        group.newest = group.newest.max(facts.sent);
    }
    groups.into_values().collect()
}

/// Groups for people.
pub(super) fn table(groups: &[Group]) -> String {
    let second = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let rows = groups.iter().map(|group| {
        [
            group.queue.clone(),
            printable(&group.code),
            printable(group.kind.as_deref().unwrap_or("-")),
            group.count.to_string(),
            second(group.oldest),
            second(group.newest),
            group.title.unwrap_or_default().to_owned(),
        ]
    });
    output::table(["QUEUE", "CODE", "KIND", "COUNT", "OLDEST", "NEWEST", "WHAT"], rows)
}

/// Text from outside as a terminal may be given it: without characters that would command it.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Letters chosen, and where they are.
pub(super) struct Plan {
    pub(super) queues: Vec<DeadQueue>,
    pub(super) chosen: Vec<Facts>,
    pub(super) remarks: Vec<String>,
}

impl Plan {
    /// Every letter that is meant, oldest first.
    ///
    /// # Errors
    /// In the words of SQS or of the ledger.
    pub(super) async fn make(operator: &Operator, reader: &Reader, selection: &Selection) -> Result<Self, String> {
        let (queues, mut remarks) = find(operator, selection.filter.queue).await?;
        let now = operator.now();
        let keep = |letter: super::letter::Letter| Some(letter.facts).filter(|facts| selection.fits(facts, now));
        let (mut chosen, said) = scan::survey(operator, reader, &queues, keep).await?;
        remarks.extend(said);
        if let Some(resource) = &selection.filter.resource {
            chosen = about(operator, resource, chosen).await.map_err(|error| error.to_string())?;
        }
        chosen.sort_by(|a, b| (a.sent, &a.message_id).cmp(&(b.sent, &b.message_id)));
        Ok(Self { queues, chosen, remarks })
    }

    /// The ids of the chosen letters of one queue.
    pub(super) fn of(&self, queue: &DeadQueue) -> BTreeSet<String> {
        let name = queue.source.to_string();
        self.chosen.iter().filter(|facts| facts.queue == name).map(|facts| facts.message_id.clone()).collect()
    }
}

/// Those of the letters that are about this resource; which one a point or chain is of, the ledger knows.
async fn about(operator: &Operator, resource: &Arn, letters: Vec<Facts>) -> Result<Vec<Facts>, LedgerError> {
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut kept = Vec::new();
    for facts in letters {
        let mut fits = facts.subject.resource.as_deref() == Some(resource.as_str());
        for name in facts.subject.points.iter().chain(&facts.subject.chain) {
            let is = match known.get(name) {
                Some(is) => *is,
                None => resource_of(operator, name).await?.is_some_and(|of| of == *resource),
            };
            known.insert(name.clone(), is);
            fits |= is;
        }
        if fits {
            kept.push(facts);
        }
    }
    Ok(kept)
}

/// The resource of a point or a chain.
async fn resource_of(operator: &Operator, name: &str) -> Result<Option<Arn>, LedgerError> {
    let ledger = operator.ledger();
    let owner = match name.parse::<PointId>() {
        Ok(point) => ledger.owner_of(&point).await?,
        Err(_) => None,
    };
    let owner = owner.or_else(|| name.parse::<ChainId>().ok().map(Owner::Chain));
    let Some(owner) = owner else { return Ok(None) };
    Ok(ledger.get::<ChainRecord>(&Key::chain(&owner)).await?.map(|chain| chain.value.resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_not_printed() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}c\n"), "a\u{fffd}[2Jb\u{fffd}c\n");
    }
}

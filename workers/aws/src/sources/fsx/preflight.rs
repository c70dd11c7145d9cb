//! What FSx has in the way of a policy: Regions that copies neither leave nor reach, kinds that are not backed up, windows.

use chainwright_chain::{finding::Obstacle, policy::Policy, retention::later};
use chainwright_contracts::{arn::Arn, codes, names::Region};
use jiff::{SignedDuration, Timestamp};

use super::{Fsx, unit::Unit};
use crate::{
    error::{Class, SourceError},
    sources::{Scope, backup::CopyKeys},
};

/// Regions that an account has to be opted in to: copies of FSx's backups neither leave nor reach them (AWS Backup developer
/// guide, "Feature availability by resource"; the Regions are those of the Account Management reference guide, "Enable or
/// disable AWS Regions in your account").
const OPT_IN: [&str; 16] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// Sessions so far ahead are held against the windows, which recur weekly.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Fsx {
    pub(super) async fn look_ahead(&self, policy: &Policy, scope: &Scope) -> Result<Vec<Obstacle>, SourceError> {
        let mut found = Vec::new();
        match self.backup.ensure_opted_in(scope).await {
            Err(error) if error.class == Class::Refused => {
                found.push(Obstacle::refused(codes::NOT_SUPPORTED, error.message, self.backup.opt_in(scope)));
            }
            other => other?,
        }
        if let Some(target) = policy.file().copy_to.get(&scope.region) {
            let closed = [&scope.region, &target.region].into_iter().filter(|region| is_opt_in(region));
            found.extend(closed.map(|region| {
                let wrong =
                    format!("copies of FSx backups neither leave nor reach {region}, which is an opt-in Region");
                Obstacle::refused(codes::NOT_SUPPORTED, wrong, "another Region in copy_to, or none")
            }));
        }
        found.extend(self.backup.preflight(policy, scope, CopyKeys::NotBackups).await?);
        Ok(found)
    }

    pub(super) async fn look_at(&self, policy: &Policy, resource: &Arn) -> Result<Vec<Obstacle>, SourceError> {
        let home = self.home_of(resource)?;
        let unit = home.unit().await?;
        let refused =
            |why: String, remedy: &str| Obstacle::refused(codes::NOT_SUPPORTED, format!("{resource}: {why}"), remedy);
        if let Some(why) = home.unsupported(&unit).await? {
            return Ok(vec![refused(why, "the resource in `exclude` of the policy")]);
        }
        let mut found = Vec::new();
        let copied = policy.file().copy_to.keys().any(|region| region.as_str() == resource.region());
        if let Some(why) = unit.uncopied().filter(|_| copied) {
            found.push(refused(why, "the resource in `exclude`, and in a policy without copy_to"));
        }
        found.extend(in_window(policy, resource, &unit));
        Ok(found)
    }
}

fn is_opt_in(region: &Region) -> bool {
    OPT_IN.contains(&region.as_str())
}

/// What is to be said of the sessions that fall into a time without backups: of the one that waits longest. One that waits
/// longer than the policy tries makes no point.
fn in_window(policy: &Policy, resource: &Arn, unit: &Unit) -> Option<Obstacle> {
    let (from, windows) = (unit.date, unit.windows());
    let until = from.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let slots = policy.calendar().slots(from, until).map(|slot| slot.at);
    let closed = slots.filter_map(|slot| Some((slot, windows.closed(slot)?)));
    let (slot, closed) = closed.max_by_key(|(slot, closed)| closed.until.duration_since(*slot))?;
    let wrong = format!("{resource}: of the session of {slot} {closed}");
    let remedy = format!(
        "aws fsx update-file-system --region {} --file-system-id {} with another window, or another time in `schedules`",
        resource.region(),
        unit.file_system.file_system_id().unwrap_or_default()
    );
    let within = policy.file().retry.within;
    if later(policy.calendar().zone(), slot, within) < closed.until {
        let wrong = format!("{wrong}, which is longer than `retry.within` of {within}, so that its backup fails");
        let remedy = format!("{remedy}, or a longer `retry.within`");
        return Some(Obstacle::missing(codes::IN_WINDOW, wrong, remedy));
    }
    Some(Obstacle::notice(codes::IN_WINDOW, wrong, remedy))
}

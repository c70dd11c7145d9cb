//! Points of services that show and tag them as backups of their own, for these services to look up.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::job::{Job, JobState};
use super::point::{Content, Point, Status};
use super::state::{Place, State};
use crate::fsx::Held;
use crate::world::World;

/// A backup of FSx that AWS Backup keeps.
pub(crate) struct Kept<'a> {
    pub(crate) arn: &'a str,
    pub(crate) created: Timestamp,
    /// Whether it is made.
    pub(crate) complete: bool,
    pub(crate) tags: &'a BTreeMap<String, String>,
    pub(crate) held: &'a Held,
}

/// What reads a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Copy,
    Restore,
}

impl<'a> Kept<'a> {
    fn of(point: &'a Point) -> Option<Self> {
        let Content::FileSystem(held) = &point.content else { return None };
        let complete = point.status != Status::Creating;
        Some(Self { arn: &point.arn, created: point.created, complete, tags: &point.tags, held })
    }
}

/// Every backup of FSx in a place that is a point, by ARN.
pub(crate) fn kept<'a>(world: &'a World, place: &Place) -> impl Iterator<Item = Kept<'a>> + use<'a> {
    world.backup.known(place).into_iter().flat_map(|region| region.points.all().filter_map(Kept::of))
}

/// The tags of such a backup.
pub(crate) fn kept_tags<'a>(
    state: &'a mut State,
    place: &Place,
    arn: &str,
) -> Option<&'a mut BTreeMap<String, String>> {
    state.region(place).points.get_mut(arn).map(|point| &mut point.tags)
}

/// What reads the point with that ARN, if anything does.
pub(crate) fn used_for(world: &World, place: &Place, arn: &str) -> Option<Use> {
    let region = world.backup.known(place)?;
    region.points.get(arn).filter(|point| point.users > 0)?;
    let copied = |state: JobState| state == JobState::Running;
    let is_copied = region.copy_jobs.all().any(|job| job.source == arn && copied(job.progress().state));
    Some(if is_copied { Use::Copy } else { Use::Restore })
}

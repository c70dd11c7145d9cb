//! One backup or copy job per resource at a time ("AWS Backup quotas").

use super::state::Place;
use crate::world::World;

/// Takes the resource for a job; false while another job has it.
pub(super) fn take(world: &mut World, place: &Place, resource: &str, job: &str) -> bool {
    let running = &mut world.backup.region(place).running;
    if running.contains_key(resource) {
        return false;
    }
    running.insert(resource.to_owned(), job.to_owned());
    true
}

/// Gives the resource back, if the job has it.
pub(super) fn release(world: &mut World, place: &Place, resource: &str, job: &str) {
    let running = &mut world.backup.region(place).running;
    if running.get(resource).is_some_and(|holder| holder == job) {
        running.remove(resource);
    }
}

/// Whether a backup of the resource is running; it must not be deleted meanwhile.
pub(crate) fn is_backing_up(world: &World, resource: &str) -> bool {
    world
        .backup
        .places()
        .any(|(_, region)| region.running.get(resource).is_some_and(|job| region.backup_jobs.get(job).is_some()))
}

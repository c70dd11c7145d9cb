//! Whose a point is, written beside the point and ended with it.

use chainwright_chain::state::{OperationRecord, PointRecord};
use jiff::Timestamp;

use super::{Change, Family, Key, Ledger, LedgerError, PointOwner, Record as _, Versioned};

impl Ledger {
    /// Adds a point that is not in the ledger yet, and whose it is. What an earlier record of the same point has left
    /// behind, since the two are forgotten one after the other, is taken over.
    ///
    /// # Errors
    /// As [`Ledger::get`]; [`LedgerError::Conflict`] where the point is another owner's.
    pub(crate) async fn create_point(&self, change: Change, point: &PointRecord) -> Result<Change, LedgerError> {
        let owner = PointOwner { point: point.id.clone(), owner: point.owner.clone(), ended_at: point.ended_at() };
        let change = change.create(point);
        match self.get::<PointOwner>(&Key::point_owner(&point.id)).await? {
            None => Ok(change.create(&owner)),
            Some(known) if known.value.owner == owner.owner => {
                Ok(change.update(&Versioned { version: known.version, value: owner }))
            }
            Some(known) => Err(LedgerError::Conflict(format!("point {} is {}'s", point.id, known.value.owner))),
        }
    }

    /// Ends whose a point is together with the point's own record, or takes that back where it goes on.
    ///
    /// # Errors
    /// As [`Ledger::get`].
    pub(crate) async fn end_owner(&self, change: Change, point: &PointRecord) -> Result<Change, LedgerError> {
        let ended_at = point.ended_at();
        Ok(match self.get::<PointOwner>(&Key::point_owner(&point.id)).await? {
            Some(mut known) if known.value.ended_at != ended_at => {
                known.value.ended_at = ended_at;
                change.update(&known)
            }
            _ => change,
        })
    }

    /// Ends what belongs to a point of which nothing is left: whose it is, and its operations. It may be run again.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub(crate) async fn close(&self, family: &Family, point: &PointRecord, now: Timestamp) -> Result<(), LedgerError> {
        let mut change = self.end_owner(Change::new(), point).await?;
        let open = |operation: &&Versioned<OperationRecord>| operation.value.point == point.id;
        for operation in family.operations.iter().filter(open).filter(|operation| operation.value.ended_at.is_none()) {
            let mut ended = operation.clone();
            ended.value.ended_at = Some(now);
            change = change.update(&ended);
        }
        self.commit(change).await
    }
}

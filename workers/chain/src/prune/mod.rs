//! The prune plan: one decision with all its reasons for every point and side of a chain.
//!
//! The plan is a pure function of what was seen. It asks nothing and changes nothing; its caller verifies the keepers,
//! writes tombstones, deletes and verifies. The rules:
//!
//! * I3: of the good points of a side, the newest `keep_last` stay, whatever their age; `keep_last` is the setting that
//!   the newest good point carries. Only what was seen to be good can keep others from being kept.
//! * I4: manual, foreign, held, locked and automatic points stay, and those with an unfinished backup, copy or restore.
//! * I5: nothing goes before its last flag has ended; what has no reason to stay goes.
//!
//! A chain is planned in two passes over its points, newest first: the first counts what is good, the second decides.
//! Each pass looks at every side of every point once, so the plan is linear in the chain's length.

mod decision;
mod input;
mod plan;

pub use self::{
    decision::{Decision, Keep, Plan, Planned},
    input::{Chain, ChainPoint, Goodness, Kind, Lock, NotGood, Ownership, PointSide},
    plan::plan,
};

//! The engine over simcloud with the real SQS client, in virtual time.

mod chains;
mod cost;
mod drain;
mod faults;
mod jobs;
mod leases;
mod poison;
mod start;
mod storm;
mod world;

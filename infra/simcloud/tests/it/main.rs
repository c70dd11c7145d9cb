//! The simulated cloud as its callers see it: requests made by hand, answers read from the wire.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

mod backup;
mod backup_events;
mod backup_support;
mod clients;
mod dynamodb;
mod dynamodb_properties;
mod events;
mod faults;
mod fsx;
mod fsx_backup;
mod fsx_restores;
mod iam;
mod kms;
mod redshift;
mod redshift_copies;
mod redshift_limits;
mod redshift_support;
mod saved;
mod schedules;
mod server;
mod serverless;
mod sqs;
mod sqs_batches;
mod sqs_limits;
mod sqs_model;
mod sqs_moves;
mod sts;
mod support;
mod wire;

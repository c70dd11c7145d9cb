//! Chainwright at AWS: clients per account and Region, one file per source, sealing, the ledger's store.
//!
//! Everything that knows a service's calls, oddities and error codes is in this crate, except SQS, which belongs to the
//! engine. Upwards it speaks the words of [`chainwright_chain::exchange`]. It holds no state but connections and
//! credentials: whatever must be remembered is remembered by its callers, in the ledger.
//!
//! * [`clients`]: the SDK's clients, made when first needed, with a member role assumed in other accounts.
//! * [`error`]: what went wrong, by what can be done about it.
//! * [`sources`]: the services that can be backed up.
//! * [`rights`]: roles, and whether they may do what a policy needs.
//! * [`sealing`]: the encrypted record in a point's tags.
//! * [`ledger`]: items with versions and conditions over one DynamoDB table.
//! * [`page`]: one page of anything.
//! * [`bus`]: what Chainwright tells others.

pub mod bus;
pub mod clients;
mod convert;
mod date;
pub mod error;
pub mod ledger;
pub mod page;
pub mod rights;
pub mod sealing;
pub mod sources;

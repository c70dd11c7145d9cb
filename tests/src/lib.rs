//! What the end-to-end tests share: an installation in virtual time, and questions to simcloud's own model.
//!
//! Invariants are checked against the model, never against the ledger or the command line, which are what is tested.

pub mod clusters;
pub mod files;
pub mod gates;
pub mod installation;
pub mod kept;
pub mod loss;
pub mod model;
pub mod otlp;
mod policies;
pub mod strangers;
pub mod warehouse;
pub mod witness;

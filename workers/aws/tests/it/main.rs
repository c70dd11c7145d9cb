//! The crate against the simulated cloud, in virtual time; against canned answers where AWS's own words matter.

mod bus;
mod canned;
mod clients;
mod discovery;
mod jobs;
mod ledger;
mod points;
mod sealing;
mod seals;
mod support;
mod table;

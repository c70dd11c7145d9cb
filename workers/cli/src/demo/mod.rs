//! `demo`: three virtual weeks of the main job on simcloud, with everything going wrong that usually does.
//!
//! The story is played by the workers that ship, over a simulated AWS, on a paused clock. Its report is made from two
//! sides that know nothing of each other: what the ledger says of every point, and what simcloud's own model holds.

mod automatic;
mod check;
mod policies;
mod progress;
mod report;
mod resources;
mod story;
mod tables;
mod there;

use chainwright_contracts::names::InvalidName;

use crate::{
    output::{Answer, Format, json},
    simulation::SimulationError,
};

pub use self::{
    automatic::Automatic,
    check::Checked,
    report::{Report, Totals},
    story::CALL_BUDGET,
};
pub use crate::chain::report::{ChainReport, PointReport};

/// What `demo` can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The seed of everything random: the same one repeats the run to the byte.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print the report as JSON; the same as `-o json`.
    #[arg(long)]
    pub json: bool,
}

/// Why the demo came to no end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The simulation failed.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A call to the simulated AWS failed.
    #[error("{what}: {reason}")]
    Call {
        /// What was to be done.
        what: &'static str,
        /// In AWS's words.
        reason: String,
    },
    /// A job of the operator's failed.
    #[error(transparent)]
    Job(#[from] chainwright_jobs::JobError),
    /// The story's policy is no policy.
    #[error(transparent)]
    Policy(#[from] chainwright_contracts::policy::PolicyErrors),
    /// A name in the story is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// There is no runtime to be had.
    #[error("the simulation cannot start: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Plays the demo and answers with its report. It fails where an invariant is broken.
pub(crate) fn run(arguments: &Arguments, format: Format) -> Answer {
    let as_json = arguments.json || format == Format::Json;
    match play(arguments.seed) {
        Ok(report) => {
            let broken = report.totals.invariants.iter().flat_map(|checked| checked.broken.clone()).collect::<Vec<_>>();
            let answer = if as_json { json(&report) } else { Answer::done(tables::render(&report)) };
            match broken.first() {
                None => answer,
                Some(first) => answer.failing(format!("{} checks failed, the first: {first}", broken.len())),
            }
        }
        Err(error) => Answer::failed(format!("the demo came to no end: {error}")),
    }
}

/// Plays the demo in a runtime of its own: one thread, paused clock.
///
/// # Errors
/// Where the simulation itself fails.
pub fn play(seed: u64) -> Result<Report, DemoError> {
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(story::play(seed))
}

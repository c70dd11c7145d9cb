//! Plans before changes: what would be done is shown, and done when somebody says so.

use crate::{operator::Operator, output, trouble::Trouble};

/// The flag of every command that changes something.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Yes {
    /// Do it without a question.
    #[arg(long)]
    pub(crate) yes: bool,
}

impl Yes {
    /// Shows the plan and asks, unless it was agreed to beforehand. Where nobody can be asked, the plan is what the
    /// command fails with.
    pub(crate) fn to(self, operator: &Operator, plan: &str) -> Result<(), Trouble> {
        agree(operator, plan, self.yes, "--yes")
    }
}

/// As [`Yes::to`], for a question of its own, which is agreed to beforehand with `flag`.
pub(crate) fn agree(operator: &Operator, plan: &str, agreed: bool, flag: &str) -> Result<(), Trouble> {
    if agreed || (operator.at_terminal() && output::confirm(plan)) {
        return Ok(());
    }
    Err(Trouble::Failed(format!("{plan}\nNothing was done: say {flag} to do it.")))
}

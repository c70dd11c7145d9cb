//! The tree of nouns and verbs.

use clap::{Parser, Subcommand};

use crate::{
    backup, catalog, chain, copy, demo, dev, dlq, output::Format, point, policy, prune, queue, retention, session,
    simcloud,
};

/// Backup chains for DynamoDB, FSx, Redshift Serverless and Redshift.
#[derive(Debug, Parser)]
#[command(name = "chainwright", version, arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Cli {
    /// The form of the answer.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// What it is about.
    #[command(subcommand)]
    pub(crate) noun: Noun,
}

/// What a command is about.
#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    /// Play three virtual weeks of the main job on a simulated AWS, with faults, and report.
    Demo(demo::Arguments),
    /// Serve a simulated AWS with a hub and workers in it on 127.0.0.1, for trying and for tests.
    Dev(dev::Arguments),
    /// Serve the simulated AWS alone on 127.0.0.1, for any AWS client.
    Simcloud(simcloud::Arguments),
    /// Policy files: what they mean and what they would do.
    Policy {
        /// What to do.
        #[command(subcommand)]
        verb: policy::Verb,
    },
    /// Run a worker until a signal ends it. It is configured by the environment.
    Worker,
    /// Ask the worker that this environment configures how it is; fails where a restart may help.
    Health,
    /// Explain an error code.
    Explain {
        /// The code, such as CW0206.
        code: String,
    },
    /// What needs a hub.
    #[command(flatten)]
    Hub(HubNoun),
}

/// What a command is about that reads or changes a hub: the one that the environment names.
#[derive(Debug, Subcommand)]
pub(crate) enum HubNoun {
    /// Manual backups, and the removal of points on request.
    Backup {
        /// What to do.
        #[command(subcommand)]
        verb: backup::Verb,
    },
    /// Chains: the points of one resource under one policy.
    Chain {
        /// What to do.
        #[command(subcommand)]
        verb: chain::Verb,
    },
    /// Copies in other Regions.
    Copy {
        /// What to do.
        #[command(subcommand)]
        verb: copy::Verb,
    },
    /// One restore point.
    Point {
        /// What to do.
        #[command(subcommand)]
        verb: point::Verb,
    },
    /// What retention removes.
    Prune {
        /// What to do.
        #[command(subcommand)]
        verb: prune::Verb,
    },
    /// How long the points that are there are kept.
    Retention {
        /// What to do.
        #[command(subcommand)]
        verb: retention::Verb,
    },
    /// Sessions: one run of one policy for one slot.
    Session {
        /// What to do.
        #[command(subcommand)]
        verb: session::Verb,
    },
    /// Check everything that the hub and the applied policies need, and tell for each thing that is amiss what mends it.
    /// Fails where something is missing.
    Doctor,
    /// What the ledger knows of points.
    Catalog {
        /// What to do.
        #[command(subcommand)]
        verb: catalog::Verb,
    },
    /// Dead letters: messages that were given up, and why.
    Dlq {
        /// What to do.
        #[command(subcommand)]
        verb: Box<dlq::Verb>,
    },
    /// The queues.
    Queue {
        /// What to do.
        #[command(subcommand)]
        verb: queue::Verb,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_not_a_command_is_a_usage_error() {
        for line in
            ["chainwright", "chainwright frobnicate", "chainwright policy simulate f --from yesterday --to 2026-01-01"]
        {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn the_form_of_the_answer_may_stand_behind_the_verb() {
        let cli = Cli::try_parse_from("chainwright policy validate gold.yaml -o json".split(' ')).unwrap();
        assert_eq!(cli.output, Format::Json);
    }
}

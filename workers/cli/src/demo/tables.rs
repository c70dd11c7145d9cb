//! The report for people: one table per chain and side, what the services made by themselves, then the totals.

use std::fmt::Write;

use jiff::Timestamp;

use super::{
    Automatic,
    report::{Report, Totals},
};
use crate::{chain::report::brief, output::table};

/// The whole report as text.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for chain in &report.chains {
        let policy = chain.policy.as_ref().map_or("manual", |policy| policy);
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}  {}  {}", name(&chain.resource), policy, chain.side);
        let _ = writeln!(text, "{}\n", brief(chain));
    }
    let _ = writeln!(text, "{}\n", automatic(&report.automatic));
    text.push_str(&totals(&report.totals));
    text
}

fn name(resource: &str) -> &str {
    resource.rsplit_once(['/', ':']).map_or(resource, |(_, name)| name)
}

fn automatic(all: &[Automatic]) -> String {
    let instant = |at: Option<Timestamp>| at.map(|at| at.strftime("%a %-d %b %H:%M").to_string()).unwrap_or_default();
    let rows = all.iter().map(|of| {
        let resource = name(&of.resource).to_owned();
        [resource, of.region.clone(), of.points.to_string(), instant(of.oldest), instant(of.newest)]
    });
    table(["AUTOMATIC", "REGION", "POINTS", "OLDEST", "NEWEST"], rows)
}

fn totals(totals: &Totals) -> String {
    let count = |what: &str, count: u64| [what.to_owned(), count.to_string()];
    let of = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let rows = [
        count("jobs done", totals.jobs),
        count("calls to AWS", totals.aws_calls),
        count("calls to AWS per point, queues not counted", totals.aws_calls_per_point),
        count("backups made", of(totals.backups)),
        count("copies made", of(totals.copies)),
        count("points pruned", of(totals.pruned)),
        count("backups failed on purpose", totals.backups_failed),
        count("workers killed mid-job", totals.workers_killed),
        count("events lost", totals.events_lost),
        count("lost events made up for by the tick", totals.events_found),
        count("events doubled", totals.events_doubled),
        count("dead letters", of(totals.dead_letters.len())),
    ];
    let mut text = table(["TOTALS", ""], rows);
    for dead in &totals.dead_letters {
        let _ = write!(text, "\n  {} from {}: {}", dead.code, dead.origin, dead.reason);
    }
    let checks = totals.invariants.iter().map(|checked| {
        let verdict = if checked.broken.is_empty() { "holds".to_owned() } else { checked.broken.join("; ") };
        [checked.invariant.to_owned(), verdict, checked.cases.to_string(), checked.says.to_owned()]
    });
    let _ = write!(text, "\n\n{}", table(["INVARIANT", "", "CASES", "SAYS"], checks));
    text
}

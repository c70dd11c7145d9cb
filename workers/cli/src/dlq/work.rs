//! Carries a plan out, queue by queue, ten letters at a time.
//!
//! Letters are told by the plan's message ids, never by what they say: one that is dead again already has a new id and
//! is left for the next time, so that nothing goes in circles. What is received and not planned stays hidden until the
//! walk ends, and is shown again. At any moment the process may be killed: a letter is sent before it is deleted, so it
//! is in one of the two queues, or in both, and then its job runs twice to the same end (I7).

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::Duration,
};

use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::{
    batch::{self, Entry},
    letter::{Letter, Reader},
    plan::Plan,
    progress::Progress,
    scan::Walk,
};
use crate::{operator::Operator, output::Answer};

/// What is done with each letter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Back to the queue from which it came, at most so many a second.
    Replay { rate: Option<NonZeroU32> },
    /// Deleted.
    Drop,
}

/// A letter with which it did not go well.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Failed {
    message_id: String,
    reason: String,
}

/// What became of a plan.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Letters that are no longer dead.
    pub(super) done: usize,
    /// Letters that were planned and then not seen: hidden by somebody else, dropped meanwhile, or too old.
    pub(super) not_found: usize,
    /// Letters that stay where they are.
    pub(super) failed: Vec<Failed>,
    trouble: Vec<String>,
}

impl Done {
    /// The answer, failed where not everything was done.
    pub(super) fn conclude(self, answer: Answer, agreed: bool) -> Answer {
        let mut answer = answer;
        if !agreed {
            return answer.failing("Nothing was done: say --yes.");
        }
        for failed in self.failed.iter().take(10) {
            answer = answer.failing(format!("{} stays: {}", failed.message_id, failed.reason));
        }
        if self.not_found > 0 {
            let count = self.not_found;
            answer = answer.failing(format!("{count} were not seen again: repeat the command when they show"));
        }
        self.trouble.into_iter().fold(answer, Answer::failing)
    }
}

/// Does with each letter of the plan what `action` says. What went wrong is in the answer.
pub(super) async fn carry_out(operator: &Operator, reader: &Reader, plan: &Plan, action: Action) -> Done {
    let mut done = Done::default();
    let progress = Progress::over(plan.chosen.len());
    let mut pace = Pace { action, next: Instant::now() };
    for queue in &plan.queues {
        let open = plan.of(queue);
        if open.is_empty() {
            continue;
        }
        let walk = match Walk::begin(operator, reader, queue).await {
            Ok(walk) => walk,
            Err(reason) => {
                done.trouble.push(reason);
                continue;
            }
        };
        let mut work =
            Work { operator, walk, open, sent: BTreeSet::new(), done: &mut done, progress: &progress, pace: &mut pace };
        let result = tokio::select! {
            biased;
            () = operator.interrupted() => Err("interrupted: what was not reached stays; say the same again".to_owned()),
            result = work.run() => result,
        };
        let Work { walk, open, .. } = work;
        walk.end().await;
        match result {
            Ok(()) => done.not_found += open.len(),
            Err(reason) => {
                done.trouble.push(reason);
                break;
            }
        }
    }
    done
}

struct Work<'a> {
    operator: &'a Operator,
    walk: Walk<'a>,
    /// Planned, and neither done nor given up.
    open: BTreeSet<String>,
    /// Sent, but not known to be deleted.
    sent: BTreeSet<String>,
    done: &'a mut Done,
    progress: &'a Progress,
    pace: &'a mut Pace,
}

impl Work<'_> {
    async fn run(&mut self) -> Result<(), String> {
        while !self.open.is_empty() {
            self.pace.wait().await;
            let Some(letters) = self.walk.next(self.pace.at_once()).await? else { break };
            let planned: Vec<_> = letters.into_iter().filter(|l| self.open.contains(&l.facts.message_id)).collect();
            self.pace.spent(planned.len());
            if matches!(self.pace.action, Action::Replay { .. }) {
                self.send(&planned).await?;
            }
            self.delete(&planned).await;
        }
        Ok(())
    }

    /// Sends what is not sent yet, to each letter's own queue.
    async fn send(&mut self, letters: &[Letter]) -> Result<(), String> {
        let mut by_origin: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
        for letter in letters.iter().filter(|letter| !self.sent.contains(&letter.facts.message_id)) {
            // A letter without origin is in no plan of a replay.
            if let Some(origin) = letter.facts.origin.as_deref() {
                by_origin.entry(origin).or_default().push(Entry::of(letter).map_err(|error| error.to_string())?);
            }
        }
        for (origin, entries) in by_origin {
            let refused = match self.url_of(origin).await {
                Ok(url) => batch::send(self.operator.sqs(), &url, &entries).await,
                Err(reason) => entries.iter().map(|entry| (entry.id.clone(), reason.clone())).collect(),
            };
            self.sent.extend(entries.into_iter().map(|entry| entry.id).filter(|id| !refused.contains_key(id)));
            self.give_up(refused);
        }
        Ok(())
    }

    async fn delete(&mut self, letters: &[Letter]) {
        let ready = |id: &String| {
            self.open.contains(id) && (matches!(self.pace.action, Action::Drop) || self.sent.contains(id))
        };
        let ids: Vec<String> = letters.iter().map(|letter| letter.facts.message_id.clone()).filter(ready).collect();
        let mut refused = self.walk.delete(&ids).await;
        for (_, reason) in refused.iter_mut().filter(|(id, _)| self.sent.contains(*id)) {
            *reason = format!("it was sent and could not be deleted: {reason}");
        }
        for id in ids.iter().filter(|id| !refused.contains_key(*id)) {
            self.open.remove(id);
            self.done.done += 1;
        }
        self.progress.advance(ids.len() - refused.len());
        self.give_up(refused);
    }

    fn give_up(&mut self, refused: BTreeMap<String, String>) {
        for (message_id, reason) in refused {
            self.open.remove(&message_id);
            self.done.failed.push(Failed { message_id, reason });
        }
    }

    async fn url_of(&self, name: &str) -> Result<String, String> {
        self.operator.queue_url(name.strip_prefix(&self.operator.hub().prefix).unwrap_or(name)).await
    }
}

/// Keeps to so many letters a second.
struct Pace {
    action: Action,
    next: Instant,
}

impl Pace {
    fn rate(&self) -> Option<NonZeroU32> {
        match self.action {
            Action::Replay { rate } => rate,
            Action::Drop => None,
        }
    }

    /// How many letters to take at once: no more than a second's worth.
    fn at_once(&self) -> i32 {
        self.rate().and_then(|rate| i32::try_from(rate.get()).ok()).unwrap_or(10).min(10)
    }

    async fn wait(&self) {
        sleep_until(self.next).await;
    }

    fn spent(&mut self, letters: usize) {
        if let (Some(rate), Ok(letters)) = (self.rate(), u32::try_from(letters)) {
            let from = self.next.max(Instant::now());
            self.next = from + Duration::from_secs(1) * letters / rate.get();
        }
    }
}

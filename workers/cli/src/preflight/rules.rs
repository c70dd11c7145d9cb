//! The rules by which ticks and the services' events come to the hub.
//!
//! A rule sees the events of its own account and Region alone. In the hub's own Region rules lead to queues; elsewhere, and
//! in other accounts, they lead to the hub's default bus, whose rule takes the events from there.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    operation::describe_rule::DescribeRuleOutput,
    types::{RuleState, Target},
};
use chainwright_aws::error::{SourceError, failed};
use chainwright_chain::finding::Obstacle;
use chainwright_contracts::{
    codes,
    names::{AccountId, Region},
    queues,
};
use serde_json::Value;

use super::looked_at;
use crate::{
    hub::{EVENTS_PATTERN, EVENTS_RULE, TICK_INPUT, TICK_RULE},
    operator::Operator,
    trouble::Trouble,
};

const DESCRIBE: &str = "events:DescribeRule";
const TARGETS: &str = "events:ListTargetsByRule";

/// The rules in the hub's own Region: ticks, and the services' events.
pub(crate) async fn of_home(operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
    let (account, home) = (operator.clients().own_account(), operator.clients().home_region());
    let queue = |name: queues::QueueName| {
        format!("arn:{}:sqs:{home}:{account}:{}{name}", home.partition(), operator.hub().prefix)
    };
    let tick = Rule { name: TICK_RULE, account, region: home, wants: Wants::Ticks, target: queue(queues::SESSIONS) };
    let events = Rule { name: EVENTS_RULE, account, region: home, wants: Wants::Events, target: queue(queues::EVENTS) };
    let mut found = tick.check(operator).await?;
    found.extend(events.check(operator).await?);
    Ok(found)
}

/// The rule of another Region or another account, which sends the services' events to the hub's default bus. AWS Backup
/// tells of its jobs where they run: in the account and Region of what is backed up.
pub(crate) async fn of_place(
    operator: &Operator,
    account: &AccountId,
    region: &Region,
) -> Result<Vec<Obstacle>, Trouble> {
    let (own, home) = (operator.clients().own_account(), operator.clients().home_region());
    if account == own && region == home {
        return Ok(Vec::new());
    }
    let target = format!("arn:{}:events:{home}:{own}:event-bus/default", home.partition());
    Rule { name: EVENTS_RULE, account, region, wants: Wants::Events, target }.check(operator).await
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    Ticks,
    Events,
}

struct Rule<'a> {
    name: &'static str,
    account: &'a AccountId,
    region: &'a Region,
    wants: Wants,
    target: String,
}

impl Rule<'_> {
    async fn check(&self, operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
        looked_at(&self.place(), self.look(operator).await)
    }

    fn place(&self) -> String {
        format!("the rule {} in {}/{}", self.name, self.account, self.region)
    }

    async fn look(&self, operator: &Operator) -> Result<Vec<Obstacle>, SourceError> {
        let events = operator.clients().eventbridge(self.account, self.region)?;
        let rule = match events.describe_rule().name(self.name).send().await {
            Ok(rule) => rule,
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                let remedy = format!("{} && {}", self.put_rule(), self.put_targets());
                return Ok(vec![missing(format!("{} does not exist", self.place()), remedy)]);
            }
            Err(error) => return Err(failed(DESCRIBE)(error)),
        };
        let mut found: Vec<Obstacle> = self.faults(&rule).into_iter().collect();
        found.extend(self.mistargeted(&self.targets(&events).await?));
        Ok(found)
    }

    /// What is wrong with the rule itself.
    fn faults(&self, rule: &DescribeRuleOutput) -> Option<Obstacle> {
        if rule.state() == Some(&RuleState::Disabled) {
            let remedy = format!("aws events enable-rule --region {} --name {}", self.region, self.name);
            return Some(missing(format!("{} is disabled", self.place()), remedy));
        }
        let lacks = match self.wants {
            // A tick every minute is what a person would set; any other rate is somebody's choice.
            Wants::Ticks if rule.schedule_expression().unwrap_or_default().is_empty() => "has no schedule",
            Wants::Events if !takes_all(rule.event_pattern().unwrap_or_default()) => "does not take all that it has to",
            Wants::Ticks | Wants::Events => return None,
        };
        Some(missing(format!("{} {lacks}", self.place()), self.put_rule()))
    }

    async fn targets(&self, events: &aws_sdk_eventbridge::Client) -> Result<Vec<Target>, SourceError> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let call = events.list_targets_by_rule().rule(self.name).set_next_token(next);
            let page = call.send().await.map_err(failed(TARGETS))?;
            all.extend(page.targets.unwrap_or_default());
            next = page.next_token;
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    fn mistargeted(&self, targets: &[Target]) -> Option<Obstacle> {
        let Some(target) = targets.iter().find(|target| target.arn() == self.target) else {
            let wrong = format!("{} does not lead to {}", self.place(), self.target);
            return Some(missing(wrong, self.put_targets()));
        };
        let whole = target.input().is_none() && target.input_path().is_none() && target.input_transformer().is_none();
        let wrong = match self.wants {
            Wants::Ticks if !target.input().is_some_and(is_tick) => "does not send a tick",
            Wants::Events if !whole => "does not send the events as they are",
            Wants::Ticks | Wants::Events => return None,
        };
        // A target of another id would stay beside the one that is put.
        let put = self.put_targets().replace(r#""Id":"chainwright""#, &format!(r#""Id":"{}""#, target.id()));
        Some(missing(format!("{} {wrong} to {}", self.place(), self.target), put))
    }

    fn put_rule(&self) -> String {
        let made_of = match self.wants {
            Wants::Ticks => "--schedule-expression 'rate(1 minute)'".to_owned(),
            Wants::Events => format!("--event-pattern '{EVENTS_PATTERN}'"),
        };
        format!("aws events put-rule --region {} --name {} {made_of}", self.region, self.name)
    }

    fn put_targets(&self) -> String {
        let input = match self.wants {
            Wants::Ticks => format!(r#","Input":"{}""#, TICK_INPUT.replace('"', "\\\"")),
            Wants::Events => String::new(),
        };
        format!(
            r#"aws events put-targets --region {} --rule {} --targets '[{{"Id":"chainwright","Arn":"{}"{input}}}]'"#,
            self.region, self.name, self.target
        )
    }
}

fn missing(wrong: String, remedy: String) -> Obstacle {
    Obstacle::missing(codes::MISSING_AT_START, wrong, remedy)
}

fn is_tick(input: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(input).is_some_and(|input| Some(input) == read(TICK_INPUT))
}

/// Whether a pattern takes everything that the hub's own takes: its sources, and nothing that narrows them.
fn takes_all(pattern: &str) -> bool {
    let Ok(Value::Object(pattern)) = serde_json::from_str::<Value>(pattern) else { return false };
    let sources = |value: &Value| -> BTreeSet<String> {
        let list = value.get("source").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let wanted = serde_json::from_str::<Value>(EVENTS_PATTERN).map(|wanted| sources(&wanted)).unwrap_or_default();
    let narrowed = pattern.keys().any(|key| key != "source");
    !narrowed && wanted.is_subset(&sources(&Value::Object(pattern)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_may_take_more_and_not_less() {
        assert!(takes_all(EVENTS_PATTERN));
        assert!(takes_all(r#"{"source": ["aws.redshift-serverless", "aws.backup", "aws.fsx"]}"#));
        assert!(!takes_all(r#"{"source": ["aws.backup"]}"#));
        assert!(!takes_all(r#"{"source": ["aws.backup", "aws.redshift-serverless"], "detail-type": ["X"]}"#));
        assert!(!takes_all(""));
    }
}

//! The rules by which ticks and AWS Backup's events come to the hub.

use chainwright_chain::finding::Obstacle;
use chainwright_contracts::{codes, names::Region, queues};

use crate::{
    hub::{EVENTS_PATTERN, EVENTS_RULE, TICK_INPUT, TICK_RULE},
    operator::Operator,
    trouble::Trouble,
};

/// The rules in the hub's own Region: ticks, and AWS Backup's events.
pub(crate) async fn of_home(operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
    let home = operator.clients().home_region();
    let queue = |name: queues::QueueName| {
        let (account, prefix) = (operator.clients().own_account(), &operator.hub().prefix);
        format!("arn:aws:sqs:{home}:{account}:{prefix}{name}")
    };
    let tick = Rule {
        name: TICK_RULE,
        // A tick every minute is what a person would set; any other rate is somebody's choice.
        made_of: "--schedule-expression 'rate(1 minute)'".to_owned(),
        target: queue(queues::SESSIONS),
        input: Some(TICK_INPUT),
    };
    let events = Rule { target: queue(queues::EVENTS), ..of_events() };
    let mut found = tick.check(operator, home).await?;
    found.extend(events.check(operator, home).await?);
    Ok(found)
}

/// The rule of another Region, which sends AWS Backup's events to the hub's default bus.
pub(crate) async fn of_region(operator: &Operator, region: &Region) -> Result<Vec<Obstacle>, Trouble> {
    let (account, home) = (operator.clients().own_account(), operator.clients().home_region());
    let rule = Rule { target: format!("arn:aws:events:{home}:{account}:event-bus/default"), ..of_events() };
    rule.check(operator, region).await
}

fn of_events() -> Rule {
    Rule {
        name: EVENTS_RULE,
        made_of: format!("--event-pattern '{EVENTS_PATTERN}'"),
        target: String::new(),
        input: None,
    }
}

struct Rule {
    name: &'static str,
    made_of: String,
    target: String,
    input: Option<&'static str>,
}

impl Rule {
    async fn check(&self, operator: &Operator, region: &Region) -> Result<Vec<Obstacle>, Trouble> {
        let clients = operator.clients();
        let events = clients.eventbridge(clients.own_account(), region)?;
        let name = self.name;
        let finding = |wrong: String, remedy: String| vec![Obstacle::missing(codes::MISSING_AT_START, wrong, remedy)];
        let rule = match events.describe_rule().name(name).send().await {
            Ok(rule) => rule,
            Err(_) => {
                let put = format!("aws events put-rule --region {region} --name {name} {}", self.made_of);
                let wrong = format!("there is no rule {name} in {region}, or it may not be looked at");
                return Ok(finding(wrong, format!("{put} && {}", self.put_targets(region))));
            }
        };
        if rule.state().is_some_and(|state| state.as_str() == "DISABLED") {
            let remedy = format!("aws events enable-rule --region {region} --name {name}");
            return Ok(finding(format!("the rule {name} in {region} is disabled"), remedy));
        }
        let targets = events.list_targets_by_rule().rule(name).send().await;
        let targets = targets.map(|answer| answer.targets.unwrap_or_default()).unwrap_or_default();
        if targets.iter().any(|target| target.arn() == self.target) {
            return Ok(Vec::new());
        }
        let wrong = format!("the rule {name} in {region} does not lead to {}", self.target);
        Ok(finding(wrong, self.put_targets(region)))
    }

    fn put_targets(&self, region: &Region) -> String {
        let input = self.input.map(|input| format!(r#","Input":"{}""#, input.replace('"', "\\\""))).unwrap_or_default();
        format!(
            r#"aws events put-targets --region {region} --rule {} --targets '[{{"Id":"chainwright","Arn":"{}"{input}}}]'"#,
            self.name, self.target
        )
    }
}

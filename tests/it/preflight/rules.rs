//! The rules that bring ticks and events: there, enabled, taking and sending what the hub needs.

use aws_sdk_eventbridge::types::Target;
use chainwright_cli::{output::Exit, simulation::Members};
use chainwright_contracts::names::{AccountId, Region};
use chainwright_tests::{
    installation::{AWAY, HOME, Installation, must},
    witness::{PAIR, calm, prepared},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

use super::{apply, doctor, has};

const TICK: &str = "chainwright-tick";
const EVENTS: &str = "chainwright-backup-events";
const MEMBER: &str = "444455556666";

fn events(installation: &Installation, account: &str, region: &str) -> aws_sdk_eventbridge::Client {
    let (account, region): (AccountId, Region) = (must(account.parse()), must(region.parse()));
    must(installation.simulation.clients().eventbridge(&account, &region))
}

fn home(installation: &Installation) -> aws_sdk_eventbridge::Client {
    events(installation, "111122223333", HOME)
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_applied_with_the_word_that_the_tick_or_its_schedule_is_missing() {
    let installation = prepared(41, &["orders"], "").await;
    let client = home(&installation);
    let pattern = r#"{"source": ["aws.ec2"]}"#;
    client.put_rule().name(TICK).event_pattern(pattern).send().await.unwrap();
    let told = apply(&installation, "unscheduled.yaml", PAIR).await.remarks.join("\n");
    assert!(told.contains("chainwright-tick in 111122223333/eu-west-1 has no schedule"), "{told}");
    client.remove_targets().rule(TICK).ids("chainwright").send().await.unwrap();
    client.delete_rule().name(TICK).send().await.unwrap();
    let applied = apply(&installation, "unticked.yaml", PAIR).await;
    let told = applied.remarks.join("\n");
    assert!(applied.exit == Exit::Done && told.contains("aws events put-rule --region eu-west-1"), "{applied:?}");
    assert!(told.contains(r#""Input":"{\"kind\":\"tick\"}""#), "{told}");
}

#[tokio::test(start_paused = true)]
async fn rules_that_take_or_send_something_else_than_the_hub_needs_are_told() {
    let installation = prepared(42, &["orders"], PAIR).await;
    let client = home(&installation);
    assert_eq!(doctor(&installation).await, []);
    let narrow = r#"{"source": ["aws.backup", "aws.redshift-serverless"], "detail-type": ["Copy Job State Change"]}"#;
    client.put_rule().name(EVENTS).event_pattern(narrow).send().await.unwrap();
    assert!(has(&doctor(&installation).await, "CW0602", "missing", "aws events put-rule --region eu-west-1"));
    let wide = r#"{"source": ["aws.redshift-serverless", "aws.fsx", "aws.backup"]}"#;
    client.put_rule().name(EVENTS).event_pattern(wide).send().await.unwrap();
    let sessions = installation.simulation.queue_arn("sessions");
    let target = Target::builder().id("chainwright").arn(sessions).input(r#"{"kind":"tack"}"#).build().unwrap();
    client.put_targets().rule(TICK).targets(target).send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(found.len() == 1 && has(&found, "CW0602", "missing", "--rule chainwright-tick"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn what_eventbridge_does_not_tell_is_not_told_as_a_missing_rule_or_target() {
    let installation = prepared(43, &["orders"], PAIR).await;
    for operation in ["DescribeRule", "ListTargetsByRule"] {
        let denied = CallFault::Error { code: "AccessDeniedException".into(), message: "not you".into(), status: 400 };
        let (faults, on) =
            (installation.simulation.cloud().faults(), CallMatcher::operation(Service::Events, operation));
        let rule = faults.add(FaultRule::call(on.clone().in_region(AWAY), denied));
        let found = doctor(&installation).await;
        assert!(faults.fired(rule) > 0);
        faults.remove(rule);
        assert!(found.len() == 1 && has(&found, "CW0313", "missing", "CW0313"), "{found:?}");
        let rule = faults.add(FaultRule::call(on, CallFault::ServerError(500)));
        let refused = apply(&installation, "silent-rules.yaml", PAIR).await;
        assert!(faults.fired(rule) > 0 && refused.exit == Exit::Failed, "{refused:?}");
        faults.remove(rule);
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_account_has_a_rule_in_each_region_that_leads_to_the_hub() {
    let mut settings = calm(44);
    let allow = must(format!("111122223333/*,{MEMBER}/*").parse());
    settings.members = Some(Members { allow, role: "chainwright-member".into(), external_id: "of-the-hub".into() });
    let installation = Installation::new(settings).await;
    let policy = PAIR.replace("111122223333", MEMBER);
    let told = apply(&installation, "elsewhere.yaml", &policy).await.remarks.join("\n");
    for region in [HOME, AWAY] {
        assert!(told.contains(&format!("the rule {EVENTS} in {MEMBER}/{region} does not exist")), "{told}");
    }
    let bus = format!("arn:aws:events:{HOME}:111122223333:event-bus/default");
    assert!(told.contains(&format!(r#""Arn":"{bus}""#)), "{told}");
    for region in [HOME, AWAY] {
        let client = events(&installation, MEMBER, region);
        let pattern = r#"{"source":["aws.backup","aws.redshift-serverless"]}"#;
        client.put_rule().name(EVENTS).event_pattern(pattern).send().await.unwrap();
        let target = Target::builder().id("any").arn(&bus).build().unwrap();
        client.put_targets().rule(EVENTS).targets(target).send().await.unwrap();
    }
    let told = apply(&installation, "elsewhere.yaml", &policy).await.remarks.join("\n");
    assert!(!told.contains("CW0602"), "{told}");
}

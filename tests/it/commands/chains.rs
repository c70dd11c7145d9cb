//! `chain` and `prune`.

use chainwright_cli::output::Exit;
use chainwright_tests::{
    installation::{AWAY, HOME, must},
    witness::{find, minutes},
};
use serde_json::{Value, json};
use simcloud::faults::{FaultRule, JobFault};

use super::{data, run, shown, told, two_days, words};

/// The chain of a table.
async fn chain(installation: &chainwright_tests::installation::Installation, table: &str) -> String {
    let chains = data(installation, "chain get").await;
    let chains = chains.get("chains").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |chain: &Value, name: &str| must(chain.get(name).and_then(Value::as_str).ok_or("no text")).to_owned();
    let suffix = format!("table/{table}");
    let of_table = chains.iter().find(|chain| text(chain, "resource").ends_with(&suffix));
    text(must(of_table.ok_or("no chain")), "chain")
}

#[tokio::test(start_paused = true)]
async fn chains_are_listed_a_line_per_side_and_described_with_every_point() {
    let installation = two_days(1).await;
    insta::assert_snapshot!(shown(&installation, "chain get").await, @r#"
    CHAIN                       RESOURCE  POLICY  SIDE               POINTS  NEWEST                AGE    RPO  NEXT EXPIRY           STATE
    xxxxxxxxxxxxxxxxxxxxxxxxxx  invoices  gold    regular            2       2026-01-06T06:00:00Z  6h 0m  -    2026-01-07T06:00:00Z  owned
    xxxxxxxxxxxxxxxxxxxxxxxxxx  invoices  gold    copy:eu-central-1  2       2026-01-06T06:00:00Z  6h 0m  -    2026-01-07T06:00:00Z  owned
    xxxxxxxxxxxxxxxxxxxxxxxxxx  orders    gold    regular            2       2026-01-06T06:00:00Z  6h 0m  -    2026-01-07T06:00:00Z  owned
    xxxxxxxxxxxxxxxxxxxxxxxxxx  orders    gold    copy:eu-central-1  2       2026-01-06T06:00:00Z  6h 0m  -    2026-01-07T06:00:00Z  owned
    "#);
    let id = chain(&installation, "orders").await;
    insta::assert_snapshot!(shown(&installation, &format!("chain describe {id}")).await, @r#"
    chain xxxxxxxxxxxxxxxxxxxxxxxxxx
    resource arn:aws:dynamodb:eu-west-1:111122223333:table/orders
    policy gold

    regular
    SLOT                  POINT                       FLAGS                STORES     STATE      REASON
    2026-01-05T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  daily to 2026-01-07  full, 0 B  available  kept: daily until 2026-01-07T06:00:00Z
    2026-01-06T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  daily to 2026-01-08  full, 0 B  available  kept: daily until 2026-01-08T06:00:00Z; newest good point

    copy:eu-central-1
    SLOT                  POINT                       FLAGS                STORES     STATE      REASON
    2026-01-05T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  daily to 2026-01-07  full, 0 B  available  kept: daily until 2026-01-07T06:00:00Z
    2026-01-06T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  daily to 2026-01-08  full, 0 B  available  kept: daily until 2026-01-08T06:00:00Z; newest good point
    "#);
    let resource = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    let named = told(&installation, &format!("chain describe --resource {resource} --policy gold")).await;
    assert_eq!(named, told(&installation, &format!("chain describe {id}")).await);
    let only = data(&installation, &format!("chain get --resource {resource}")).await;
    assert_eq!(only["chains"].as_array().map(Vec::len), Some(1));
    let described = data(&installation, &format!("chain describe {id}")).await;
    let sides = described["chain"]["sides"].as_array().unwrap();
    assert_eq!(sides.iter().map(|side| &side["side"]).collect::<Vec<_>>(), ["regular", "copy:eu-central-1"]);
    assert_eq!(sides[0]["points"].as_array().map(Vec::len), Some(2));
    assert_eq!(sides[0]["points"][0]["state"], "available");
}

#[tokio::test(start_paused = true)]
async fn the_age_of_the_newest_point_is_held_against_the_rpo() {
    let policy = chainwright_tests::witness::PAIR.replace("schedules:", "rpo: 26 hours\nschedules:");
    let installation = chainwright_tests::witness::begun(2, &["orders"], &policy).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let late = async || {
        let chains = data(&installation, "chain get").await;
        let sides = chains["chains"][0]["sides"].as_array().unwrap().clone();
        sides.iter().map(|side| side["late"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(late().await, [false, false]);
    installation.simulation.cloud().faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())));
    installation.until("2026-01-06T12:00:00Z").await;
    assert_eq!(late().await, [true, true]);
    assert!(told(&installation, "chain get").await.contains("26 hours, late"));
}

#[tokio::test(start_paused = true)]
async fn a_chain_verifies_until_a_point_is_gone_and_reconciled_says_what_is_there() {
    let installation = two_days(3).await;
    let id = chain(&installation, "orders").await;
    let verified = data(&installation, &format!("chain verify {id}")).await;
    assert_eq!(verified, json!({"chain": id, "seals_opened": 4, "differences": []}));
    let gone = installation.points(HOME).into_iter().find(|point| point.resource.ends_with("orders")).unwrap();
    installation.simulation.cloud().inspect().take_point(&gone.arn).unwrap();
    let answer = run(&installation, &format!("chain verify {id} -o json")).await;
    assert_eq!(answer.exit, Exit::Failed);
    let told_of: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(
        (&told_of["differences"][0]["code"], &told_of["differences"][0]["arn"]),
        (&json!("CW0502"), &json!(gone.arn))
    );
    // Nothing was changed by looking: the ledger still counts the point.
    let again = run(&installation, &format!("chain verify {id}")).await;
    assert!(again.text.contains("it is gone from 111122223333/eu-west-1/chainwright"), "{}", again.text);
    told(&installation, &format!("chain reconcile {id} --yes")).await;
    minutes(&installation, 30).await;
    let verified = data(&installation, &format!("chain verify {id}")).await;
    assert_eq!((&verified["seals_opened"], &verified["differences"]), (&json!(3), &json!([])));
}

#[tokio::test(start_paused = true)]
async fn a_hold_in_the_tags_that_the_ledger_does_not_know_is_a_difference() {
    let installation = two_days(4).await;
    let id = chain(&installation, "orders").await;
    let point = installation.points(AWAY).into_iter().find(|point| point.resource.ends_with("orders")).unwrap();
    let backup = chainwright_tests::witness::backup(&installation, AWAY);
    backup.tag_resource().resource_arn(&point.arn).tags("chainwright:hold", "by hand").send().await.unwrap();
    let answer = run(&installation, &format!("chain verify {id}")).await;
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.text.contains("seal and ledger differ in whether it is held"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn a_prune_is_planned_with_all_reasons_and_done_by_a_worker() {
    let mut installation = two_days(5).await;
    installation.until("2026-01-07T05:00:00Z").await;
    installation.simulation.stop_worker("worker-1").await.unwrap();
    installation.until("2026-01-07T12:00:00Z").await;
    let id = chain(&installation, "orders").await;
    insta::assert_snapshot!(shown(&installation, &format!("prune plan {id}")).await, @r#"
    SLOT                  POINT                       SIDE               DECISION
    2026-01-05T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  regular            removed: due since 2026-01-07T06:00:00Z
    2026-01-05T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  copy:eu-central-1  removed: due since 2026-01-07T06:00:00Z
    2026-01-06T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  regular            kept: daily until 2026-01-08T06:00:00Z; newest good point
    2026-01-06T06:00:00Z  xxxxxxxxxxxxxxxxxxxxxxxxxx  copy:eu-central-1  kept: daily until 2026-01-08T06:00:00Z; newest good point
    "#);
    let first = installation.points(HOME).into_iter().find(|point| point.resource.ends_with("orders")).unwrap();
    let plan = data(&installation, &format!("prune plan {id}")).await;
    let decisions = plan["plan"]["decisions"].as_array().unwrap();
    assert_eq!(
        (&decisions[0]["decision"], &decisions[0]["since"]),
        (&json!("removed"), &json!("2026-01-07T06:00:00Z"))
    );
    assert_eq!(decisions.iter().filter(|one| one["decision"] == "kept").count(), 2);
    assert!(find(&installation, &first.arn).is_some(), "a plan removes nothing");
    let refused = words(&installation, &["prune", "apply", &id]).await;
    assert!(refused.remarks[0].contains("2 of these go"), "{refused:?}");
    told(&installation, &format!("prune apply {id} --yes")).await;
    installation.simulation.start_worker("worker-2").await.unwrap();
    minutes(&installation, 60).await;
    assert_eq!(find(&installation, &first.arn), None);
}

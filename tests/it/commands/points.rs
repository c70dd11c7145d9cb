//! `point`.

use chainwright_tests::{
    installation::{AWAY, HOME},
    witness::{find, name},
};
use serde_json::json;

use super::{data, shown, told, two_days, words};

#[tokio::test(start_paused = true)]
async fn a_point_tells_its_sides_seal_configuration_and_operations() {
    let installation = two_days(1).await;
    let mut points = installation.points(HOME);
    points.retain(|point| point.resource.ends_with("table/orders"));
    let id = name(&points.remove(0)).point;
    insta::assert_snapshot!(shown(&installation, &format!("point describe {id}")).await, @r#"
    point xxxxxxxxxxxxxxxxxxxxxxxxxx
    resource arn:aws:dynamodb:eu-west-1:111122223333:table/orders (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)
    chain xxxxxxxxxxxxxxxxxxxxxxxxxx, policy gold revision 1
    slot 2026-01-05T06:00:00Z, requested at 2026-01-05T06:00:xx.xxxZ
    trace xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

    SIDE               STATE      PLACE                                     BYTES  FLAGS                             ARN
    regular            available  111122223333/eu-west-1/chainwright        0      daily until 2026-01-07T06:00:00Z  arn:aws:backup:eu-west-1:111122223333:recovery-point:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
    copy:eu-central-1  available  111122223333/eu-central-1/chainwright-dr  0      daily until 2026-01-07T06:00:00Z  arn:aws:backup:eu-central-1:111122223333:recovery-point:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx

    OPERATION  SIDE               PHASE  FAILURES  NEXT LOOK  JOB                                   REASON
    backup     regular            done   0         -          xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx  -
    copy       copy:eu-central-1  done   0         -          xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx  -

    SIDE               SEAL               PARTS  IN THE LEDGER ALONE
    regular            opens, revision 0  3      nothing
    copy:eu-central-1  opens, revision 0  3      nothing

    CONFIGURATION
    keys           {"schema":[["id","HASH"]],"types":[["id","S"]]}
    billing        {"mode":"PAY_PER_REQUEST"}
    tags           {"backup":"gold"}
    "#);
    let told_of = data(&installation, &format!("point describe {id}")).await;
    let point = &told_of["point"];
    assert_eq!(point["sides"]["regular"]["state"], "available");
    assert_eq!(point["seals"]["copy:eu-central-1"]["record"]["point"], json!(id));
    let phases: Vec<_> = point["operations"].as_array().unwrap().iter().map(|op| (&op["kind"], &op["phase"])).collect();
    assert_eq!(phases, [(&json!("backup"), &json!("done")), (&json!("copy"), &json!("done"))]);
}

#[tokio::test(start_paused = true)]
async fn a_held_point_outlives_its_expiry_on_both_sides_until_the_hold_is_taken_off() {
    let installation = two_days(2).await;
    let (home, away) = (installation.points(HOME).remove(0), installation.points(AWAY).remove(0));
    let id = name(&home).point.to_string();
    let held = words(&installation, &["point", "hold", &id, "--reason", "audit of January", "--yes"]).await;
    assert_eq!(held.text, format!("point {id} is held"));
    assert_eq!(
        data(&installation, &format!("point describe {id}")).await["point"]["hold"]["reason"],
        "audit of January"
    );
    let refused = words(&installation, &["backup", "delete", &id, "--yes"]).await;
    assert!(refused.remarks[0].starts_with("CW0506") && refused.remarks[0].contains("audit of January"), "{refused:?}");
    installation.until("2026-01-09T12:00:00Z").await;
    assert!(find(&installation, &home.arn).is_some() && find(&installation, &away.arn).is_some());
    assert_eq!(told(&installation, &format!("point unhold {id} --yes")).await, format!("point {id} is held no longer"));
    installation.until("2026-01-09T23:00:00Z").await;
    assert_eq!((find(&installation, &home.arn), find(&installation, &away.arn)), (None, None));
}

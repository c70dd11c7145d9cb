//! `session`.

use chainwright_tests::{installation::HOME, witness::minutes};

use super::{data, failure, shown, two_days};

#[tokio::test(start_paused = true)]
async fn a_session_by_hand_makes_points_of_the_chain_for_the_present_minute() {
    let installation = two_days(1).await;
    let sent = data(&installation, "session start gold --yes").await;
    assert_eq!(sent["sent"]["slot"], "2026-01-06T12:00:00Z");
    minutes(&installation, 120).await;
    assert_eq!(installation.points(HOME).len(), 6);
    insta::assert_snapshot!(shown(&installation, "session get").await, @r#"
    POLICY  SLOT                  STATE     FLAGS  REVISION  CREATED
    gold    2026-01-05T06:00:00Z  expanded  daily  1         2026-01-05T06:00:xx.xxxZ
    gold    2026-01-06T06:00:00Z  expanded  daily  1         2026-01-06T06:00:xx.xxxZ
    gold    2026-01-06T12:00:00Z  expanded  daily  1         2026-01-06T12:00:xx.xxxZ
    "#);
    insta::assert_snapshot!(shown(&installation, "session describe gold 2026-01-06T12:00:00Z").await, @r#"
    session of policy gold, revision 1, for slot 2026-01-06T12:00:00Z: expanded
    flags daily

    RESOURCE  POINT                       SIDE               STATE      REASON
    invoices  xxxxxxxxxxxxxxxxxxxxxxxxxx  regular            available
    invoices  xxxxxxxxxxxxxxxxxxxxxxxxxx  copy:eu-central-1  available
    orders    xxxxxxxxxxxxxxxxxxxxxxxxxx  regular            available
    orders    xxxxxxxxxxxxxxxxxxxxxxxxxx  copy:eu-central-1  available
    "#);
    let session = data(&installation, "session describe gold 2026-01-06T06:00:00Z").await;
    assert_eq!(session["session"]["points"].as_array().map(Vec::len), Some(2));
    let again = data(&installation, "session start gold --slot 2026-01-06T12:00:00Z --yes").await;
    assert_eq!(again["sent"]["slot"], sent["sent"]["slot"]);
    minutes(&installation, 120).await;
    assert_eq!(installation.points(HOME).len(), 6, "the same slot again is the same session");
    let reason = failure(&installation, "session describe gold 2026-01-06T07:00:00Z").await;
    assert!(reason.contains("session get gold"), "{reason}");
}

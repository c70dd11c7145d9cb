//! STS: who is calling, and as whom one may call.

use bytes::Bytes;
use http::Request;
use simcloud::SimCloud;

use crate::support::{REGION, authorization, cloud, send};

async fn sts(cloud: &SimCloud, key: &str, form: &str) -> (u16, String) {
    let request = Request::builder()
        .method("POST")
        .uri(format!("https://sts.{REGION}.amazonaws.com/"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", authorization(key, REGION, "sts"))
        .body(Bytes::from(form.to_owned()))
        .unwrap();
    let response = send(cloud, "test", request).await.unwrap();
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fmember&RoleSessionName=worker";

fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_credentials_of_an_assumed_role_are_of_the_role_s_account() {
    let cloud = cloud();
    let form = format!("Action=AssumeRole&Version=2011-06-15&{ROLE}&ExternalId=secret");
    let (status, xml) = sts(&cloud, "AKIDEXAMPLE", &form).await;
    assert_eq!(status, 200, "{xml}");
    let key = element(&xml, "AccessKeyId");
    assert_eq!(element(&xml, "Expiration"), "2026-01-05T01:00:00Z");
    let (_, identity) = sts(&cloud, &key, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!(element(&identity, "Account"), "444455556666");
    assert_eq!(element(&identity, "Arn"), "arn:aws:sts::444455556666:assumed-role/member/worker");
    let assumed = cloud.inspect().assumed_roles();
    assert_eq!(assumed.len(), 1);
    assert_eq!(assumed[0].external_id.as_deref(), Some("secret"));
}

#[tokio::test(start_paused = true)]
async fn a_registered_role_wants_its_external_id() {
    let cloud = cloud();
    cloud.inspect().register_role("arn:aws:iam::444455556666:role/member", Some("secret"));
    for (external, expected) in [("", 403), ("&ExternalId=wrong", 403), ("&ExternalId=secret", 200)] {
        let form = format!("Action=AssumeRole&Version=2011-06-15&{ROLE}{external}");
        assert_eq!(sts(&cloud, "AKIDEXAMPLE", &form).await.0, expected, "{external}");
    }
    let bad = "Action=AssumeRole&Version=2011-06-15&RoleArn=nonsense&RoleSessionName=x";
    assert_eq!(sts(&cloud, "AKIDEXAMPLE", bad).await.0, 400);
}

//! IAM: roles, and what their policies allow.

use bytes::Bytes;
use http::Request;
use simcloud::SimCloud;

use crate::support::{ACCOUNT, authorization, cloud, send};

const TRUST: &str = "%7B%22Statement%22%3A%5B%5D%7D";

async fn iam(cloud: &SimCloud, region: &str, form: &str) -> (u16, String) {
    let request = Request::builder()
        .method("POST")
        .uri("https://iam.amazonaws.com/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", authorization(ACCOUNT, region, "iam"))
        .body(Bytes::from(format!("Version=2010-05-08&{form}")))
        .unwrap();
    let response = send(cloud, "test", request).await.unwrap();
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

/// As [`iam`], for what has to succeed.
async fn done(cloud: &SimCloud, form: &str) -> String {
    let (status, xml) = iam(cloud, "us-east-1", form).await;
    assert_eq!(status, 200, "{form}: {xml}");
    xml
}

async fn role(cloud: &SimCloud, name: &str) {
    done(cloud, &format!("Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument={TRUST}")).await;
}

/// The decisions on these actions on a resource, in order.
async fn decisions(cloud: &SimCloud, role: &str, actions: &[&str], resource: &str, more: &str) -> Vec<String> {
    let mut form = format!(
        "Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::{ACCOUNT}:{role}&ResourceArns.member.1={resource}{more}"
    );
    for (number, action) in (1..).zip(actions) {
        form.push_str(&format!("&ActionNames.member.{number}={action}"));
    }
    let xml = done(cloud, &form).await;
    let parts = xml.split("<EvalDecision>").skip(1);
    parts.map(|part| part.split_once('<').unwrap().0.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_role_is_the_same_in_every_region_and_there_once() {
    let cloud = cloud();
    role(&cloud, "backup").await;
    let (status, xml) = iam(&cloud, "eu-west-1", "Action=GetRole&RoleName=backup").await;
    assert_eq!(status, 200);
    assert!(xml.contains(&format!("<Arn>arn:aws:iam::{ACCOUNT}:role/backup</Arn>")), "{xml}");
    assert!(xml.contains(&format!("<AssumeRolePolicyDocument>{TRUST}</AssumeRolePolicyDocument>")), "{xml}");
    let again = format!("Action=CreateRole&RoleName=backup&AssumeRolePolicyDocument={TRUST}");
    let refused = iam(&cloud, "us-east-1", &again).await;
    assert!(refused.0 == 409 && refused.1.contains("<Code>EntityAlreadyExists</Code>"), "{refused:?}");
    let missing = iam(&cloud, "us-east-1", "Action=GetRole&RoleName=other").await;
    assert!(missing.0 == 404 && missing.1.contains("<Code>NoSuchEntity</Code>"), "{missing:?}");
    let bad = iam(&cloud, "us-east-1", "Action=CreateRole&RoleName=x&AssumeRolePolicyDocument=nonsense").await;
    assert!(bad.0 == 400 && bad.1.contains("<Code>MalformedPolicyDocument</Code>"), "{bad:?}");
}

#[tokio::test(start_paused = true)]
async fn an_explicit_deny_goes_before_what_is_allowed_and_silence_denies() {
    let cloud = cloud();
    role(&cloud, "backup").await;
    let actions = ["dynamodb:StartAwsBackupJob", "dynamodb:DescribeTable", "backup:CopyFromBackupVault"];
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    let of = async || decisions(&cloud, "role/backup", &actions, table, "").await;
    assert_eq!(of().await, ["implicitDeny"; 3]);
    let managed = "PolicyArn=arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup";
    done(&cloud, &format!("Action=AttachRolePolicy&RoleName=backup&{managed}")).await;
    assert_eq!(of().await, ["allowed"; 3]);
    let deny = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22dynamodb%3AStart%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    done(&cloud, &format!("Action=PutRolePolicy&RoleName=backup&PolicyName=no&PolicyDocument={deny}")).await;
    assert_eq!(of().await, ["explicitDeny", "allowed", "allowed"]);
    done(&cloud, &format!("Action=DetachRolePolicy&RoleName=backup&{managed}")).await;
    assert_eq!(of().await, ["explicitDeny", "implicitDeny", "implicitDeny"]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_holds_only_where_its_keys_are_given() {
    let cloud = cloud();
    role(&cloud, "worker").await;
    let pass = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22iam%3APassRole%22%2C%22Resource%22%3A%22%2A%22%2C%22Condition%22%3A%7B%22StringEquals%22%3A%7B%22iam%3APassedToService%22%3A%22backup.amazonaws.com%22%7D%7D%7D%7D";
    done(&cloud, &format!("Action=PutRolePolicy&RoleName=worker&PolicyName=pass&PolicyDocument={pass}")).await;
    let given = "&ContextEntries.member.1.ContextKeyName=iam:PassedToService&ContextEntries.member.1.ContextKeyType=string\
        &ContextEntries.member.1.ContextKeyValues.member.1=backup.amazonaws.com";
    for (more, expected) in [("", "implicitDeny"), (given, "allowed")] {
        assert_eq!(decisions(&cloud, "role/worker", &["iam:PassRole"], "*", more).await, [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_user_of_an_account_may_do_everything() {
    let cloud = cloud();
    assert_eq!(decisions(&cloud, "user/simcloud", &["fsx:CreateBackup"], "*", "").await, ["allowed"]);
}

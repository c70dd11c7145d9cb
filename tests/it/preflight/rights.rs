//! Roles and rights: what the role that AWS Backup assumes, and whoever runs, may not do.

use chainwright_cli::{output::Exit, simulation::Members};
use chainwright_contracts::names::AccountId;
use chainwright_tests::{
    installation::{AWAY, AWAY_VAULT, HOME, Installation, VAULT, must},
    warehouse::WAREHOUSES,
    witness::{PAIR, calm, prepared},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

use super::{apply, doctor, has};

const MEMBER: &str = "444455556666";
const MEMBER_ROLE: &str = "chainwright-member";
const BACKUP: &str = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup";
const NOBODY: &str = r#"{"Statement": []}"#;

fn iam(installation: &Installation, account: &str) -> aws_sdk_iam::Client {
    let clients = installation.simulation.clients();
    must(clients.iam(&must(account.parse()), clients.home_region()))
}

#[tokio::test(start_paused = true)]
async fn a_backup_role_that_is_missing_untrusted_or_short_of_rights_is_told_with_what_mends_it() {
    let installation = prepared(11, &["orders"], "").await;
    let other = PAIR.replace("chainwright-backup", "backups");
    let applied = apply(&installation, "roles.yaml", &other).await;
    let told = applied.remarks.join("\n");
    assert_eq!(applied.exit, Exit::Done, "{applied:?}");
    assert!(
        told.contains("the role backups in account 111122223333 does not exist") && told.contains("CW0413"),
        "{told}"
    );
    assert!(told.contains("aws iam create-role --role-name backups --assume-role-policy-document '{"), "{told}");
    let iam = iam(&installation, "111122223333");
    let trusts = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;
    iam.create_role().role_name("backups").assume_role_policy_document(trusts).send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(has(&found, "CW0413", "missing", "aws iam update-assume-role-policy --role-name backups"), "{found:?}");
    assert!(has(&found, "CW0413", "missing", "aws iam attach-role-policy --role-name backups"), "{found:?}");
    let trust = chainwright_aws::rights::trust_policy();
    iam.update_assume_role_policy().role_name("backups").policy_document(trust).send().await.unwrap();
    iam.attach_role_policy().role_name("backups").policy_arn(BACKUP).send().await.unwrap();
    assert_eq!(doctor(&installation).await, []);
    let deny = r#"{"Statement": {"Effect": "Deny", "Action": "backup:Copy*", "Resource": "*"}}"#;
    let put = iam.put_role_policy().role_name("backups").policy_name("no").policy_document(deny);
    put.send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(has(&found, "CW0413", "missing", "aws iam simulate-principal-policy"), "{found:?}");
    assert!(has(&found, "CW0413", "missing", "backup:CopyIntoBackupVault"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_asked_of_iam_is_neither_lacking_nor_given() {
    let installation = prepared(12, &["orders"], PAIR).await;
    for (operation, rules) in [("GetRole", 1), ("SimulatePrincipalPolicy", 2)] {
        let denied = CallFault::Error { code: "AccessDenied".into(), message: "not you".into(), status: 403 };
        let faults = installation.simulation.cloud().faults();
        let rule = faults.add(FaultRule::call(CallMatcher::operation(Service::Iam, operation), denied));
        let found = doctor(&installation).await;
        assert_eq!(found.len(), rules, "{found:?}");
        assert!(found.iter().all(|(code, weight, _)| code == "CW0313" && weight == "notice"), "{found:?}");
        assert!(faults.fired(rule) > 0);
        faults.remove(rule);
    }
}

/// An installation with a member account in which everything is in place but rights.
async fn with_member() -> Installation {
    let mut settings = calm(13);
    let allow = must(format!("111122223333/*,{MEMBER}/*").parse());
    settings.members = Some(Members { allow, role: MEMBER_ROLE.to_owned(), external_id: "of-the-hub".to_owned() });
    let installation = Installation::new(settings).await;
    let (member, clients): (AccountId, _) = (must(MEMBER.parse()), installation.simulation.clients());
    for (region, vault) in [(HOME, VAULT), (AWAY, AWAY_VAULT)] {
        let backup = must(clients.backup(&member, &must(region.parse())));
        must(backup.create_backup_vault().backup_vault_name(vault).send().await);
        let settings = backup.update_region_settings().resource_type_management_preference("DynamoDB", true);
        must(settings.resource_type_opt_in_preference("DynamoDB", true).send().await);
    }
    installation
}

#[tokio::test(start_paused = true)]
async fn in_a_member_account_the_member_role_s_missing_rights_are_told_with_the_policy_that_gives_them() {
    let installation = with_member().await;
    let iam = iam(&installation, MEMBER);
    let trust = chainwright_aws::rights::trust_policy();
    iam.create_role().role_name("chainwright-backup").assume_role_policy_document(trust).send().await.unwrap();
    iam.attach_role_policy().role_name("chainwright-backup").policy_arn(BACKUP).send().await.unwrap();
    iam.create_role().role_name(MEMBER_ROLE).path("/ops/").assume_role_policy_document(NOBODY).send().await.unwrap();
    let member = PAIR.replace("111122223333", MEMBER);
    let told = apply(&installation, "member.yaml", &member).await.remarks.join("\n");
    assert!(told.contains(&format!("arn:aws:iam::{MEMBER}:role/ops/{MEMBER_ROLE}, as whom this was asked")), "{told}");
    assert!(told.contains("aws iam put-role-policy --role-name chainwright-member"), "{told}");
    for action in ["backup:StartBackupJob", "dynamodb:ListTables", "iam:PassRole", "backup:StartCopyJob"] {
        assert!(told.contains(action), "{action}: {told}");
    }
    let rights = r#"{"Statement": [{"Effect": "Allow", "Action": ["backup:*", "dynamodb:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}}}]}"#;
    let put = iam.put_role_policy().role_name(MEMBER_ROLE).policy_name("all").policy_document(rights);
    put.send().await.unwrap();
    let told = apply(&installation, "member.yaml", &member).await.remarks.join("\n");
    assert!(!told.contains("CW0413") && !told.contains("CW0313"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_right_that_hangs_on_a_condition_is_told_as_open() {
    let installation = with_member().await;
    let iam = iam(&installation, MEMBER);
    iam.create_role().role_name(MEMBER_ROLE).assume_role_policy_document(NOBODY).send().await.unwrap();
    let rights = r#"{"Statement": {"Effect": "Allow", "Action": "redshift-serverless:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}}"#;
    let put = iam.put_role_policy().role_name(MEMBER_ROLE).policy_name("all").policy_document(rights);
    put.send().await.unwrap();
    let houses = WAREHOUSES.replace("111122223333", MEMBER);
    let told = apply(&installation, "houses-there.yaml", &houses).await.remarks.join("\n");
    assert!(told.contains("depends on conditions: ") && told.contains("CW0313"), "{told}");
    assert!(!told.contains("CW0413"), "{told}");
}

//! Resources of another account, reached by a member role with its external id.

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag};
use chainwright_cli::simulation::Members;
use chainwright_contracts::names::AccountId;
use chainwright_tests::{
    installation::{AWAY, AWAY_VAULT, HOME, Installation, VAULT, must},
    witness::{PAIR, calm, letters, listen},
};

const MEMBER: &str = "444455556666";
const ROLE: &str = "chainwright-member";

/// An installation whose policy covers the hub's account and another one, each with a table and vaults.
async fn two_accounts(external_id: &str) -> Installation {
    let mut settings = calm(1);
    let allow = must(format!("111122223333/*,{MEMBER}/*").parse());
    settings.members = Some(Members { allow, role: ROLE.to_owned(), external_id: "of-the-hub".to_owned() });
    let mut installation = Installation::new(settings).await;
    listen(&installation).await;
    installation.table("orders").await;
    let cloud = installation.simulation.cloud().clone();
    cloud.inspect().register_role(&format!("arn:aws:iam::{MEMBER}:role/{ROLE}"), Some("of-the-hub"));
    furnish(&installation).await;
    cloud.inspect().register_role(&format!("arn:aws:iam::{MEMBER}:role/{ROLE}"), Some(external_id));
    let both = PAIR.replace("[\"111122223333\"]", &format!("[\"111122223333\", \"{MEMBER}\"]"));
    installation.apply(&both).await;
    must(installation.simulation.start_worker("worker-1").await);
    installation
}

/// Vaults, the advanced features and a table in the other account.
async fn furnish(installation: &Installation) {
    let (member, clients): (AccountId, _) = (must(MEMBER.parse()), installation.simulation.clients());
    for (region, vault) in [(HOME, VAULT), (AWAY, AWAY_VAULT)] {
        let backup = must(clients.backup(&member, &must(region.parse())));
        must(backup.create_backup_vault().backup_vault_name(vault).send().await);
        let settings = backup.update_region_settings().resource_type_management_preference("DynamoDB", true);
        must(settings.resource_type_opt_in_preference("DynamoDB", true).send().await);
    }
    let dynamodb = must(clients.dynamodb(&member, &must(HOME.parse())));
    let key = must(KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build());
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let call = dynamodb.create_table().table_name("theirs").key_schema(key).billing_mode(BillingMode::PayPerRequest);
    let call = call.attribute_definitions(must(attribute.build()));
    must(call.tags(must(Tag::builder().key("backup").value("gold").build())).send().await);
}

/// The accounts of the complete points of both Regions.
fn accounts(installation: &Installation) -> Vec<String> {
    let points = installation.points(HOME).into_iter().chain(installation.points(AWAY));
    let mut accounts: Vec<String> = points.map(|point| point.account).collect();
    accounts.sort();
    accounts
}

#[tokio::test(start_paused = true)]
async fn a_policy_over_two_accounts_makes_points_and_copies_in_each() {
    let installation = two_accounts("of-the-hub").await;
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(accounts(&installation), ["111122223333", "111122223333", MEMBER, MEMBER]);
    installation.until("2026-01-08T12:00:00Z").await;
    assert_eq!(
        accounts(&installation).iter().filter(|account| *account == MEMBER).count(),
        4,
        "retention is theirs, too"
    );
    let assumed = installation.simulation.cloud().inspect().assumed_roles();
    assert!(!assumed.is_empty() && assumed.iter().all(|role| role.external_id.as_deref() == Some("of-the-hub")));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_role_cannot_be_assumed_holds_up_no_other_and_is_told() {
    let installation = two_accounts("of-somebody-else").await;
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(accounts(&installation), ["111122223333", "111122223333"]);
    let told = installation.conditions("worker-1");
    assert!(told.contains(&("CW0313".to_owned(), format!("{MEMBER}/{HOME}"))), "{told:?}");
    assert_eq!(letters(&installation), []);
}

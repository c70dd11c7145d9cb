//! What the story's people have: tables, a file system, a namespace, a cluster, and vaults for the backups.

use aws_sdk_dynamodb::{
    error::DisplayErrorContext,
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag},
};
use aws_sdk_fsx::types::{CreateFileSystemWindowsConfiguration, FileSystemType, WindowsDeploymentType};
use chainwright_contracts::{arn::Arn, names::Region};

use super::DemoError;
use crate::simulation::Simulation;

pub(super) const TABLES: [&str; 5] = ["audit", "customers", "invoices", "orders", "sessions"];
pub(super) const HOME: &str = "eu-west-1";
pub(super) const AWAY: &str = "eu-central-1";

/// How much the file system holds, and how much of that changes in an hour.
const FILES: (u64, u64) = (64 << 30, 256 << 20);

/// The resources by their ARNs.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) tables: Vec<Arn>,
    pub(super) files: Arn,
    pub(super) namespace: Arn,
    pub(super) cluster: Arn,
}

/// Makes everything.
pub(super) async fn make(simulation: &Simulation) -> Result<Made, DemoError> {
    vault(simulation, HOME, "chainwright", None).await?;
    vault(simulation, AWAY, "chainwright-dr", None).await?;
    // Copies of FSx need a key of the customer's own.
    let key = key(simulation).await?;
    vault(simulation, AWAY, "files-dr", Some(key)).await?;
    let mut tables = Vec::new();
    for name in TABLES {
        tables.push(table(simulation, name).await?);
    }
    let files = file_system(simulation).await?;
    let namespace = namespace(simulation).await?;
    let cluster = cluster(simulation).await?;
    Ok(Made { tables, files, namespace, cluster })
}

async fn key(simulation: &Simulation) -> Result<String, DemoError> {
    let clients = simulation.clients();
    let kms = clients.kms(clients.own_account(), &AWAY.parse()?).map_err(|error| call("key", &error))?;
    let made = kms.create_key().send().await.map_err(|error| call("key", &DisplayErrorContext(error)))?;
    Ok(made.key_metadata.and_then(|key| key.arn).unwrap_or_default())
}

async fn vault(simulation: &Simulation, region: &str, name: &str, key: Option<String>) -> Result<(), DemoError> {
    let region: Region = region.parse()?;
    let clients = simulation.clients();
    let backup = clients.backup(clients.own_account(), &region).map_err(|error| call("vault", &error))?;
    let made = backup.create_backup_vault().backup_vault_name(name).set_encryption_key_arn(key).send().await;
    made.map(|_| ()).map_err(|error| call("vault", &DisplayErrorContext(error)))
}

async fn table(simulation: &Simulation, name: &str) -> Result<Arn, DemoError> {
    let clients = simulation.clients();
    let dynamodb =
        clients.dynamodb(clients.own_account(), clients.home_region()).map_err(|error| call("table", &error))?;
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build();
    let tag = Tag::builder().key("backup").value("gold").build();
    let built = |error: &dyn std::fmt::Display| call("table", error);
    let made = dynamodb
        .create_table()
        .table_name(name)
        .key_schema(key.map_err(|error| built(&error))?)
        .attribute_definitions(attribute.map_err(|error| built(&error))?)
        .billing_mode(BillingMode::PayPerRequest)
        .tags(tag.map_err(|error| built(&error))?)
        .send()
        .await;
    let made = made.map_err(|error| call("table", &DisplayErrorContext(error)))?;
    named("table", made.table_description.and_then(|table| table.table_arn))
}

/// A Windows file system whose windows are far from the sessions.
async fn file_system(simulation: &Simulation) -> Result<Arn, DemoError> {
    let clients = simulation.clients();
    let fsx = clients.fsx(clients.own_account(), clients.home_region()).map_err(|error| call("files", &error))?;
    let windows = CreateFileSystemWindowsConfiguration::builder()
        .active_directory_id("d-1234567890")
        .deployment_type(WindowsDeploymentType::SingleAz2)
        .throughput_capacity(32)
        .automatic_backup_retention_days(0)
        .weekly_maintenance_start_time("7:20:00");
    let tag = aws_sdk_fsx::types::Tag::builder().key("backup").value("gold").build();
    let made = fsx
        .create_file_system()
        .file_system_type(FileSystemType::Windows)
        .storage_capacity(300)
        .subnet_ids("subnet-1")
        .windows_configuration(windows.build())
        .tags(tag)
        .send()
        .await;
    let made = made.map_err(|error| call("files", &DisplayErrorContext(error)))?.file_system;
    let id = made.as_ref().and_then(|made| made.file_system_id()).unwrap_or_default();
    simulation.cloud().inspect().fill_file_system(id, FILES.0, FILES.1);
    named("files", made.and_then(|made| made.resource_arn))
}

/// A namespace whose workgroup bears the tag.
async fn namespace(simulation: &Simulation) -> Result<Arn, DemoError> {
    let clients = simulation.clients();
    let serverless = clients.redshift_serverless(clients.own_account(), clients.home_region());
    let serverless = serverless.map_err(|error| call("namespace", &error))?;
    let made = serverless.create_namespace().namespace_name("sales").send().await;
    let made = made.map_err(|error| call("namespace", &DisplayErrorContext(error)))?;
    let tag = aws_sdk_redshiftserverless::types::Tag::builder().key("backup").value("gold").build();
    let tag = tag.map_err(|error| call("workgroup", &error))?;
    let workgroup = serverless.create_workgroup().workgroup_name("sales").namespace_name("sales").tags(tag);
    workgroup.send().await.map_err(|error| call("workgroup", &DisplayErrorContext(error)))?;
    named("namespace", made.namespace.and_then(|namespace| namespace.namespace_arn))
}

async fn cluster(simulation: &Simulation) -> Result<Arn, DemoError> {
    let clients = simulation.clients();
    let (account, region) = (clients.own_account(), clients.home_region());
    let redshift = clients.redshift(account, region).map_err(|error| call("cluster", &error))?;
    let made = redshift
        .create_cluster()
        .cluster_identifier("dw")
        .node_type("ra3.xlplus")
        .number_of_nodes(2)
        .master_username("boss")
        .manage_master_password(true)
        .send()
        .await;
    made.map_err(|error| call("cluster", &DisplayErrorContext(error)))?;
    named("cluster", Some(format!("arn:aws:redshift:{region}:{account}:cluster:dw")))
}

fn named(what: &'static str, arn: Option<String>) -> Result<Arn, DemoError> {
    let text = arn.unwrap_or_default();
    text.parse().map_err(|_| DemoError::Call { what, reason: format!("its ARN is {text:?}") })
}

fn call(what: &'static str, error: &dyn std::fmt::Display) -> DemoError {
    DemoError::Call { what, reason: error.to_string() }
}

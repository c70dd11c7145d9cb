//! What `dev` says when it runs: where it is, what it made, what to try.

use std::{net::SocketAddr, path::Path};

use chainwright_contracts::{names::Region, queues};
use serde_json::json;

use crate::{
    output::Format,
    simulation::{BACKUP_ROLE, Simulation},
};

/// The greeting.
pub(super) fn of(simulation: &Simulation, address: SocketAddr, state: Option<&Path>, format: Format) -> String {
    let endpoint = format!("http://{address}");
    match format {
        Format::Table => text(simulation, &endpoint, state),
        Format::Json => data(simulation, &endpoint).to_string(),
    }
}

fn text(simulation: &Simulation, endpoint: &str, state: Option<&Path>) -> String {
    let (hub, home) = (simulation.hub(), simulation.clients().home_region());
    let account = simulation.clients().own_account();
    let replicas = hub.other_regions.iter().map(Region::as_str).collect::<Vec<_>>().join(", ");
    let workers = simulation.workers().join(", ");
    let end = match state {
        None => "ends it, and all of it is gone".to_owned(),
        Some(file) => format!("ends it; {} keeps it", file.display()),
    };
    format!(
        "A simulated AWS listens at {endpoint}: account {account}, Region {home}.

It holds
  queues    {prefix}… ({count}, each with its dead letters)
  ledger    {table}, declared whole
  key       {key}, with replicas in {replicas}
  bus       {bus}
  rules     the tick, once a minute; AWS Backup's events of {home}, {replicas}
  role      {role}, which AWS Backup assumes
  features  advanced DynamoDB features of AWS Backup, in the same Regions
  workers   {workers}
Vaults and tables are yours to make.

In another terminal
  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={home} AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=simulated
and try
  chainwright doctor
  chainwright policy apply contracts/examples/policies/gold.yaml
  curl -d '{{\"advance\":\"72h\"}}' {endpoint}/_sim/clock

Ctrl-C {end}.",
        prefix = hub.prefix,
        count = queues::ALL.len(),
        table = hub.table,
        key = hub.key,
        bus = hub.bus,
        role = BACKUP_ROLE,
        workers = if workers.is_empty() { "none" } else { &workers },
    )
}

fn data(simulation: &Simulation, endpoint: &str) -> serde_json::Value {
    let hub = simulation.hub();
    json!({
        "endpoint": endpoint,
        "account": simulation.clients().own_account(),
        "region": simulation.clients().home_region(),
        "copy_regions": hub.other_regions,
        "queue_prefix": hub.prefix,
        "ledger_table": hub.table,
        "kms_key": hub.key,
        "event_bus": hub.bus,
        "backup_role": BACKUP_ROLE,
        "workers": simulation.workers(),
    })
}

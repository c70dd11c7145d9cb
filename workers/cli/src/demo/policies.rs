//! The story's policies, one per source: alike but for their hour and for what each service needs.

use chainwright_chain::policy::Policy;
use chainwright_contracts::{arn::Arn, policy};

use super::{DemoError, resources::Made};

/// Daily, weekly and monthly schedules, harmonized on Monday mornings, and a copy Region with periods of its own.
const TABLES: &str = r#"
policy: gold
source: dynamodb
accounts: ["111122223333"]
regions: [eu-west-1]
select: {tags: {backup: gold}}
backup_role: chainwright-backup
vault: chainwright
time_zone: Europe/Berlin
schedules:
  daily:   {at: "07:00", keep: 3 days, keep_copies: 7 days}
  weekly:  {at: "07:00", on: monday, keep: 14 days, keep_copies: 14 days}
  monthly: {at: "07:00", on: first monday, keep: 6 months}
copy_to:
  eu-west-1: {region: eu-central-1, vault: chainwright-dr}
rpo: 3 days
"#;

const FILES: &str = r#"
policy: files
source: fsx
accounts: ["111122223333"]
regions: [eu-west-1]
select: {tags: {backup: gold}}
backup_role: chainwright-backup
vault: chainwright
time_zone: Europe/Berlin
schedules:
  daily:  {at: "08:00", keep: 7 days, keep_copies: 10 days}
  weekly: {at: "08:00", on: monday, keep: 14 days}
copy_to:
  eu-west-1: {region: eu-central-1, vault: files-dr}
"#;

const NAMESPACES: &str = r#"
policy: namespaces
source: redshift-serverless
accounts: ["111122223333"]
regions: [eu-west-1]
select: {tags: {backup: gold}}
time_zone: Europe/Berlin
schedules:
  daily:  {at: "09:00", keep: 3 days, keep_copies: 5 days}
  weekly: {at: "09:00", on: monday, keep: 14 days}
copy_to:
  eu-west-1: {region: eu-central-1}
"#;

const CLUSTERS: &str = r#"
policy: clusters
source: redshift
accounts: ["111122223333"]
regions: [eu-west-1]
select: {all: true}
time_zone: Europe/Berlin
schedules:
  daily:  {at: "10:00", keep: 3 days, keep_copies: 5 days}
  weekly: {at: "10:00", on: monday, keep: 14 days}
copy_to:
  eu-west-1: {region: eu-central-1}
redshift: {automated_keep: 2 days, automated_copy_keep: 3 days}
"#;

/// Each policy with the resources that are its own.
pub(super) fn all(made: &Made) -> Result<Vec<(Policy, Vec<Arn>)>, DemoError> {
    let of = |text: &str, resources: &[Arn]| -> Result<(Policy, Vec<Arn>), DemoError> {
        Ok((Policy::new(policy::parse("demo.yaml", text)?), resources.to_vec()))
    };
    Ok(vec![
        of(TABLES, &made.tables)?,
        of(FILES, std::slice::from_ref(&made.files))?,
        of(NAMESPACES, std::slice::from_ref(&made.namespace))?,
        of(CLUSTERS, std::slice::from_ref(&made.cluster))?,
    ])
}

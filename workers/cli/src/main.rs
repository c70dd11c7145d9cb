//! Chainwright: backup chains for DynamoDB, FSx, Redshift Serverless and Redshift.
fn main() {}

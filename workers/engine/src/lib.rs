//! A typed SQS job engine: leases, batches, retries, dead letters, drain. It knows nothing of backups.

//! Chainwright at AWS: clients per account and Region, one file per source, sealing, the ledger's store.

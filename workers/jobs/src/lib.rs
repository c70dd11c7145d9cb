//! What Chainwright does: one file per job kind, the context they share, the ledger they keep.

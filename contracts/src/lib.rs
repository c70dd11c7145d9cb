//! What Chainwright exchanges with the world: job messages, events, policy files, ids, the sealed format, error codes.

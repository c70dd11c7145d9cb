//! The rules of backup chains as pure functions: calendar, flags, retention, the prune plan, state transitions.

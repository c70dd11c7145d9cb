//! Records to seal.

use std::collections::BTreeMap;

use chainwright_contracts::arn::Arn;
use chainwright_contracts::flag::Flag;
use chainwright_contracts::ids::{ChainId, Incarnation, PointId};
use chainwright_contracts::jobs::Side;
use chainwright_contracts::place::Place;
use chainwright_contracts::sealed::{Record, SCHEMA, SealedSide};
use serde_json::{Value, json};

use crate::support::{account, away, home};

pub(crate) fn orders() -> Arn {
    "arn:aws:dynamodb:eu-west-1:111122223333:table/orders".parse().unwrap()
}

/// A point of a chain with a copy, and an ordinary table's configuration.
pub(crate) fn record() -> Record {
    let incarnation = Incarnation("6e9a7bb5-0c1d-4e5f-8a3b-2f1e0d9c8b7a".into());
    let chain = ChainId::of(&orders(), &incarnation, "gold");
    let slot = "2026-01-05T06:00:00Z".parse().unwrap();
    let place = |region, vault: &str| Place { account: account(), region, vault: Some(vault.to_owned()) };
    let flags = |end: &str| BTreeMap::from([(Flag::Daily, end.parse().unwrap())]);
    Record {
        schema: SCHEMA,
        point: PointId::of_slot(&chain, slot),
        chain: Some(chain),
        resource: orders(),
        incarnation,
        policy: Some("gold".parse().unwrap()),
        revision: Some(3),
        slot,
        requested_at: "2026-01-05T06:00:02.5Z".parse().unwrap(),
        created_before: Some("2026-01-05T13:30:00Z".parse().unwrap()),
        sides: vec![
            SealedSide {
                side: Side::Regular,
                place: place(home(), "chainwright"),
                flags: flags("2026-01-08T06:00:00Z"),
            },
            SealedSide {
                side: Side::Copy(away()),
                place: place(away(), "chainwright-dr"),
                flags: flags("2026-01-12T06:00:00Z"),
            },
        ],
        keep_last: Some(1),
        keep_until: None,
        substituted: Vec::new(),
        configuration: vec![
            ("keys".into(), json!({ "schema": [["pk", "HASH"]], "types": [["pk", "S"]] })),
            ("billing".into(), json!({ "mode": "PAY_PER_REQUEST" })),
            ("ttl".into(), json!("expires_at")),
        ],
        ledger_only: Vec::new(),
        not_captured: Vec::new(),
    }
}

/// Text that deflate cannot make smaller, by a fixed generator.
pub(crate) fn noise(seed: u64, length: usize) -> Value {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..length).map(|_| rng.alphanumeric()).collect::<String>().into()
}

//! DynamoDB: what holds for all items, pages and expressions.

use std::collections::BTreeMap;
use std::future::Future;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::dynamodb::{db, table};
use crate::support::cloud;

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn place(item: &Value) -> (i64, String, i64) {
    let number = |name: &str| item[name]["N"].as_str().unwrap().parse().unwrap();
    (number("d"), item["p"]["S"].as_str().unwrap().to_owned(), number("s"))
}

/// A condition over three numbers, its text and its truth.
#[derive(Clone, Debug)]
enum Condition {
    Compare(usize, &'static str, i64),
    Between(usize, i64, i64),
    Exists(usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

const NAMES: [&str; 3] = ["x", "y", "z"];

impl Condition {
    fn text(&self, values: &mut BTreeMap<String, Value>) -> String {
        let mut value = |n: i64| {
            let name = format!(":v{}", values.len());
            values.insert(name.clone(), json!({"N": n.to_string()}));
            name
        };
        match self {
            Self::Compare(name, sign, n) => format!("{} {sign} {}", NAMES[*name], value(*n)),
            Self::Between(name, low, high) => {
                format!("{} BETWEEN {} AND {}", NAMES[*name], value(*low), value(*high))
            }
            Self::Exists(name) => format!("attribute_exists({})", NAMES[*name]),
            Self::Not(inner) => format!("NOT ({})", inner.text(values)),
            Self::And(left, right) => format!("({}) AND ({})", left.text(values), right.text(values)),
            Self::Or(left, right) => format!("({}) OR ({})", left.text(values), right.text(values)),
        }
    }

    fn holds(&self, item: &[Option<i64>; 3]) -> bool {
        match self {
            Self::Compare(name, sign, n) => match (item[*name], *sign) {
                (None, sign) => sign == "<>",
                (Some(v), "=") => v == *n,
                (Some(v), "<>") => v != *n,
                (Some(v), "<") => v < *n,
                (Some(v), "<=") => v <= *n,
                (Some(v), ">") => v > *n,
                (Some(v), _) => v >= *n,
            },
            Self::Between(name, low, high) => item[*name].is_some_and(|v| (*low..=*high).contains(&v)),
            Self::Exists(name) => item[*name].is_some(),
            Self::Not(inner) => !inner.holds(item),
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let sign = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (0..3_usize, sign, -3..12_i64).prop_map(|(name, sign, n)| Condition::Compare(name, sign, n)),
        (0..3_usize, -3..12_i64, -3..12_i64).prop_map(|(name, low, high)| Condition::Between(name, low, high)),
        (0..3_usize).prop_map(Condition::Exists),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|c| Condition::Not(Box::new(c))),
            pair.clone().prop_map(|(l, r)| Condition::And(Box::new(l), Box::new(r))),
            pair.prop_map(|(l, r)| Condition::Or(Box::new(l), Box::new(r))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn pages_of_an_index_give_every_item_once_and_in_order(
        items in prop::collection::btree_map((0..4_u8, -20..20_i64), (0..2_u8, -3..3_i64), 0..40),
        limit in 1..7_usize,
        forward: bool,
    ) {
        run(async {
            let cloud = cloud();
            table(&cloud).await;
            for ((p, s), (o, d)) in &items {
                let item = json!({
                    "p": {"S": format!("p{p}")}, "s": {"N": s.to_string()},
                    "o": {"S": format!("o{o}")}, "d": {"N": d.to_string()},
                });
                db(&cloud, "PutItem", json!({"TableName": "orders", "Item": item})).await.unwrap();
            }
            let mut expected: Vec<_> = items.iter().filter(|(_, (o, _))| *o == 0)
                .map(|((p, s), (_, d))| (*d, format!("p{p}"), *s)).collect();
            expected.sort();
            if !forward {
                expected.reverse();
            }
            let mut input = json!({
                "TableName": "orders", "IndexName": "by-owner", "KeyConditionExpression": "o = :o",
                "ExpressionAttributeValues": {":o": {"S": "o0"}}, "Limit": limit, "ScanIndexForward": forward,
            });
            let mut found = Vec::new();
            loop {
                let page = db(&cloud, "Query", input.clone()).await.unwrap();
                let items = page["Items"].as_array().unwrap();
                assert!(items.len() <= limit);
                found.extend(items.iter().map(place));
                let Some(last) = page.get("LastEvaluatedKey") else { break };
                assert_eq!(last.as_object().unwrap().len(), 4);
                input["ExclusiveStartKey"] = last.clone();
            }
            assert_eq!(found, expected);
        });
    }

    #[test]
    fn a_range_of_sort_keys_is_what_a_filter_over_everything_finds(
        keys in prop::collection::btree_set(-30..30_i64, 0..30),
        low in -35..35_i64,
        high in -35..35_i64,
        sign in prop::sample::select(vec!["=", "<", "<=", ">", ">=", "between"]),
        forward: bool,
    ) {
        run(async {
            let cloud = cloud();
            table(&cloud).await;
            for s in &keys {
                let item = json!({"p": {"S": "p"}, "s": {"N": s.to_string()}});
                db(&cloud, "PutItem", json!({"TableName": "orders", "Item": item})).await.unwrap();
            }
            let (low, high) = (low.min(high), low.max(high));
            let mut values = json!({":p": {"S": "p"}, ":l": {"N": low.to_string()}});
            let range = if sign == "between" {
                values[":h"] = json!({"N": high.to_string()});
                "s BETWEEN :l AND :h".to_owned()
            } else {
                format!("s {sign} :l")
            };
            let input = json!({
                "TableName": "orders", "KeyConditionExpression": format!("p = :p AND {range}"),
                "ExpressionAttributeValues": values, "ScanIndexForward": forward,
            });
            let answer = db(&cloud, "Query", input).await.unwrap();
            let found: Vec<i64> = answer["Items"].as_array().unwrap().iter()
                .map(|item| item["s"]["N"].as_str().unwrap().parse().unwrap()).collect();
            let fits = |s: &&i64| match sign {
                "=" => **s == low,
                "<" => **s < low,
                "<=" => **s <= low,
                ">" => **s > low,
                ">=" => **s >= low,
                _ => (low..=high).contains(*s),
            };
            let mut expected: Vec<i64> = keys.iter().filter(fits).copied().collect();
            if !forward {
                expected.reverse();
            }
            assert_eq!(found, expected);
        });
    }

    #[test]
    fn a_filter_lets_through_exactly_what_satisfies_it(
        condition in condition(),
        items in prop::collection::vec(prop::array::uniform3(prop::option::of(-3..12_i64)), 1..12),
    ) {
        run(async {
            let cloud = cloud();
            table(&cloud).await;
            for (s, attributes) in items.iter().enumerate() {
                let mut item = json!({"p": {"S": "p"}, "s": {"N": s.to_string()}});
                for (name, value) in NAMES.iter().zip(attributes) {
                    if let Some(value) = value {
                        item[*name] = json!({"N": value.to_string()});
                    }
                }
                db(&cloud, "PutItem", json!({"TableName": "orders", "Item": item})).await.unwrap();
            }
            let mut values = BTreeMap::new();
            let text = condition.text(&mut values);
            let mut input = json!({"TableName": "orders", "FilterExpression": text, "Select": "COUNT"});
            if !values.is_empty() {
                input["ExpressionAttributeValues"] = json!(values);
            }
            let expected = items.iter().filter(|item| condition.holds(item)).count();
            assert_eq!(db(&cloud, "Scan", input).await.unwrap()["Count"], expected, "{text}");
        });
    }
}

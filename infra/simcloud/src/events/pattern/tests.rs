//! Each comparison by example, and whole patterns against a second, naive reading of the rules.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Pattern;

fn fits(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(&pattern.to_string()).unwrap().matches(event)
}

/// Whether `{"detail": {"a": [test]}}` fits an event whose `detail.a` is `value`.
fn passes(test: Value, value: Value) -> bool {
    fits(&json!({"detail": {"a": [test]}}), &json!({"detail": {"a": value}}))
}

#[test]
fn text_is_compared_whole_by_prefix_suffix_and_without_case() {
    assert!(passes(json!("x"), json!("x")));
    assert!(!passes(json!("x"), json!("X")));
    assert!(passes(json!({"prefix": "ab"}), json!("abc")));
    assert!(!passes(json!({"prefix": "ab"}), json!("cab")));
    assert!(passes(json!({"suffix": "bc"}), json!("abc")));
    assert!(passes(json!({"prefix": {"equals-ignore-case": "AB"}}), json!("abc")));
    assert!(passes(json!({"suffix": {"equals-ignore-case": "BC"}}), json!("abc")));
    assert!(passes(json!({"equals-ignore-case": "ABC"}), json!("aBc")));
}

#[test]
fn literals_keep_their_type() {
    assert!(passes(json!(300), json!(300.0)));
    assert!(!passes(json!(300), json!("300")));
    assert!(passes(json!(null), json!(null)));
    assert!(!passes(json!(null), json!("")));
    assert!(passes(json!(true), json!(true)));
}

#[test]
fn wildcards_match_any_run_of_characters() {
    assert!(passes(json!({"wildcard": "a*c"}), json!("abbc")));
    assert!(passes(json!({"wildcard": "a*c"}), json!("ac")));
    assert!(passes(json!({"wildcard": "*"}), json!("")));
    assert!(passes(json!({"wildcard": "*b*d*"}), json!("abcde")));
    assert!(!passes(json!({"wildcard": "a*b*a"}), json!("aba-")));
    assert!(!passes(json!({"wildcard": "aa*aa"}), json!("aaa")));
    assert!(passes(json!({"wildcard": "plain"}), json!("plain")));
}

#[test]
fn numbers_lie_within_bounds() {
    assert!(passes(json!({"numeric": [">", 0, "<=", 5]}), json!(5)));
    assert!(!passes(json!({"numeric": [">", 0, "<=", 5]}), json!(0)));
    assert!(passes(json!({"numeric": ["=", 1.5]}), json!(1.5)));
    assert!(!passes(json!({"numeric": [">", 0]}), json!("1")));
}

#[test]
fn anything_but_needs_a_value_that_is_none_of_these() {
    assert!(passes(json!({"anything-but": "x"}), json!("y")));
    assert!(!passes(json!({"anything-but": ["x", "y"]}), json!("y")));
    assert!(!passes(json!({"anything-but": [1, 2]}), json!(2)));
    assert!(!passes(json!({"anything-but": {"prefix": "a"}}), json!("ab")));
    assert!(passes(json!({"anything-but": {"suffix": ["a", "b"]}}), json!("c")));
    assert!(!passes(json!({"anything-but": {"wildcard": "*.tmp"}}), json!("x.tmp")));
    assert!(!fits(&json!({"detail": {"a": [{"anything-but": "x"}]}}), &json!({"detail": {}})));
}

#[test]
fn existence_is_that_of_leaves() {
    let absent = json!({"detail": {"createdBy": {"backupPlanArn": [{"exists": false}]}}});
    assert!(fits(&absent, &json!({"detail": {}})));
    assert!(fits(&absent, &json!({"detail": {"createdBy": {}}})));
    assert!(!fits(&absent, &json!({"detail": {"createdBy": {"backupPlanArn": "arn"}}})));
    assert!(passes(json!({"exists": true}), json!(null)));
    assert!(!passes(json!({"exists": true}), json!({"b": 1})));
    assert!(!passes(json!({"exists": true}), json!([])));
}

#[test]
fn addresses_lie_within_networks() {
    assert!(passes(json!({"cidr": "10.0.0.0/24"}), json!("10.0.0.255")));
    assert!(!passes(json!({"cidr": "10.0.0.0/24"}), json!("10.0.1.0")));
    assert!(passes(json!({"cidr": "0.0.0.0/0"}), json!("192.0.2.1")));
    assert!(passes(json!({"cidr": "2001:db8::/32"}), json!("2001:db8::1")));
    assert!(!passes(json!({"cidr": "0.0.0.0/0"}), json!("::1")));
}

#[test]
fn one_entry_of_a_list_suffices() {
    assert!(passes(json!("b"), json!(["a", "b"])));
    assert!(fits(&json!({"detail": {"list": {"n": [2]}}}), &json!({"detail": {"list": [{"n": 1}, {"n": 2}]}})));
}

#[test]
fn one_alternative_of_or_suffices() {
    let pattern = json!({"source": ["s"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [2]}}]});
    assert!(fits(&pattern, &json!({"source": "s", "detail": {"b": 2}})));
    assert!(!fits(&pattern, &json!({"source": "s", "detail": {"b": 1}})));
    assert!(!fits(&pattern, &json!({"source": "t", "detail": {"b": 2}})));
}

#[test]
fn what_is_no_pattern_is_refused() {
    let wrong = [
        "",
        "[]",
        "{}",
        "{\"a\":1}",
        "{\"a\":[]}",
        "{\"a\":{}}",
        "{\"a\":[[1]]}",
        "{\"a\":[{\"near\":1}]}",
        "{\"a\":[{\"prefix\":1}]}",
        "{\"a\":[{\"numeric\":[\">\"]}]}",
        "{\"a\":[{\"exists\":1}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.0/33\"}]}",
        "{\"$or\":[{\"a\":[1]}]}",
        "{\"a\":[{\"wildcard\":\"a**\"}]}",
        "{\"a\":[{\"anything-but\":[]}]}",
    ];
    for pattern in wrong {
        let refused = Pattern::parse(pattern).unwrap_err();
        assert_eq!(refused.code, "InvalidEventPatternException", "{pattern}");
    }
    assert!(Pattern::parse(&json!({"a": ["x".repeat(4_096)]}).to_string()).is_err());
}

/// The rules once more, for patterns of literals, prefixes and existence over flat events.
fn naive(pattern: &[(usize, Vec<Value>)], event: &Value) -> bool {
    pattern.iter().all(|(field, tests)| {
        let value = event.get(FIELDS[*field]);
        tests.iter().any(|test| match (test.get("prefix"), test.get("exists")) {
            (Some(prefix), _) => {
                value.is_some_and(|v| v.as_str().unwrap_or("\0").starts_with(prefix.as_str().unwrap()))
            }
            (_, Some(exists)) => value.is_some() == exists.as_bool().unwrap(),
            _ => value == Some(test),
        })
    })
}

const FIELDS: [&str; 3] = ["a", "b", "c"];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!(1)), Just(json!(true)), "[xy]{1,3}".prop_map(Value::from)]
}

fn test() -> impl Strategy<Value = Value> {
    prop_oneof![
        scalar(),
        "[xy]{1,2}".prop_map(|text| json!({"prefix": text})),
        any::<bool>().prop_map(|exists| json!({"exists": exists})),
    ]
}

proptest! {
    #[test]
    fn patterns_mean_what_the_naive_reading_says(
        tests in prop::collection::btree_map(0..3_usize, prop::collection::vec(test(), 1..3), 1..3),
        event in prop::collection::btree_map(0..3_usize, scalar(), 0..4),
    ) {
        let pattern: serde_json::Map<_, _> =
            tests.iter().map(|(field, tests)| (FIELDS[*field].to_owned(), json!(tests))).collect();
        let event: Value = event.into_iter().map(|(field, value)| (FIELDS[field].to_owned(), value)).collect();
        let tests: Vec<_> = tests.into_iter().collect();
        prop_assert_eq!(fits(&Value::Object(pattern), &event), naive(&tests, &event));
    }
}

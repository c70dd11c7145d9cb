//! The simple JSON paths that targets use, and pages of listings.

use serde_json::{Value, json};

/// One step of a path.
enum Step<'a> {
    Member(&'a str),
    Index(usize),
}

/// Whether this is a path such as `$.detail.list[0].name`.
pub(super) fn is_valid(path: &str) -> bool {
    steps(path).is_some()
}

/// The value at a path, where there is one.
pub(super) fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)?.into_iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })
}

fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(member) = rest.strip_prefix('.') {
            let end = member.find(['.', '[']).unwrap_or(member.len());
            let (name, after) = member.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Member(name));
            rest = after;
        } else {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(match index.trim_matches('\'') {
                quoted if quoted.len() + 2 == index.len() => Step::Member(quoted),
                plain => Step::Index(plain.parse().ok()?),
            });
            rest = after;
        }
    }
    Some(steps)
}

/// One page of a listing sorted by name. The token is the name of the last entry shown.
pub(super) fn page(
    entries: impl Iterator<Item = (String, Value)>,
    member: &str,
    limit: Option<usize>,
    after: Option<&str>,
) -> Value {
    let limit = limit.unwrap_or(100).clamp(1, 100);
    let mut shown: Vec<_> =
        entries.filter(|(name, _)| after.is_none_or(|last| name.as_str() > last)).take(limit + 1).collect();
    let more = shown.len() > limit;
    shown.truncate(limit);
    let last = shown.last().map(|(name, _)| name.clone()).filter(|_| more);
    let mut output = json!({member: shown.into_iter().map(|(_, value)| value).collect::<Vec<_>>()});
    if let (Value::Object(members), Some(last)) = (&mut output, last) {
        members.insert("NextToken".to_owned(), json!(last));
    }
    output
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{find, is_valid, page};

    #[test]
    fn a_path_leads_through_members_and_lists() {
        let event = json!({"detail": {"list": [{"a-b": 1}, {"a-b": 2}]}});
        assert_eq!(find(&event, "$.detail.list[1].a-b"), Some(&json!(2)));
        assert_eq!(find(&event, "$.detail['list'][0]"), Some(&json!({"a-b": 1})));
        assert_eq!(find(&event, "$"), Some(&event));
        assert_eq!(find(&event, "$.detail.none"), None);
    }

    #[test]
    fn what_does_not_start_at_the_root_is_no_path() {
        assert!(!is_valid("detail"));
        assert!(!is_valid("$..detail"));
        assert!(!is_valid("$.list[x]"));
    }

    #[test]
    fn the_last_page_has_no_token() {
        let entries = || ["a", "b", "c"].map(|name| (name.to_owned(), json!(name))).into_iter();
        assert_eq!(page(entries(), "Names", Some(2), None), json!({"Names": ["a", "b"], "NextToken": "b"}));
        assert_eq!(page(entries(), "Names", Some(2), Some("b")), json!({"Names": ["c"]}));
    }
}

//! What every source file keeps to.

use super::tree::{rust, texts};

/// No source file is longer.
const LINES: usize = 500;

#[test]
fn no_source_file_has_more_than_500_lines() {
    for (path, text) in rust() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{path} has {lines} lines: it has more than one job");
    }
}

#[test]
fn every_select_takes_its_branches_in_order() {
    let select = concat!("select", "! {");
    let mut seen = 0;
    for (path, text) in rust() {
        for (before, after) in text.match_indices(select).map(|(at, _)| text.split_at(at)) {
            let line = before.lines().count();
            let first = after.split_at(select.len()).1.trim_start();
            assert!(first.starts_with("biased;"), "{path}:{line}: without `biased;` a seed does not repeat a run");
            seen += 1;
        }
    }
    assert!(seen > 5, "the search finds no select any more");
}

#[test]
fn every_module_begins_with_what_it_is_for() {
    for (path, text) in rust().into_iter().filter(|(path, _)| path.contains("/src/")) {
        assert!(text.starts_with("//!"), "{path}");
    }
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let places = ["home", "Users", "root", "tmp", "work"].map(|folder| format!("/{folder}/"));
    for (path, text) in texts() {
        let line = text.lines().position(|line| places.iter().any(|place| begins_a_path(line, place)));
        assert_eq!(line, None, "{path}, counted from 0");
    }
}

/// A folder of that name at the very start of a path is meant, not one further inside an address or a path.
fn begins_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| !before.is_alphanumeric() && !"./-_}".contains(before))
    })
}

//! What the documents promise is there.

use std::collections::BTreeSet;

use super::{
    manifests::crates,
    tree::{read, root, rust},
};

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Every word in backticks, with the document that says it.
fn quoted() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        // Fenced blocks are commands and their output; outside of them each second piece stands between backticks.
        let prose: String = text.split("```").step_by(2).collect();
        all.extend(prose.split('`').skip(1).step_by(2).map(|word| (document, word.to_owned())));
    }
    all
}

#[test]
fn every_path_that_a_document_names_exists() {
    let tops = ["contracts/", "workers/", "infra/", "tests/", "loadtest/", ".ci/", ".config/"];
    let paths: Vec<_> = quoted()
        .into_iter()
        .filter(|(_, word)| tops.iter().any(|top| word.starts_with(top)) && !word.contains([' ', '{', '*', '<']))
        .collect();
    assert!(paths.len() > 50, "the search finds no paths any more");
    for (document, path) in paths {
        assert!(root().join(&path).exists(), "{document} names {path}");
    }
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources: Vec<String> = rust().into_iter().map(|(_, text)| text).collect();
    let is_sentence = |word: &str| {
        let lower = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        lower && word.matches('_').count() >= 4
    };
    let named: BTreeSet<_> = quoted().into_iter().filter(|(_, word)| is_sentence(word)).collect();
    assert!(named.len() > 20, "the search finds no tests any more");
    for (document, test) in named {
        let declared = format!("fn {test}(");
        assert!(sources.iter().any(|text| text.contains(&declared)), "{document} names {test}");
    }
}

#[test]
fn every_dependency_has_its_reason_in_the_contributors_guide() {
    let guide = read("CONTRIBUTING.md");
    let crates = crates();
    let own: BTreeSet<_> = crates.keys().cloned().collect();
    for (name, manifest) in &crates {
        for used in manifest.normal.union(&manifest.dev).filter(|used| !own.contains(*used)) {
            assert!(guide.contains(&format!("| `{used}` |")), "{name} uses {used}: why?");
        }
    }
}

#[test]
fn the_guide_explains_no_dependency_that_is_gone() {
    let used: BTreeSet<String> =
        crates().into_values().flat_map(|manifest| manifest.normal.into_iter().chain(manifest.dev)).collect();
    let guide = read("CONTRIBUTING.md");
    let (_, table) = guide.split_once("## Why each dependency is there").unwrap();
    let explained = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in explained {
        assert!(used.contains(name), "{name}");
    }
}

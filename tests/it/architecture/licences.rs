//! What is not ours comes from the one registry, under a licence that deny.toml allows, and in one version unless
//! deny.toml says why not.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use super::{
    manifests::lock,
    tree::{read, root},
};

#[test]
fn every_package_comes_from_the_registry_with_its_digest() {
    let lock = lock();
    let sources: BTreeSet<_> = lock.iter().map(|package| package.source.as_str()).filter(|it| !it.is_empty()).collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
    for package in lock.iter().filter(|package| !package.source.is_empty()) {
        assert!(package.source.starts_with("registry+"), "{}", package.name);
        assert_eq!(package.checksum.len(), 64, "{}", package.name);
    }
}

#[test]
fn a_package_in_two_versions_has_its_reason() {
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in lock() {
        *versions.entry(package.name).or_default() += 1;
    }
    let several: BTreeSet<_> = versions.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect();
    let excused: BTreeSet<_> = listed("skip = [").into_iter().collect();
    assert_eq!(several, excused, "deny.toml lists those on the right");
}

#[test]
fn every_package_is_under_a_licence_that_is_allowed() {
    let allowed = listed("allow = [");
    assert!(allowed.contains(&"Apache-2.0".to_owned()));
    let packages = licences();
    assert!(packages.len() > 100, "{}", packages.len());
    for (name, licence) in packages {
        assert!(permits(&licence, &allowed), "{name} is under {licence}");
    }
}

#[test]
fn an_expression_is_permitted_if_one_of_its_choices_is_and_all_of_its_parts_are() {
    let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned(), "ISC".to_owned()];
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "ISC AND (MIT OR GPL-3.0)", "(MIT OR X) AND ISC OR Y"] {
        assert!(permits(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "ISC AND (AGPL-3.0 OR GPL-3.0)", "MIT WITH X"] {
        assert!(!permits(bad, &allowed), "{bad}");
    }
}

/// The quoted words of a list in deny.toml; what stands behind a `#` is the reason.
fn listed(opening: &str) -> Vec<String> {
    let text = read("deny.toml");
    let (_, list) = text.split_once(&format!("\n{opening}\n")).unwrap();
    let lines = list.lines().take_while(|line| !line.starts_with(']'));
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// The licences of everything that is built on this machine, by name.
fn licences() -> Vec<(String, String)> {
    let compiler = Command::new("rustc").arg("-vV").output().unwrap();
    let compiler = String::from_utf8(compiler.stdout).unwrap();
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let asked = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let of = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let packages = answer.get("packages").and_then(Value::as_array).unwrap();
    packages.iter().map(|package| (of(package, "name"), of(package, "license"))).collect()
}

/// Whether an SPDX expression can be satisfied with these licences. `/` is the old spelling of OR.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    reader.either() && reader.words.is_empty()
}

/// Reads an expression from the left; AND binds closer than OR.
struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reader<'_> {
    fn either(&mut self) -> bool {
        let mut satisfied = self.both();
        while self.takes("OR") {
            satisfied |= self.both();
        }
        satisfied
    }

    fn both(&mut self) -> bool {
        let mut satisfied = self.one();
        while self.takes("AND") {
            satisfied &= self.one();
        }
        satisfied
    }

    fn one(&mut self) -> bool {
        if self.takes("(") {
            let satisfied = self.either();
            return self.takes(")") && satisfied;
        }
        let Some((name, rest)) = self.words.split_first() else { return false };
        self.words = rest;
        let name = match rest {
            ["WITH", exception, rest @ ..] => {
                self.words = rest;
                format!("{name} WITH {exception}")
            }
            _ => (*name).to_owned(),
        };
        self.allowed.contains(&name)
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = self.words.split_first().map_or(self.words, |(_, rest)| rest);
        }
        found
    }
}

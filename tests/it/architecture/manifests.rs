//! Manifests and lock file, read as far as these tests need them. Both are regular enough to be read by line.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{read, texts};

/// A crate of the workspace.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// Where it is, from the root.
    pub(super) path: String,
    /// What it is made of.
    pub(super) normal: BTreeSet<String>,
    /// What its tests, benches and examples need besides.
    pub(super) dev: BTreeSet<String>,
    /// Whether it takes the workspace's lints.
    pub(super) lints: bool,
}

/// Every crate of the workspace by its name.
pub(super) fn crates() -> BTreeMap<String, Manifest> {
    let manifests = texts().into_iter().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    let crates: BTreeMap<_, _> = manifests.map(|(path, text)| manifest(path, &text)).collect();
    assert!(crates.len() >= 9, "not every crate was found: {:?}", crates.keys());
    crates
}

fn manifest(path: String, text: &str) -> (String, Manifest) {
    let mut manifest = Manifest { path, ..Manifest::default() };
    let mut name = String::new();
    for (section, key, value) in entries(text) {
        match (section, key) {
            ("package", "name") => name = value.trim_matches('"').to_owned(),
            ("lints", "workspace") => manifest.lints = value == "true",
            ("dependencies" | "build-dependencies", key) => drop(manifest.normal.insert(dependency(key))),
            ("dev-dependencies", key) => drop(manifest.dev.insert(dependency(key))),
            _ => {}
        }
    }
    assert!(!name.is_empty(), "{} names no package", manifest.path);
    (name, manifest)
}

/// `serde.workspace = true` and `serde = { workspace = true }` both name `serde`.
fn dependency(key: &str) -> String {
    key.split('.').next().unwrap_or(key).to_owned()
}

/// The dependencies that the workspace knows by name.
pub(super) fn known() -> BTreeSet<String> {
    let text = read("Cargo.toml");
    let known = entries(&text).filter(|(section, ..)| *section == "workspace.dependencies");
    known.map(|(_, key, _)| key.to_owned()).collect()
}

/// Section, key and value of every line that has a key.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_matches(['[', ']']);
            return None;
        }
        let (key, value) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '#']))?;
        Some((section, key, value))
    })
}

/// A package of the lock file.
#[derive(Debug, Default, Clone)]
pub(super) struct Locked {
    /// Its name.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// Where it comes from; empty for the workspace's own.
    pub(super) source: String,
    /// The digest of its contents; empty for the workspace's own.
    pub(super) checksum: String,
    dependencies: Vec<String>,
}

/// Every package of the lock file.
pub(super) fn lock() -> Vec<Locked> {
    let text = read("Cargo.lock");
    let packages: Vec<_> = text.split("[[package]]\n").skip(1).map(locked).collect();
    assert!(packages.len() > 100, "the lock file has not been read: {} packages", packages.len());
    packages
}

fn locked(block: &str) -> Locked {
    let mut package = Locked::default();
    for line in block.lines() {
        match line.split_once(" = ") {
            Some(("name", value)) => package.name = value.trim_matches('"').to_owned(),
            Some(("version", value)) => package.version = value.trim_matches('"').to_owned(),
            Some(("source", value)) => package.source = value.trim_matches('"').to_owned(),
            Some(("checksum", value)) => package.checksum = value.trim_matches('"').to_owned(),
            Some(_) => {}
            // A dependency: its name, and its version where several are locked.
            None if line.starts_with(' ') => {
                let entry = line.trim().trim_matches([',', '"']);
                package.dependencies.extend(entry.split(' ').next().map(str::to_owned));
            }
            None => {}
        }
    }
    package
}

/// Everything that a crate is made of, dependencies of dependencies included. The lock file lists development
/// dependencies for the workspace's own crates alone, so those are followed by their manifests.
pub(super) fn closure(of: &str) -> BTreeSet<String> {
    let (crates, lock) = (crates(), lock());
    let mut reached = BTreeSet::new();
    let mut ahead = vec![of.to_owned()];
    while let Some(name) = ahead.pop() {
        match crates.get(&name) {
            Some(own) => ahead.extend(own.normal.iter().filter(|name| reached.insert((*name).clone())).cloned()),
            None => {
                let packages = lock.iter().filter(|package| package.name == name);
                let next = packages.flat_map(|package| package.dependencies.iter());
                ahead.extend(next.filter(|name| reached.insert((*name).clone())).cloned());
            }
        }
    }
    reached
}

//! The files of the workspace.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that are no part of the source: what is built, and what tools keep for themselves.
const NOT_OURS: [&str; 4] = [".git", ".venv", "node_modules", "target"];

/// The workspace's root.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A text file by its path from the root.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file that is text, as path from the root and content, in the order of the paths.
pub(super) fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort();
    assert!(found.len() > 100, "the tree has not been found: {} files", found.len());
    found
}

/// Every Rust file likewise.
pub(super) fn rust() -> Vec<(String, String)> {
    let mut found = texts();
    found.retain(|(path, _)| path.ends_with(".rs"));
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.push((path, text));
        }
    }
}

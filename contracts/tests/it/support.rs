//! Files of the contract, and validation against its schemas.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// A path inside `contracts/`.
pub(crate) fn path(inside: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// The files directly in a folder of `contracts/`, by name without `.ext`, with their text, sorted by name.
pub(crate) fn files(folder: &str, ext: &str) -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir(path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == ext))
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&file).unwrap()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no files in {folder}");
    found
}

/// A document of the contract as it is made now, whatever is stored.
pub(crate) fn document(path: &str) -> Value {
    let documents = chainwright_contracts::schemas::documents();
    let (_, text) = documents.iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("no document {path}"));
    serde_json::from_str(text).unwrap()
}

/// Every kind of job that has a schema.
pub(crate) fn kinds() -> BTreeSet<String> {
    let paths = chainwright_contracts::schemas::documents().into_iter().map(|(path, _)| path);
    let kind = |path: String| Some(path.strip_prefix("schemas/jobs/")?.strip_suffix(".json")?.to_owned());
    paths.filter_map(kind).collect()
}

/// A validator that takes formats, such as `date-time`, at their word.
pub(crate) fn validator(path: &str) -> Validator {
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&document(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every complaint of a validator, in words.
pub(crate) fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

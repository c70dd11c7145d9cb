//! The configuration of a new file system: what it is given, in the form in which it is shown, and what FSx adds.

use serde_json::{Map, Value as Json, json};

use super::errors::bad;
use super::input::{kept, texts};
use super::kind::Kind;
use super::window::{self, DAILY, RETENTION, WEEKLY};
use crate::call::{ApiError, Call};

/// What is told of a directory that the file system joins; its password is not.
const DIRECTORY: [&str; 6] = [
    "DnsIps",
    "DomainJoinServiceAccountSecret",
    "DomainName",
    "FileSystemAdministratorsGroup",
    "OrganizationalUnitDistinguishedName",
    "UserName",
];
/// What makes a link to a bucket.
const REPOSITORY: [&str; 4] = ["AutoImportPolicy", "ExportPath", "ImportPath", "ImportedFileChunkSize"];

/// Reads the configuration of a request.
pub(super) fn read(call: &Call, kind: Kind, rng: &mut fastrand::Rng) -> Result<Map<String, Json>, ApiError> {
    let given = match call.input.get(kind.configuration()).and_then(Json::as_object) {
        Some(given) => given.clone(),
        None if kind.needed().is_empty() => Map::new(),
        None => {
            let message = format!("{} is required for {} file systems.", kind.configuration(), kind.name());
            return Err(ApiError::new("MissingFileSystemConfiguration", message));
        }
    };
    if let Some(missing) = kind.needed().iter().find(|member| !given.contains_key(**member)) {
        return Err(bad(format!("{}.{missing} is required.", kind.configuration())));
    }
    let mut settings: Map<String, Json> = kept(&given, kind.kept()).collect();
    match kind {
        Kind::Windows => windows(&given, &mut settings),
        Kind::Lustre => lustre(&given, &mut settings, rng),
        Kind::Ontap | Kind::OpenZfs => {}
    }
    add_defaults(kind, &mut settings, rng);
    window::check(&settings)?;
    Ok(settings)
}

fn windows(given: &Map<String, Json>, settings: &mut Map<String, Json>) {
    if let Some(directory) = given.get("SelfManagedActiveDirectoryConfiguration").and_then(Json::as_object) {
        let told: Map<String, Json> = kept(directory, &DIRECTORY).collect();
        settings.insert("SelfManagedActiveDirectoryConfiguration".to_owned(), Json::Object(told));
    }
    let given = Json::Object(given.clone());
    let aliases: Vec<Json> =
        texts(&given, "Aliases").into_iter().map(|name| json!({ "Name": name, "Lifecycle": "AVAILABLE" })).collect();
    if !aliases.is_empty() {
        settings.insert("Aliases".to_owned(), Json::Array(aliases));
    }
}

fn lustre(given: &Map<String, Json>, settings: &mut Map<String, Json>, rng: &mut fastrand::Rng) {
    let mut repository: Map<String, Json> = kept(given, &REPOSITORY).collect();
    if !repository.is_empty() {
        repository.insert("Lifecycle".to_owned(), json!("AVAILABLE"));
        settings.insert("DataRepositoryConfiguration".to_owned(), Json::Object(repository));
    }
    let name: String = std::iter::repeat_with(|| rng.lowercase()).take(8).collect();
    settings.insert("MountName".to_owned(), json!(name));
}

fn add_defaults(kind: Kind, settings: &mut Map<String, Json>, rng: &mut fastrand::Rng) {
    let (weekly, daily) = window::drawn(rng);
    let mut default = |member: &str, value: Json| {
        settings.entry(member).or_insert(value);
    };
    default("DeploymentType", json!(kind.deployment()));
    default(WEEKLY, json!(weekly));
    default(RETENTION, json!(kind.retention()));
    if kind != Kind::Ontap {
        default("CopyTagsToBackups", json!(false));
    }
    if settings.get(RETENTION) != Some(&json!(0)) {
        settings.entry(DAILY).or_insert(json!(daily));
    }
}

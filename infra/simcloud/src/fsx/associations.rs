//! Data repository associations: the links of Lustre file systems to buckets. Data do not flow through them here; what counts
//! is that a file system which has one is not backed up (API reference, CreateBackup).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{bad, no_association};
use super::input::{epoch, filters, lets_through, needed, new_id, page, text, texts};
use super::kind::Kind;
use super::state::place_of;
use crate::call::{Answer, Call};
use crate::world::World;

/// One association.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Association {
    id: String,
    arn: String,
    pub(super) file_system: String,
    /// Where in the file system, and where outside.
    paths: (Option<String>, String),
    created: Timestamp,
}

impl Association {
    fn show(&self) -> Json {
        let mut shown = json!({
            "AssociationId": self.id,
            "ResourceARN": self.arn,
            "FileSystemId": self.file_system,
            "Lifecycle": "AVAILABLE",
            "DataRepositoryPath": self.paths.1,
            "CreationTime": epoch(self.created),
        });
        super::input::put(&mut shown, "FileSystemPath", self.paths.0.clone());
        shown
    }
}

/// `CreateDataRepositoryAssociation`, of Lustre but the oldest kind; available at once.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (file_system, to) = (needed(call, "FileSystemId")?, needed(call, "DataRepositoryPath")?);
    let known = world.fsx.region(&place).file_system(file_system)?;
    if known.kind != Kind::Lustre || known.setting("DeploymentType") == Some("SCRATCH_1") {
        return Err(bad(format!("File system '{file_system}' takes no data repository associations.")));
    }
    let id = new_id(&mut world.rng, "dra");
    let made = Association {
        arn: format!("arn:aws:fsx:{}:{}:association/{file_system}/{id}", place.1, place.0),
        file_system: file_system.to_owned(),
        paths: (text(call, "FileSystemPath").map(str::to_owned), to.to_owned()),
        created: now,
        id,
    };
    let answer = json!({ "Association": made.show() });
    world.fsx.region(&place).associations.insert(made.id.clone(), made);
    Ok(answer)
}

/// `DescribeDataRepositoryAssociations`: those named, those of a file system, or all by pages.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (named, filters) = (texts(&call.input, "AssociationIds"), filters(call));
    let all = &world.fsx.region(&place_of(call)).associations;
    if let Some(missing) = named.iter().find(|id| !all.contains_key(**id)) {
        return Err(no_association(missing));
    }
    let wanted = all.values().filter(|one| {
        (named.is_empty() || named.contains(&one.id.as_str()))
            && lets_through(&filters, "file-system-id", Some(&one.file_system))
    });
    page(call, "Associations", wanted.map(|one| (one.id.clone(), one.show())))
}

/// `DeleteDataRepositoryAssociation`; gone at once.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = needed(call, "AssociationId")?;
    let gone = world.fsx.region(&place_of(call)).associations.remove(id).ok_or_else(|| no_association(id))?;
    Ok(json!({ "AssociationId": gone.id, "Lifecycle": "DELETING", "DeleteDataInFileSystem": false }))
}

//! Storage virtual machines of ONTAP, which volumes belong to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{bad, no_svm, unsupported};
use super::input::{epoch, filters, lets_through, needed, new_id, page, put, tag_list, tags, text, texts};
use super::kind::Kind;
use super::state::place_of;
use super::{Later, tokens};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::world::World;

/// A storage virtual machine.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Svm {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) file_system: String,
    name: String,
    uuid: String,
    created: Timestamp,
    ready_at: Timestamp,
    deleting: bool,
    style: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

impl Svm {
    fn lifecycle(&self, now: Timestamp) -> &'static str {
        match self {
            _ if self.deleting => "DELETING",
            _ if now < self.ready_at => "CREATING",
            _ => "CREATED",
        }
    }

    fn show(&self, now: Timestamp) -> Json {
        let mut shown = json!({
            "StorageVirtualMachineId": self.id,
            "ResourceARN": self.arn,
            "FileSystemId": self.file_system,
            "Name": self.name,
            "UUID": self.uuid,
            "Subtype": "DEFAULT",
            "CreationTime": epoch(self.created),
            "Lifecycle": self.lifecycle(now),
            "Tags": tag_list(&self.tags),
        });
        put(&mut shown, "RootVolumeSecurityStyle", self.style.clone());
        shown
    }
}

/// `CreateStorageVirtualMachine`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    if let Some(id) = tokens::recall(world, call)?
        && let Some(known) = world.fsx.region(&place).svms.get(&id)
    {
        return Ok(json!({ "StorageVirtualMachine": known.show(now) }));
    }
    let (of, name) = (needed(call, "FileSystemId")?, needed(call, "Name")?);
    let tags = tags(call.input.get("Tags"))?;
    if world.fsx.region(&place).file_system(of)?.kind != Kind::Ontap {
        return Err(unsupported(format!("File system '{of}' has no storage virtual machines.")));
    }
    let id = new_id(&mut world.rng, "svm");
    let made = Svm {
        arn: format!("arn:aws:fsx:{}:{}:storage-virtual-machine/{of}/{id}", place.1, place.0),
        file_system: of.to_owned(),
        name: name.to_owned(),
        uuid: world.uuid(),
        created: now,
        ready_at: after(now, world.pace.fsx.create),
        deleting: false,
        style: text(call, "RootVolumeSecurityStyle").map(str::to_owned),
        tags,
        id: id.clone(),
    };
    let answer = json!({ "StorageVirtualMachine": made.show(now) });
    world.fsx.region(&place).svms.insert(id.clone(), made);
    tokens::remember(world, call, &id);
    Ok(answer)
}

/// `DescribeStorageVirtualMachines`: those named, or all by pages.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let (named, filters) = (texts(&call.input, "StorageVirtualMachineIds"), filters(call));
    let all = &world.fsx.region(&place_of(call)).svms;
    if let Some(missing) = named.iter().find(|id| !all.contains_key(**id)) {
        return Err(no_svm(missing));
    }
    let wanted = all.values().filter(|known| {
        (named.is_empty() || named.contains(&known.id.as_str()))
            && lets_through(&filters, "file-system-id", Some(&known.file_system))
    });
    page(call, "StorageVirtualMachines", wanted.map(|known| (known.id.clone(), known.show(now))))
}

/// `DeleteStorageVirtualMachine`, once its volumes are gone.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, id) = (place_of(call), needed(call, "StorageVirtualMachineId")?);
    let region = world.fsx.region(&place);
    let of_it = |settings: &serde_json::Map<String, Json>| settings.get("StorageVirtualMachineId") == Some(&json!(id));
    let busy = region.volumes.values().any(|volume| of_it(&volume.settings));
    let known = region.svms.get_mut(id).ok_or_else(|| no_svm(id))?;
    if busy || known.deleting {
        return Err(bad(format!("Storage virtual machine '{id}' is in use.")));
    }
    known.deleting = true;
    let wait = world.pace.fsx.delete;
    world.schedule_in(wait, Later::Vanish { place, id: id.to_owned() });
    Ok(json!({ "StorageVirtualMachineId": id, "Lifecycle": "DELETING" }))
}

//! `CreateEventBus`, `DescribeEventBus`, `ListEventBuses`, `DeleteEventBus`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::bus::{Bus, BusKey, DEFAULT};
use super::invalid;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: String,
    description: Option<String>,
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let input: Create = call.parse()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if input.name.is_empty() || input.name.len() > 256 || !input.name.chars().all(legal) {
        return Err(invalid("The name of an event bus has 1 to 256 letters, digits, or one of / . - _"));
    }
    let key = BusKey::new(&call.account, &call.region, &input.name);
    if key.name == DEFAULT || world.events.buses.contains_key(&key) {
        let why = format!("Event bus {} already exists.", key.name);
        return Err(ApiError::new("ResourceAlreadyExistsException", why));
    }
    let arn = key.arn();
    world.events.buses.insert(key, Bus { description: input.description, ..Bus::default() });
    Ok(json!({"EventBusArn": arn}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<String>,
}

pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let input: Named = call.parse()?;
    let key = BusKey::named(call, input.name.as_deref());
    let bus = world.events.bus_mut(&key)?;
    Ok(described(&key, bus))
}

fn described(key: &BusKey, bus: &Bus) -> Value {
    let mut output = json!({"Name": key.name, "Arn": key.arn()});
    if let (Value::Object(members), Some(description)) = (&mut output, &bus.description) {
        members.insert("Description".to_owned(), json!(description));
    }
    output
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(default)]
    name_prefix: String,
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    world.events.bus_mut(&BusKey::named(call, None))?;
    let own = world.events.buses.iter().filter(|(key, _)| key.account == call.account && key.region == call.region);
    let shown = own.filter(|(key, _)| key.name.starts_with(&input.name_prefix));
    Ok(json!({"EventBuses": shown.map(|(key, bus)| described(key, bus)).collect::<Vec<_>>()}))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let input: Named = call.parse()?;
    let key = BusKey::named(call, input.name.as_deref());
    if key.name == DEFAULT {
        return Err(invalid("Cannot delete event bus default."));
    }
    world.events.buses.remove(&key);
    Ok(json!({}))
}

//! `/_sim/pace`.

use axum::extract::State;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Answer, Bad, Control, bad, ok, parse};
use crate::Pace;

const ALLOWED: &str = "\"aws\", \"fast\", \"instant\", or an object of the parts to change as GET /_sim/pace shows them, \
                       a part being text such as \"2s\" or, where it varies, {\"least\": \"1s\", \"most\": \"2m\"}";

pub(super) async fn read(State(control): State<Control>) -> Answer {
    ok(json!(control.cloud.pace()))
}

pub(super) async fn set(State(control): State<Control>, body: Bytes) -> Answer {
    let pace = match parse::<Value>(&body, ALLOWED)? {
        Value::String(word) => named(&word)?,
        parts @ Value::Object(_) => {
            let mut whole = json!(control.cloud.pace());
            overlay(&mut whole, parts);
            serde_json::from_value(whole).map_err(|error| bad(&error, ALLOWED))?
        }
        _ => return Err(bad(&"the body is neither text nor an object", ALLOWED)),
    };
    control.cloud.set_pace(pace);
    ok(json!(control.cloud.pace()))
}

fn named(word: &str) -> Result<Pace, Bad> {
    match word {
        "aws" => Ok(Pace::default()),
        "fast" => Ok(Pace::fast()),
        "instant" => Ok(Pace::instant()),
        _ => Err(bad(&format!("there is no pace {word:?}"), ALLOWED)),
    }
}

/// Lays the members given over those there are, at any depth. Members that do not exist come to light when it is read.
fn overlay(whole: &mut Value, parts: Value) {
    match (whole, parts) {
        (Value::Object(whole), Value::Object(parts)) => {
            for (name, part) in parts {
                overlay(whole.entry(name).or_insert(Value::Null), part);
            }
        }
        (whole, part) => *whole = part,
    }
}

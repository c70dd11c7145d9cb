//! From bytes to a job, and what can be wrong on the way.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::{Map, Value, map::IntoIter};

use crate::{Code, Job};

/// Why a body is not a job that can be run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not UTF-8.
    #[error("the body is not UTF-8 (byte {at})")]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
    /// The text is not JSON.
    #[error("the body is not JSON: {reason}")]
    NotJson {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// The JSON is not an object.
    #[error("the body is not a JSON object but {found}")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
    /// A member appears twice.
    #[error("the member `{member}` appears twice")]
    Doubled {
        /// The member's name.
        member: String,
    },
    /// The member `kind` is missing.
    #[error("the member `kind` is missing")]
    KindMissing,
    /// A member of the envelope is of the wrong type or beyond its limits.
    #[error("the member `{member}` must be {expected}")]
    EnvelopeMember {
        /// The member's name.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// No job is called so.
    #[error("no job is called `{kind}`")]
    UnknownKind {
        /// What the message asks for.
        kind: String,
    },
    /// The message needs a newer program.
    #[error("the message has version {v}; this program understands up to {}", crate::VERSION)]
    NewerVersion {
        /// The message's version.
        v: u32,
    },
    /// The members are not those of the job.
    #[error("not a `{kind}`: {}{reason}", member.as_ref().map(|name| format!("member `{name}`: ")).unwrap_or_default())]
    WrongShape {
        /// The job's kind.
        kind: &'static str,
        /// The member at which it went wrong, where there is one.
        member: Option<String>,
        /// serde's words.
        reason: String,
    },
}

impl DecodeError {
    /// The error code under which such a message is rejected.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotUtf8 { .. } | Self::NotJson { .. } | Self::NotAnObject { .. } => Code::NOT_A_MESSAGE,
            Self::Doubled { .. } | Self::KindMissing | Self::EnvelopeMember { .. } | Self::WrongShape { .. } => {
                Code::WRONG_SHAPE
            }
            Self::UnknownKind { .. } => Code::UNKNOWN_KIND,
            Self::NewerVersion { .. } => Code::NEWER_VERSION,
        }
    }
}

/// The strict second pass: the members that [`crate::Envelope::read`] handed back must be exactly one job.
///
/// # Errors
/// [`DecodeError::WrongShape`] with serde's words and the member concerned.
pub fn decode_job<J: Job>(rest: Map<String, Value>) -> Result<J, DecodeError> {
    let current = RefCell::new(None);
    let members = Tracked { members: rest.into_iter(), value: None, current: &current };
    J::deserialize(MapAccessDeserializer::new(members)).map_err(|error| DecodeError::WrongShape {
        kind: J::KIND,
        member: current.take(),
        reason: error.to_string(),
    })
}

/// The body as an object none of whose members appears twice.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|error| DecodeError::NotUtf8 { at: error.valid_up_to() })?;
    let doubled = RefCell::new(None);
    let mut parser = serde_json::Deserializer::from_str(text);
    let parsed = parser.deserialize_map(Members { doubled: &doubled }).and_then(|members| {
        parser.end()?;
        Ok(members)
    });
    parsed.map_err(|error| match (doubled.take(), serde_json::from_str(text)) {
        (Some(member), _) => DecodeError::Doubled { member },
        (None, Ok(value)) => DecodeError::NotAnObject { found: describe(&value) },
        (None, Err(_)) => DecodeError::NotJson { reason: error.to_string() },
    })
}

/// Takes one of the envelope's members out of the body; `null` counts as not given.
pub(crate) fn take<T>(
    rest: &mut Map<String, Value>,
    member: &'static str,
    expected: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, DecodeError> {
    match rest.remove(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(&value).map(Some).ok_or(DecodeError::EnvelopeMember { member, expected }),
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Collects the members of an object and stops at the first that appears twice.
struct Members<'a> {
    doubled: &'a RefCell<Option<String>>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.contains_key(&name) {
                self.doubled.replace(Some(name));
                return Err(serde::de::Error::custom("a member appears twice"));
            }
            members.insert(name, value);
        }
        Ok(members)
    }
}

/// Hands a job its members one by one and remembers which one is in hand, for the error.
struct Tracked<'a> {
    members: IntoIter,
    value: Option<Value>,
    current: &'a RefCell<Option<String>>,
}

impl<'de> MapAccess<'de> for Tracked<'_> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let Some((name, value)) = self.members.next() else {
            self.current.replace(None);
            return Ok(None);
        };
        self.value = Some(value);
        self.current.replace(Some(name.clone()));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        seed.deserialize(self.value.take().unwrap_or_default())
    }
}

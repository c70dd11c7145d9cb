//! The members that every job may carry, and how they are read and written.

use serde_json::{Map, Value};

use crate::{
    DecodeError, Job, canonical,
    decode::{object, take},
};

/// The newest version of messages that this program understands.
pub const VERSION: u32 = 1;
/// The longest `id`, in characters.
pub const MAX_ID: usize = 128;
/// The longest `correlation`, in characters.
pub const MAX_CORRELATION: usize = 256;
/// The envelope's members; a job has none of these names.
pub const MEMBERS: [&str; 6] = ["v", "kind", "id", "attempt", "first_sent_at", "correlation"];

/// What every job carries besides its own members. Only `kind` is needed in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The version of the message; 1 where not given.
    pub v: u32,
    /// Which job this is.
    pub kind: String,
    /// Names the job for tracing and replies; 1 to [`MAX_ID`] printable characters. It never suppresses work.
    pub id: Option<String>,
    /// Which run this is, counted from 1, the default. A retry counts up; a snooze does not.
    pub attempt: u32,
    /// When the job was first sent, in milliseconds since 1970 UTC; its deadline is measured from here.
    pub first_sent_at: Option<i64>,
    /// Repeated in everything that the job leads to; up to [`MAX_CORRELATION`] printable characters.
    pub correlation: Option<String>,
}

impl Envelope {
    /// A first envelope for a job of this kind.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self { v: VERSION, kind: kind.into(), id: None, attempt: 1, first_sent_at: None, correlation: None }
    }

    /// The lenient first pass: takes the envelope's members out of a body and returns them with all the others.
    ///
    /// A newer `v` is no error here (see [`Envelope::supported`]), so that such a message can be kept for a newer
    /// worker. A member that is `null` counts as not given.
    ///
    /// # Errors
    /// When the body is not UTF-8, not JSON, not an object, has a member twice, no `kind`, or one of the envelope's
    /// members is of the wrong type or beyond its limits.
    pub fn read(body: impl AsRef<[u8]>) -> Result<(Self, Map<String, Value>), DecodeError> {
        let mut rest = object(body.as_ref())?;
        let envelope = Self {
            v: take(&mut rest, "v", "a whole number from 1", positive)?.unwrap_or(1),
            kind: take(&mut rest, "kind", "a text", text::<MAX_ID>)?.ok_or(DecodeError::KindMissing)?,
            id: take(&mut rest, "id", "a text of 1 to 128 printable characters", text::<MAX_ID>)?,
            attempt: take(&mut rest, "attempt", "a whole number from 1", positive)?.unwrap_or(1),
            first_sent_at: take(&mut rest, "first_sent_at", "milliseconds since 1970 UTC", Value::as_i64)?,
            correlation: take(
                &mut rest,
                "correlation",
                "a text of 1 to 256 printable characters",
                text::<MAX_CORRELATION>,
            )?,
        };
        Ok((envelope, rest))
    }

    /// Whether this program understands the message's version.
    ///
    /// # Errors
    /// [`DecodeError::NewerVersion`] when it does not.
    pub fn supported(&self) -> Result<(), DecodeError> {
        if self.v > VERSION { Err(DecodeError::NewerVersion { v: self.v }) } else { Ok(()) }
    }
}

fn positive(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

fn text<const MAX: usize>(value: &Value) -> Option<String> {
    value.as_str().filter(|text| printable(text, MAX)).map(str::to_owned)
}

fn printable(text: &str, max: usize) -> bool {
    let length = text.chars().count();
    (1..=max).contains(&length) && !text.chars().any(char::is_control)
}

/// The job cannot be written as a message.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The job is not a JSON object.
    #[error("a job of kind `{kind}` is not a JSON object: {reason}")]
    NotAnObject {
        /// The job's kind.
        kind: &'static str,
        /// What serde says, or what the job became instead.
        reason: String,
    },
    /// The job has a member of the envelope's.
    #[error("a job of kind `{kind}` has a member `{member}`, which belongs to the envelope")]
    Reserved {
        /// The job's kind.
        kind: &'static str,
        /// The member's name.
        member: &'static str,
    },
}

/// The job's own members, as they stand in a body.
///
/// # Errors
/// When the job is not a struct of members, or uses a name of the envelope's.
pub fn job_members<J: Job>(job: &J) -> Result<Map<String, Value>, EncodeError> {
    let kind = J::KIND;
    let members = match serde_json::to_value(job) {
        Ok(Value::Object(members)) => members,
        Ok(other) => return Err(EncodeError::NotAnObject { kind, reason: format!("it became {other}") }),
        Err(error) => return Err(EncodeError::NotAnObject { kind, reason: error.to_string() }),
    };
    match MEMBERS.into_iter().find(|member| members.contains_key(*member)) {
        Some(member) => Err(EncodeError::Reserved { kind, member }),
        None => Ok(members),
    }
}

/// Writes a job as a message: canonical, so equal jobs have equal bytes. The kind is the job's own, whatever the
/// envelope says.
///
/// # Errors
/// As [`job_members`].
pub fn encode<J: Job>(job: &J, envelope: &Envelope) -> Result<String, EncodeError> {
    let envelope = Envelope { kind: J::KIND.to_owned(), ..envelope.clone() };
    Ok(encode_rest(&envelope, job_members(job)?))
}

/// Puts an envelope and the members that [`Envelope::read`] handed back together again. Defaults are left out.
#[must_use]
pub fn encode_rest(envelope: &Envelope, mut rest: Map<String, Value>) -> String {
    rest.insert("kind".to_owned(), envelope.kind.as_str().into());
    let optional = [
        ("v", (envelope.v != 1).then(|| envelope.v.into())),
        ("id", envelope.id.as_deref().map(Value::from)),
        ("attempt", (envelope.attempt > 1).then(|| envelope.attempt.into())),
        ("first_sent_at", envelope.first_sent_at.map(Value::from)),
        ("correlation", envelope.correlation.as_deref().map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            rest.insert(name.to_owned(), value);
        }
    }
    canonical::object(&rest)
}

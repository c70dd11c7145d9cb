//! The outermost layer of a Chainwright message: what every job carries, and how a body is told apart from noise.
//!
//! A message body is one flat JSON object: the envelope's members stand beside the job's own, so that a person can
//! write `{"kind":"session","policy":"gold"}` by hand. Decoding is in two passes. [`Envelope::read`] is lenient: it
//! takes the members it knows, gives each of them a default, and hands back the rest. [`decode_job`] is strict: the
//! rest must be exactly one job, so job structs carry `#[serde(deny_unknown_fields)]`.
//!
//! The envelope's members keep their names and types for ever; `v` counts up when anything else changes its meaning.

mod canonical;
mod code;
mod decode;
mod envelope;
mod job;

pub use code::{Code, NotACode};
pub use decode::{DecodeError, decode_job};
pub use envelope::{
    EncodeError, Envelope, MAX_CORRELATION, MAX_ID, MEMBERS, VERSION, encode, encode_rest, job_members,
};
pub use job::{Job, QueueName};

//! What a service's model sees of a request, and what it answers.
//!
//! Every protocol is turned into the same shape: an operation's name and its input under the member names of AWS's own
//! model, as JSON. Path labels and query parameters of REST services are merged into that input.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::world::World;

/// The services that are simulated, by the name under which a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// AWS Backup.
    Backup,
    /// DynamoDB.
    DynamoDb,
    /// EventBridge.
    Events,
    /// FSx.
    Fsx,
    /// Identity and Access Management.
    Iam,
    /// Key Management Service.
    Kms,
    /// Redshift, provisioned clusters.
    Redshift,
    /// Redshift Serverless.
    #[serde(rename = "redshift-serverless")]
    RedshiftServerless,
    /// Simple Queue Service.
    Sqs,
    /// Security Token Service.
    Sts,
}

impl Service {
    pub(crate) const ALL: [Self; 10] = [
        Self::Backup,
        Self::DynamoDb,
        Self::Events,
        Self::Fsx,
        Self::Iam,
        Self::Kms,
        Self::Redshift,
        Self::RedshiftServerless,
        Self::Sqs,
        Self::Sts,
    ];

    /// The name in the credential scope of a signature, such as `dynamodb`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::DynamoDb => "dynamodb",
            Self::Events => "events",
            Self::Fsx => "fsx",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Redshift => "redshift",
            Self::RedshiftServerless => "redshift-serverless",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
        }
    }

    /// The service signed for under `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One decoded request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The caller's account: twelve digits.
    pub(crate) account: String,
    /// The access key id that the call was signed with.
    pub(crate) key: String,
    /// The Region of the signature.
    pub(crate) region: String,
    pub(crate) service: Service,
    /// The operation's name in AWS's model, such as `SendMessage`.
    pub(crate) operation: String,
    /// Where the caller reached the cloud, such as `http://127.0.0.1:4566`; none within the process.
    pub(crate) endpoint: Option<String>,
    /// The input, always a JSON object.
    pub(crate) input: Value,
}

/// What a model answers: the output's members, or a modelled error.
pub(crate) type Answer = Result<Value, ApiError>;

/// The operations of a service, by name.
pub(crate) type Operations = &'static [(&'static str, fn(&mut World, &Call) -> Answer)];

impl Call {
    /// The input as a typed structure; what does not fit is the caller's `ValidationException`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        T::deserialize(&self.input).map_err(|error| {
            ApiError::new("ValidationException", format!("{}: {error}", self.operation)) // the member is in serde's text
        })
    }
}

/// An error as a service states it; the protocol skin gives it its form on the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// Further members of the error's shape, such as `CancellationReasons`.
    pub(crate) extra: Map<String, Value>,
}

impl ApiError {
    /// An error of the caller: status 400.
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, extra: Map::new() }
    }

    /// The same error with another HTTP status.
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same error with a further member.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(member.to_owned(), value.into());
        self
    }

    /// The answer to an operation that the model does not know.
    pub(crate) fn unknown_operation(call: &Call) -> Self {
        let message = format!("simcloud has no operation {} of {}", call.operation, call.service);
        let code = match call.service {
            Service::Iam | Service::Redshift | Service::Sts => "InvalidAction",
            _ => "UnknownOperationException",
        };
        Self::new(code, message)
    }
}

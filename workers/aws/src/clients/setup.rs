//! What clients are made from: given by a simulation, or found in the environment.

use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::{rt::sleep::SharedAsyncSleep, time::SharedTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chainwright_contracts::names::{AccountId, InvalidName, Region};

use jiff::Timestamp;

use super::{ATTEMPT_TIMEOUT, Clients};
use crate::{
    date::AnswerDate,
    error::{SourceError, failed},
};

const WHO_AM_I: &str = "sts:GetCallerIdentity";

/// Everything that clients need.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where requests go; the SDK's own HTTPS client where absent. What is given here counts as a simulation.
    pub http_client: Option<SharedHttpClient>,
    /// The clock for signatures and for the expiry of credentials.
    pub time_source: SharedTimeSource,
    /// How to wait between attempts.
    pub sleep: SharedAsyncSleep,
    /// The hub's own credentials.
    pub credentials: SharedCredentialsProvider,
    /// Where all services are found, instead of at AWS.
    pub endpoint_url: Option<String>,
    /// The hub's account.
    pub own_account: AccountId,
    /// The hub's Region.
    pub home_region: Region,
    /// The role that is assumed in other accounts: a name, or an ARN.
    pub member_role: Option<String>,
    /// The external id that the member role's trust policy asks for.
    pub external_id: Option<String>,
}

/// The environment does not say enough to reach AWS.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No Region is configured.
    #[error("no Region is configured: set AWS_REGION")]
    NoRegion,
    /// The Region or the account id cannot be read.
    #[error(transparent)]
    Invalid(#[from] InvalidName),
    /// STS did not tell who we are.
    #[error("{0}")]
    Identity(#[from] SourceError),
}

/// Clients that have spoken to AWS once.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The clients.
    pub clients: Clients,
    /// What time it was at AWS, in whole seconds.
    pub date: Timestamp,
}

impl Clients {
    /// Clients for a real process: the standard `AWS_*` environment, the account from STS. In other accounts
    /// `member_role` is assumed, with `external_id`.
    ///
    /// # Errors
    /// Where the environment names no Region, or STS cannot be asked who we are.
    pub async fn from_env(member_role: Option<String>, external_id: Option<String>) -> Result<Connected, SetupError> {
        let base = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
            .load()
            .await;
        let home_region: Region = base.region().ok_or(SetupError::NoRegion)?.as_ref().parse()?;
        let date = AnswerDate::default();
        let call = aws_sdk_sts::Client::new(&base).get_caller_identity();
        let identity = call.customize().interceptor(date.clone()).send().await.map_err(failed(WHO_AM_I))?;
        let own_account: AccountId = identity.account().unwrap_or_default().parse()?;
        let clients = Self::over(base, own_account, home_region, member_role, external_id);
        Ok(Connected { clients, date: date.get(WHO_AM_I)? })
    }
}

//! What clients are made from: given by a simulation, or found in the environment.

use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::{rt::sleep::SharedAsyncSleep, time::SharedTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chainwright_contracts::names::{AccountId, InvalidName, Region};

use super::{ATTEMPT_TIMEOUT, Clients};
use crate::error::{SourceError, failed};

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
    #[error("the worker's own account could not be found out: {0}")]
    Identity(#[from] SourceError),
}

impl Clients {
    /// Clients for the real worker: the standard `AWS_*` environment, the member role from `CHAINWRIGHT_MEMBER_ROLE`
    /// and `CHAINWRIGHT_EXTERNAL_ID`, the account from STS.
    ///
    /// # Errors
    /// Where the environment names no Region, or STS cannot be asked who we are.
    pub async fn from_env() -> Result<Self, SetupError> {
        let base = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
            .load()
            .await;
        let home_region: Region = base.region().ok_or(SetupError::NoRegion)?.as_ref().parse()?;
        let identity = aws_sdk_sts::Client::new(&base)
            .get_caller_identity()
            .send()
            .await
            .map_err(failed("sts:GetCallerIdentity"))?;
        let own_account: AccountId = identity.account().unwrap_or_default().parse()?;
        let [member_role, external_id] =
            ["CHAINWRIGHT_MEMBER_ROLE", "CHAINWRIGHT_EXTERNAL_ID"].map(|name| std::env::var(name).ok());
        Ok(Self::over(base, own_account, home_region, member_role, external_id))
    }
}

//! Credentials of another account, by assuming its member role.

use std::time::SystemTime;

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, error::CredentialsError, future},
};
use chainwright_contracts::names::{AccountId, Region};

use crate::error::{SourceError, failed};

const OPERATION: &str = "sts:AssumeRole";
/// By which the member account's trail names the sessions.
const SESSION_NAME: &str = "chainwright";

/// Assumes a role each time it is asked; the clients' credentials cache asks only when the last session nears its end.
#[derive(Debug)]
pub(super) struct MemberRole {
    sts: aws_sdk_sts::Client,
    role_arn: String,
    external_id: Option<String>,
}

impl MemberRole {
    /// `role` is a role's name, or a whole ARN, which then stands as it is.
    pub(super) fn new(
        sts: aws_sdk_sts::Client,
        home: &Region,
        account: &AccountId,
        role: &str,
        external_id: Option<String>,
    ) -> Self {
        let role_arn = if role.starts_with("arn:") {
            role.to_owned()
        } else {
            format!("arn:{}:iam::{account}:role/{role}", home.partition())
        };
        Self { sts, role_arn, external_id }
    }

    async fn assume(&self) -> provider::Result {
        let request = self.sts.assume_role().role_arn(&self.role_arn).role_session_name(SESSION_NAME);
        let answer = request
            .set_external_id(self.external_id.clone())
            .send()
            .await
            .map_err(failed(OPERATION))
            .map_err(CredentialsError::provider_error)?;
        let session = answer.credentials.ok_or_else(|| {
            CredentialsError::provider_error(SourceError::unreadable(OPERATION, "the answer holds no credentials"))
        })?;
        let expiry = SystemTime::try_from(session.expiration).map_err(CredentialsError::provider_error)?;
        Ok(Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            Some(expiry),
            "member role",
        ))
    }
}

impl ProvideCredentials for MemberRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

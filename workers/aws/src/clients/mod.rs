//! The SDK's clients, per account and Region, made when first needed.
//!
//! In the hub's own account the worker's own credentials serve; in every other one the member role is assumed, with the
//! external id that its trust policy asks for. All clients share one cache of credentials, which renews them minutes
//! before they expire. Retries are the SDK's standard ones, three attempts; whatever outlives them is the queue's
//! business. What AWS limits per second and account waits for its turn in a bucket, instead. Nothing here is global: a
//! process may hold several [`Clients`], and in simulations it does.

pub(crate) mod buckets;
mod member;
pub mod observe;
mod setup;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use aws_config::{BehaviorVersion, SdkConfig, identity::IdentityCache, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use chainwright_contracts::names::{AccountId, Region};

pub use observe::Observer;
pub use setup::{Connected, Setup, SetupError};

use crate::error::{Class, SourceError};
use buckets::{Api, Bucket, Buckets};
use member::MemberRole;

/// How long one attempt may take before it is given up. AWS's slow answers come within seconds; a receive of messages
/// that waits, the one exception, is not made through these clients.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// Attempts of one call in all.
const ATTEMPTS: u32 = 3;
/// How long before their end credentials are renewed; assumed roles last an hour.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// How long renewing them may take, the attempts against STS included.
const RENEW_WITHIN: Duration = Duration::from_secs(120);

/// Makes and keeps the clients. Clones share them.
#[derive(Debug, Clone)]
pub struct Clients {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
struct Config {
    base: SdkConfig,
    own_account: AccountId,
    home_region: Region,
    member_role: Option<String>,
    external_id: Option<String>,
    observer: Option<Observer>,
    buckets: Arc<Buckets>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    members: Mutex<BTreeMap<AccountId, SharedCredentialsProvider>>,
    regional: Mutex<BTreeMap<(AccountId, Region), Arc<Regional>>>,
}

/// The clients of one account in one Region.
#[derive(Debug)]
struct Regional {
    config: SdkConfig,
    backup: OnceLock<aws_sdk_backup::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    eventbridge: OnceLock<aws_sdk_eventbridge::Client>,
    fsx: OnceLock<aws_sdk_fsx::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    redshift: OnceLock<aws_sdk_redshift::Client>,
    redshift_serverless: OnceLock<aws_sdk_redshiftserverless::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// One accessor per service: the client of `account` in `region`.
macro_rules! accessors {
    ($($name:ident: $krate:ident, $service:literal;)*) => {$(
        #[doc = concat!("The client of ", $service, " in an account and a Region.")]
        ///
        /// # Errors
        /// Where the account is another one and no member role is configured: [`Class::Denied`].
        pub fn $name(&self, account: &AccountId, region: &Region) -> Result<$krate::Client, SourceError> {
            let regional = self.regional(account, region)?;
            let made = || {
                // The SDK would share one budget of retries among all clients of the process.
                let own = $krate::config::retry::RetryPartition::custom($service).build();
                let mut config = $krate::config::Builder::from(&regional.config).retry_partition(own);
                if let Some(observer) = &self.inner.config.observer {
                    config.push_interceptor(observer.interceptor());
                }
                $krate::Client::from_conf(config.build())
            };
            Ok(regional.$name.get_or_init(made).clone())
        }
    )*};
}

impl Clients {
    /// Clients over what `setup` names.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let simulated = setup.http_client.is_some();
        let mut base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(setup.credentials)
            .time_source(setup.time_source)
            .sleep_impl(setup.sleep);
        base.set_http_client(setup.http_client).set_endpoint_url(setup.endpoint_url);
        if simulated {
            // A connection within the process cannot stall, and the watch over it would need a timer per call.
            base.set_stalled_stream_protection(Some(
                aws_config::stalled_stream_protection::StalledStreamProtectionConfig::disabled(),
            ));
        }
        Self::over(base.build(), setup.own_account, setup.home_region, setup.member_role, setup.external_id)
    }

    fn over(
        base: SdkConfig,
        own_account: AccountId,
        home_region: Region,
        member_role: Option<String>,
        external_id: Option<String>,
    ) -> Self {
        let base = base
            .into_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
            .identity_cache(IdentityCache::lazy().buffer_time(RENEW_BEFORE).load_timeout(RENEW_WITHIN).build())
            .build();
        let (observer, buckets) = (None, Arc::new(Buckets::new(fastrand::Rng::with_seed(0))));
        Self::of(Config { base, own_account, home_region, member_role, external_id, observer, buckets })
    }

    /// Clients of which none is made yet.
    fn of(config: Config) -> Self {
        Self { inner: Arc::new(Inner { config, members: Mutex::default(), regional: Mutex::default() }) }
    }

    /// Clients like these, of which none is made yet, whose every call `observer` sees.
    #[must_use]
    pub fn observed(&self, observer: Observer) -> Self {
        Self::of(Config { observer: Some(observer), ..self.inner.config.clone() })
    }

    /// Clients like these, of which none is made yet, whose pauses after throttling are drawn from `rng`. Seed it from the
    /// system in production, from the run's seed in a simulation.
    #[must_use]
    pub fn seeded(&self, rng: fastrand::Rng) -> Self {
        Self::of(Config { buckets: Arc::new(Buckets::new(rng)), ..self.inner.config.clone() })
    }

    /// Where the calls of an API in an account wait for their turn.
    pub(crate) fn bucket(&self, account: &AccountId, api: Api) -> Arc<Bucket> {
        self.inner.config.buckets.of(account, api)
    }

    /// Who sees these clients' calls; a client made from [`Clients::home_config`] is to be given its interceptor, too.
    #[must_use]
    pub fn observer(&self) -> Option<&Observer> {
        self.inner.config.observer.as_ref()
    }

    /// The account that the hub, its ledger and its key belong to.
    #[must_use]
    pub fn own_account(&self) -> &AccountId {
        &self.inner.config.own_account
    }

    /// The Region that the hub runs in.
    #[must_use]
    pub fn home_region(&self) -> &Region {
        &self.inner.config.home_region
    }

    /// The configuration that all clients share, for a client of another service in the hub's account and Region.
    #[must_use]
    pub fn home_config(&self) -> SdkConfig {
        in_region(self.inner.config.base.clone(), &self.inner.config.home_region)
    }

    accessors! {
        backup: aws_sdk_backup, "AWS Backup";
        dynamodb: aws_sdk_dynamodb, "DynamoDB";
        eventbridge: aws_sdk_eventbridge, "EventBridge";
        fsx: aws_sdk_fsx, "FSx";
        iam: aws_sdk_iam, "IAM";
        kms: aws_sdk_kms, "KMS";
        redshift: aws_sdk_redshift, "Redshift";
        redshift_serverless: aws_sdk_redshiftserverless, "Redshift Serverless";
        sts: aws_sdk_sts, "STS";
    }

    fn regional(&self, account: &AccountId, region: &Region) -> Result<Arc<Regional>, SourceError> {
        let key = (account.clone(), region.clone());
        if let Some(known) = locked(&self.inner.regional).get(&key) {
            return Ok(Arc::clone(known));
        }
        let config = in_region(self.account_config(account)?, region);
        let made = Arc::new(Regional {
            config,
            backup: OnceLock::new(),
            dynamodb: OnceLock::new(),
            eventbridge: OnceLock::new(),
            fsx: OnceLock::new(),
            iam: OnceLock::new(),
            kms: OnceLock::new(),
            redshift: OnceLock::new(),
            redshift_serverless: OnceLock::new(),
            sts: OnceLock::new(),
        });
        // Whoever was first wins, so that all share one client and its connections.
        Ok(Arc::clone(locked(&self.inner.regional).entry(key).or_insert(made)))
    }

    /// The shared configuration with the credentials that `account` accepts.
    fn account_config(&self, account: &AccountId) -> Result<SdkConfig, SourceError> {
        let base = self.inner.config.base.clone();
        if *account == self.inner.config.own_account {
            return Ok(base);
        }
        let role = self.inner.config.member_role.as_deref().ok_or_else(|| {
            let message = format!("account {account} is not the hub's own, and no member role is configured");
            SourceError::new(Class::Denied, "sts:AssumeRole", "Credentials", message)
        })?;
        let mut sts = aws_sdk_sts::config::Builder::from(&self.home_config());
        if let Some(observer) = &self.inner.config.observer {
            sts.push_interceptor(observer.interceptor());
        }
        let sts = aws_sdk_sts::Client::from_conf(sts.build());
        let mut members = locked(&self.inner.members);
        let provider = members.entry(account.clone()).or_insert_with(|| {
            SharedCredentialsProvider::new(MemberRole::new(
                sts,
                &self.inner.config.home_region,
                account,
                role,
                self.inner.config.external_id.clone(),
            ))
        });
        Ok(base.into_builder().credentials_provider(provider.clone()).build())
    }
}

fn in_region(config: SdkConfig, region: &Region) -> SdkConfig {
    config.into_builder().region(aws_config::Region::new(region.as_str().to_owned())).build()
}

/// The maps are whole after every statement, so that a panic elsewhere cannot have left them half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

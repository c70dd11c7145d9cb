//! A simulated cloud with the hub's key and clients, as the tests share it.

use std::sync::Arc;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chainwright_aws::clients::{Clients, Setup};
use chainwright_aws::ledger::Store;
use chainwright_aws::sealing::{Sealer, SeededNonces};
use chainwright_contracts::names::{AccountId, Region};
use simcloud::faults::{CallFault, CallMatcher, FaultId, FaultRule};
use simcloud::{ClientOptions, Pace, Service, Settings, SimCloud};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const MEMBER: &str = "444455556666";
pub(crate) const KEY: &str = "alias/chainwright";
pub(crate) const TABLE: &str = "chainwright-ledger";

pub(crate) fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

pub(crate) fn home() -> Region {
    "eu-west-1".parse().unwrap()
}

pub(crate) fn away() -> Region {
    "eu-central-1".parse().unwrap()
}

pub(crate) struct Aws {
    pub(crate) cloud: SimCloud,
    pub(crate) clients: Clients,
}

impl Aws {
    pub(crate) fn new() -> Self {
        Self::with(Settings { pace: Pace::instant(), ..Settings::default() })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::with_member_role(settings, Some("chainwright-member"))
    }

    pub(crate) fn with_member_role(settings: Settings, member_role: Option<&str>) -> Self {
        let cloud = SimCloud::new(settings);
        let http_client = SharedHttpClient::new(cloud.http_client(ClientOptions::labelled("worker")));
        let time_source = SharedTimeSource::new(cloud.time_source());
        let clients = Clients::new(setup(http_client, time_source, member_role));
        Self { cloud, clients }
    }

    /// Calls of one operation suffer so often.
    pub(crate) fn fault(&self, service: Service, operation: &str, fault: CallFault, times: u64) -> FaultId {
        self.cloud.faults().add(FaultRule::call(CallMatcher::operation(service, operation), fault).times(times))
    }

    pub(crate) fn fired(&self, fault: FaultId) -> u64 {
        self.cloud.faults().fired(fault)
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.clients.dynamodb(&account(), &home()).unwrap()
    }

    /// The ledger's store with its table made.
    pub(crate) async fn store(&self) -> Store {
        let store = Store::new(self.dynamodb(), TABLE);
        store.create_table().await.unwrap();
        store
    }

    /// A sealer under a multi-Region key of this alias, with a replica and the same alias away.
    pub(crate) async fn sealer(&self, alias: &str) -> Sealer {
        let kms = self.clients.kms(&account(), &home()).unwrap();
        let key = kms.create_key().multi_region(true).send().await.unwrap().key_metadata.unwrap().key_id;
        kms.create_alias().alias_name(alias).target_key_id(&key).send().await.unwrap();
        kms.replicate_key().key_id(&key).replica_region(away().as_str()).send().await.unwrap();
        let kms_away = self.clients.kms(&account(), &away()).unwrap();
        kms_away.create_alias().alias_name(alias).target_key_id(&key).send().await.unwrap();
        Sealer::new(self.clients.clone(), alias, Arc::new(SeededNonces::new(fastrand::Rng::with_seed(7))))
    }
}

pub(crate) fn setup(http_client: SharedHttpClient, time_source: SharedTimeSource, member_role: Option<&str>) -> Setup {
    Setup {
        http_client: Some(http_client),
        time_source,
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        credentials: SharedCredentialsProvider::new(Credentials::new(ACCOUNT, "secret", None, None, "tests")),
        endpoint_url: None,
        own_account: account(),
        home_region: home(),
        member_role: member_role.map(str::to_owned),
        external_id: member_role.map(|_| "the-external-id".to_owned()),
    }
}

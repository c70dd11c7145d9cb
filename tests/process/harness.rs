//! Processes of the real program, what they are asked over loopback, and how their ends are waited for.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{
    rt::sleep::{SharedAsyncSleep, TokioSleep},
    time::SharedTimeSource,
};
use chainwright_aws::{
    clients::{Clients, Setup},
    sealing::OsNonces,
};
use chainwright_cli::{assembly::Parts, hub::Hub, operator::Operator};
use jiff::SignedDuration;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The hub's Region.
pub(crate) const HOME: &str = "eu-west-1";
/// The account of everybody here.
pub(crate) const ACCOUNT: &str = "111122223333";
/// How often a process is asked that cannot tell by itself.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// After so many questions without the wished answer something hangs: ten minutes at least. Retries of throttled calls wait
/// for minutes where luck is bad.
const QUESTIONS: u32 = 30_000;

/// Runs the program to its end with nothing in its environment but these variables.
pub(crate) fn chainwright(line: &[&str], variables: &BTreeMap<String, String>) -> Output {
    command(line, variables).output().unwrap()
}

/// What a process wrote to its standard error.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn command(line: &[&str], variables: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainwright"));
    command.args(line).env_clear().envs(variables);
    command
}

/// Waits until the answer is as wished.
pub(crate) async fn eventually(what: &str, mut wished: impl AsyncFnMut() -> bool) {
    for _ in 0..QUESTIONS {
        if wished().await {
            return;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    panic!("it never came about that {what}");
}

/// A port that was free a moment ago.
pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// No further variables.
pub(crate) const NOTHING: &[(&str, &str)] = &[];

/// A running process of the program, killed when it goes.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts it.
    pub(crate) fn start(line: &[&str], variables: &BTreeMap<String, String>) -> Self {
        let child = command(line, variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child }
    }

    /// The first line that it writes.
    fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line
    }

    /// What it wrote to its standard error until it ended.
    fn errors(&mut self) -> String {
        let mut errors = String::new();
        if let Some(mut stream) = self.child.stderr.take() {
            stream.read_to_string(&mut errors).unwrap();
        }
        errors
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, without holding up this thread.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the process ends", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    /// The most memory that it has had at once, in kilobytes: `VmHWM` of its status (proc(5)).
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to kill.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A simulated AWS in a process of its own, with a hub and no workers.
pub(crate) struct Cloud {
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl Cloud {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--port", "0"])
    }

    /// Starts it with these further arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let line = [["-o", "json", "dev", "--workers", "0"].as_slice(), arguments].concat();
        let mut process = Process::start(&line, &BTreeMap::new());
        let greeting: Value = serde_json::from_str(&process.first_line()).unwrap();
        let address = greeting["endpoint"].as_str().unwrap().trim_start_matches("http://").to_owned();
        Self { process, address }
    }

    /// The environment of a process that uses it.
    pub(crate) fn variables(&self, label: &str) -> BTreeMap<String, String> {
        let endpoint = format!("http://{}", self.address);
        let pairs = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_REGION", HOME),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "simulated"),
            ("AWS_SDK_UA_APP_ID", label),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Asks its control side.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        serde_json::from_str(&http(&self.address, method, path, &body).await.unwrap()).unwrap()
    }

    /// How many calls of an operation one caller has made.
    pub(crate) async fn calls(&self, label: &str, service: &str, operation: &str) -> u64 {
        let stats = self.control("GET", "/_sim/stats", &Value::Null).await;
        stats["callers"][label][service][operation].as_u64().unwrap_or_default()
    }

    /// An operator, by whom tests set things up and look at them.
    pub(crate) fn operator(&self) -> Operator {
        let setup = Setup {
            http_client: None,
            time_source: SharedTimeSource::default(),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
            credentials: SharedCredentialsProvider::new(Credentials::new(ACCOUNT, "simulated", None, None, "test")),
            endpoint_url: Some(format!("http://{}", self.address)),
            own_account: ACCOUNT.parse().unwrap(),
            home_region: HOME.parse().unwrap(),
            member_role: None,
            external_id: None,
        };
        let parts = Parts {
            clients: Clients::new(setup),
            clock: SharedTimeSource::default(),
            nonces: Arc::new(OsNonces),
            hub: Hub::standard(Vec::new()),
            allow: None,
            reconcile_every: SignedDuration::from_hours(6),
        };
        Operator::over(parts).unwrap()
    }
}

/// A worker in a process of its own.
pub(crate) struct Worker {
    pub(crate) process: Process,
    health: String,
}

impl Worker {
    /// Starts it and waits until it works.
    pub(crate) async fn start(cloud: &Cloud, label: &str, more: &[(impl AsRef<str>, impl AsRef<str>)]) -> Self {
        let port = free_port().await;
        let mut variables = cloud.variables(label);
        variables.insert("CHAINWRIGHT_HEALTH_PORT".into(), port.to_string());
        variables.extend(more.iter().map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned())));
        let mut worker = Self { process: Process::start(&["worker"], &variables), health: format!("127.0.0.1:{port}") };
        eventually("the worker works", async || {
            assert!(worker.process.runs(), "the worker ended: {}", worker.process.errors());
            worker.health().await.is_some()
        })
        .await;
        worker
    }

    /// What it says of itself; nothing while it does not answer.
    pub(crate) async fn health(&self) -> Option<Value> {
        serde_json::from_str(&http(&self.health, "GET", "/health", "").await.ok()?).ok()
    }

    /// How many jobs it has done.
    pub(crate) async fn jobs_done(&self) -> u64 {
        self.health().await.and_then(|health| health["jobs_done"].as_u64()).unwrap_or_default()
    }
}

/// One request over a connection of its own; the body of the answer.
async fn http(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

//! Connections over streams in memory: as many as wanted, and no port.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::{self, Front};
use super::in_real_time;
use crate::{Pace, Settings, SimCloud};

/// A served cloud without a port.
struct Served {
    cloud: SimCloud,
    front: Arc<Front>,
    connections: JoinSet<()>,
    ending: watch::Sender<()>,
}

impl Served {
    fn new() -> Self {
        let cloud = SimCloud::new(Settings { pace: Pace::instant(), ..Settings::default() });
        let front = Arc::new(Front::new(cloud.clone()));
        Self { cloud, front, connections: JoinSet::new(), ending: watch::Sender::new(()) }
    }

    fn connect(&mut self) -> DuplexStream {
        let (caller, stream) = duplex(4_096);
        self.connections.spawn(connection::serve(Arc::clone(&self.front), stream, self.ending.subscribe()));
        caller
    }
}

fn sqs(operation: &str, input: &serde_json::Value) -> String {
    let body = input.to_string();
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nX-Amz-Target: AmazonSQS.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260105/eu-west-1/sqs/aws4_request\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one answer: its head and, by its length, its body.
async fn answer(caller: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    loop {
        let byte = caller.read_u8().await.expect("the connection ended before the answer did");
        text.push(byte);
        if text.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(text).expect("a head in ASCII").to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let length = length.and_then(|length| length.parse().ok()).expect("a length");
    let mut body = vec![0; length];
    caller.read_exact(&mut body).await.expect("the whole body");
    head + &String::from_utf8(body).expect("a body in UTF-8")
}

async fn ask(caller: &mut DuplexStream, request: &str) -> String {
    caller.write_all(request.as_bytes()).await.expect("a connection that takes the request");
    answer(caller).await
}

/// What is left on a connection until the server closes it.
async fn rest(caller: &mut DuplexStream) -> Vec<u8> {
    let mut left = Vec::new();
    let _broken_is_closed_too = caller.read_to_end(&mut left).await;
    left
}

/// Time that nobody has to wait for: the clock stands except for what is slept.
fn stopped<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(test());
}

const POLLS: usize = 10_000;

#[test]
fn ten_thousand_open_long_polls_leave_every_other_call_to_its_answer() {
    stopped(async || {
        let mut served = Served::new();
        let mut caller = served.connect();
        for queue in ["idle", "busy"] {
            let made = ask(&mut caller, &sqs("CreateQueue", &json!({"QueueName": queue}))).await;
            assert!(made.starts_with("http/1.1 200"), "{made}");
        }
        let url = |queue: &str| format!("http://127.0.0.1:4566/111122223333/{queue}");
        let poll = sqs("ReceiveMessage", &json!({"QueueUrl": url("idle"), "WaitTimeSeconds": 20}));
        let mut polls = Vec::new();
        for _ in 0..POLLS {
            let mut poller = served.connect();
            poller.write_all(poll.as_bytes()).await.expect("an open connection");
            polls.push(poller);
        }
        while served.cloud.stats().calls(crate::Service::Sqs, "ReceiveMessage") < POLLS as u64 {
            tokio::task::yield_now().await;
        }
        let steps =
            |queue: &str| served.cloud.inspect().queue_steps(&format!("arn:aws:sqs:eu-west-1:111122223333:{queue}"));
        let idle = steps("idle");
        let before = tokio::time::Instant::now();
        for n in 0..100 {
            let send = sqs("SendMessage", &json!({"QueueUrl": url("busy"), "MessageBody": n.to_string()}));
            assert!(ask(&mut caller, &send).await.starts_with("http/1.1 200"));
            let receive = sqs("ReceiveMessage", &json!({"QueueUrl": url("busy")}));
            assert!(ask(&mut caller, &receive).await.contains(&format!("\"Body\":\"{n}\"")));
        }
        assert_eq!(tokio::time::Instant::now(), before, "a call had to wait for the open polls");
        assert_eq!(steps("idle"), idle, "calls to one queue woke the polls of another");
        // Each of them is answered when its own twenty seconds are over.
        for poller in &mut polls {
            assert!(answer(poller).await.ends_with("\r\n\r\n{}"));
        }
        assert_eq!(before.elapsed().as_secs(), 20);
        drop(polls);
        drop(caller);
        while served.connections.join_next().await.is_some() {}
    });
}

#[test]
fn a_body_that_lies_or_never_comes_costs_only_its_own_connection() {
    stopped(async || {
        let mut served = Served::new();
        let mut good = served.connect();
        let head = |length: &str| {
            sqs("ListQueues", &json!({}))
                .replace("Content-Length: 2\r\n\r\n{}", &format!("Content-Length: {length}\r\n\r\n"))
        };
        let mut never = served.connect();
        never.write_all(head("100").as_bytes()).await.expect("open");
        let mut short = served.connect();
        short.write_all((head("100") + "{}").as_bytes()).await.expect("open");
        short.shutdown().await.expect("open");
        let mut headless = served.connect();
        headless.write_all(b"POST / HTTP/1.1\r\nHost: a").await.expect("open");
        // Longer than it says: the rest is no request.
        let mut long = served.connect();
        long.write_all((head("2") + "{}{}{}\r\n\r\n").as_bytes()).await.expect("open");
        assert!(answer(&mut long).await.starts_with("http/1.1 200"));
        assert!(String::from_utf8_lossy(&rest(&mut long).await).starts_with("HTTP/1.1 400"));
        for length in ["16777217", "99999999999999999999"] {
            let mut huge = served.connect();
            huge.write_all(head(length).as_bytes()).await.expect("open");
            let refused = rest(&mut huge).await;
            let refused = String::from_utf8_lossy(&refused);
            assert!(refused.starts_with("HTTP/1.1 413") || refused.starts_with("HTTP/1.1 400"), "{length}: {refused}");
        }
        assert!(rest(&mut short).await.is_empty());
        assert!(ask(&mut good, &sqs("ListQueues", &json!({}))).await.starts_with("http/1.1 200"));
        // The clock has nothing else to run to: both limits strike.
        assert!(rest(&mut never).await.is_empty());
        let _closed = rest(&mut headless).await;
        assert_eq!(served.cloud.stats().total, 2, "a request without a body reached the cloud");
        drop(good);
        while served.connections.join_next().await.is_some() {}
    });
}

#[test]
fn an_endless_body_is_refused_where_the_limit_is() {
    stopped(async || {
        let mut served = Served::new();
        let caller = served.connect();
        let head = sqs("ListQueues", &json!({}));
        let head = head.replace("Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n");
        let (mut reader, mut writer) = tokio::io::split(caller);
        let mut sent = 0_u64;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
        let sending = async {
            writer.write_all(head.as_bytes()).await?;
            while sent < 1_000_000_000 {
                writer.write_all(chunk.as_bytes()).await?;
                sent += 0x1_0000;
            }
            std::io::Result::Ok(())
        };
        let mut refused = Vec::new();
        let (sending, _) = tokio::join!(sending, reader.read_to_end(&mut refused));
        assert!(sending.is_err(), "the whole body was taken");
        assert!(String::from_utf8_lossy(&refused).starts_with("HTTP/1.1 413"));
        assert!(sent < 2 * super::body::MAX_BODY as u64, "{sent}");
    });
}

#[test]
fn a_jump_uses_up_no_caller_s_time_and_is_made_whole_though_its_caller_hangs_up() {
    let passed = in_real_time(Served::new, async |mut served| {
        let begin = served.cloud.now();
        let mut slow = served.connect();
        let request = sqs("ListQueues", &json!({}));
        let (first, second) = request.split_at(request.len() - 1);
        slow.write_all(first.as_bytes()).await.expect("open");
        let jump = "POST /_sim/clock HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"advance\":\"72h\"}";
        let mut idle = served.connect();
        assert!(ask(&mut idle, jump).await.contains("{\"now\":\""));
        let mut gone = served.connect();
        gone.write_all(jump.as_bytes()).await.expect("open");
        // Only the jump lets an hour pass at once: in the middle of it the caller hangs up.
        tokio::time::sleep(Duration::from_hours(1)).await;
        drop(gone);
        assert!(ask(&mut idle, jump).await.contains("{\"now\":\""));
        slow.write_all(second.as_bytes()).await.expect("a connection that is still open");
        assert!(answer(&mut slow).await.starts_with("http/1.1 200"));
        served.cloud.now().duration_since(begin)
    });
    assert_eq!(passed.expect("a runtime").as_hours(), 3 * 72);
}

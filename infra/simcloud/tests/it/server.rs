//! The cloud on a port: real sockets, requests made by hand.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use simcloud::server::{ServeError, Server, in_real_time};
use simcloud::{Pace, Service, Settings, SimCloud};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::support::{ACCOUNT, authorization};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A connection to the server, kept alive from request to request.
struct Caller {
    stream: TcpStream,
}

/// Status line and headers in lower case, and the body.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }
}

impl Caller {
    async fn to(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    /// The answer, or nothing when the connection was closed instead.
    async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.stream.read_exact(&mut body).await.unwrap();
        Some(Answer { head, body: String::from_utf8(body).unwrap() })
    }

    async fn sim(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask(method, path, &[], &body).await.unwrap()
    }

    async fn sqs(&mut self, operation: &str, input: &Value) -> Option<Answer> {
        let target = format!("AmazonSQS.{operation}");
        let signature = authorization(ACCOUNT, "eu-west-1", "sqs");
        let agent = "aws-sdk-rust/1 app/worker-2";
        let headers = [("x-amz-target", target.as_str()), ("authorization", &signature), ("user-agent", agent)];
        self.ask("POST", "/", &headers, &input.to_string()).await
    }
}

/// Serves a cloud to a test, on the real clock.
fn serve(pace: Pace, test: impl AsyncFnOnce(SimCloud, Caller)) {
    let cloud = || SimCloud::new(Settings { pace, trace: true, ..Settings::default() });
    in_real_time(cloud, async |cloud| {
        let server = Server::bind(cloud.clone(), ANY_PORT).await.unwrap();
        let address = server.local_address();
        let (end, ended) = oneshot::channel::<()>();
        let served = server.run(async move {
            let _dropped_is_over_too = ended.await;
        });
        let testing = async {
            test(cloud, Caller::to(address).await).await;
            drop(end);
        };
        tokio::join!(served, testing);
        assert!(TcpStream::connect(address).await.is_err(), "somebody still listens");
    })
    .unwrap();
}

#[test]
fn a_connection_is_kept_alive_and_answers_bear_the_simulated_date() {
    serve(Pace::instant(), async |cloud, mut caller| {
        for n in 1..=3 {
            let answer = caller.sqs("ListQueues", &json!({})).await.unwrap();
            assert_eq!(answer.status(), 200);
            assert!(answer.head.contains("date: mon, 05 jan 2026 00:"), "{}", answer.head);
            assert!(answer.head.contains("x-amzn-requestid: "), "{}", answer.head);
            assert_eq!(cloud.stats().labels["worker-2"][&(Service::Sqs, "ListQueues".to_owned())], n);
        }
        let queue = caller.sqs("CreateQueue", &json!({"QueueName": "jobs"})).await.unwrap();
        assert_eq!(queue.json()["QueueUrl"], "http://127.0.0.1:4566/111122223333/jobs");
    });
}

#[test]
fn a_lost_connection_is_closed_without_an_answer_before_or_after_the_effect() {
    serve(Pace::instant(), async |cloud, mut caller| {
        let queue = caller.sqs("CreateQueue", &json!({"QueueName": "jobs"})).await.unwrap().json();
        let message = json!({"QueueUrl": queue["QueueUrl"], "MessageBody": "m"});
        for (fault, messages) in [("lose_before", 0), ("lose_after", 1)] {
            let on = json!({"service": "sqs", "operation": "SendMessage", "label": "worker-2"});
            let rule = json!([{"fault": {"call": {"on": on, "fault": fault}}, "when": {"limit": 1}}]);
            let added = caller.sim("POST", "/_sim/faults", &rule).await;
            assert_eq!(added.status(), 200, "{}", added.body);
            let mut unlucky = Caller::to(caller.stream.peer_addr().unwrap()).await;
            assert!(unlucky.sqs("SendMessage", &message).await.is_none(), "{fault} was answered");
            assert_eq!(cloud.inspect().queue_messages("arn:aws:sqs:eu-west-1:111122223333:jobs").len(), messages);
        }
        let rules = caller.sim("GET", "/_sim/faults", &Value::Null).await.json();
        assert_eq!([&rules[0]["fired"], &rules[1]["fired"]], [1, 1]);
        assert_eq!(rules[1]["rule"]["fault"]["call"]["fault"], "lose_after");
        caller.sim("DELETE", "/_sim/faults", &Value::Null).await;
        let rules = caller.sim("GET", "/_sim/faults", &Value::Null).await.json();
        assert_eq!([&rules[0]["ended"], &rules[1]["ended"]], [true, true]);
        assert_eq!(rules[0]["fired"], 1);
    });
}

#[test]
fn a_black_hole_holds_its_own_connection_alone() {
    serve(Pace::instant(), async |cloud, mut caller| {
        let rule = json!([{"fault": {"call": {"on": {}, "fault": "black_hole"}}, "when": {"limit": 1}}]);
        caller.sim("POST", "/_sim/faults", &rule).await;
        let mut lost = Caller::to(caller.stream.peer_addr().unwrap()).await;
        let nothing = json!({});
        let waiting = async {
            tokio::select! {
                biased;
                _ = lost.sqs("ListQueues", &nothing) => panic!("a black hole answered"),
                () = async {
                    while cloud.trace().is_empty() {
                        tokio::task::yield_now().await;
                    }
                    assert_eq!(caller.sqs("ListQueues", &json!({})).await.unwrap().status(), 200);
                } => {}
            }
        };
        waiting.await;
        assert_eq!(cloud.trace().iter().map(|line| line.outcome.as_str()).collect::<Vec<_>>(), ["black hole", "ok"]);
    });
}

#[test]
fn time_runs_ahead_to_the_instant_asked_for_and_everything_happens_on_the_way() {
    serve(Pace::default(), async |cloud, mut caller| {
        let url = caller.sqs("CreateQueue", &json!({"QueueName": "jobs"})).await.unwrap().json()["QueueUrl"].clone();
        let late = json!({"QueueUrl": url, "MessageBody": "m", "DelaySeconds": 900});
        caller.sqs("SendMessage", &late).await.unwrap();
        let before = cloud.now();
        let reached = caller.sim("POST", "/_sim/clock", &json!({"advance": "72h"})).await.json();
        let reached: jiff::Timestamp = reached["now"].as_str().unwrap().parse().unwrap();
        let passed = Duration::try_from(reached.duration_since(before)).unwrap();
        assert!(passed >= Duration::from_hours(72) && passed < Duration::from_hours(73), "{passed:?}");
        let now = caller.sim("GET", "/_sim/clock", &Value::Null).await.json();
        assert!(now["now"].as_str().unwrap().starts_with("2026-01-08T00:0"), "{now}");
        let received = caller.sqs("ReceiveMessage", &json!({"QueueUrl": url})).await.unwrap().json();
        assert_eq!(received["Messages"][0]["Body"], "m");
    });
}

/// A clock stopped between two milliseconds would make each of these sleeps a millisecond late.
#[test]
fn timers_stay_on_the_millisecond_grid_during_a_jump() {
    serve(Pace::instant(), async |_, mut caller| {
        let ticking = async {
            // Only the jump lets an hour pass, so that all that follows is in it.
            tokio::time::sleep(Duration::from_hours(1)).await;
            let begin = tokio::time::Instant::now();
            for _ in 0..3_600 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            begin.elapsed()
        };
        let ahead = json!({"advance": "3h"});
        let (elapsed, _) = tokio::join!(ticking, caller.sim("POST", "/_sim/clock", &ahead));
        assert_eq!(elapsed, Duration::from_hours(1));
    });
}

#[test]
fn what_control_cannot_understand_is_refused_with_what_is_allowed() {
    serve(Pace::instant(), async |cloud, mut caller| {
        let refused = [
            ("/_sim/clock", json!({"advance": "soon"}), "\"90m\""),
            ("/_sim/clock", json!({"forward": "1h"}), "`advance`"),
            ("/_sim/clock", json!({"advance": "-1h"}), "backwards"),
            ("/_sim/faults", json!([{"fault": {"call": {"on": {}, "fault": "explode"}}}]), "`black_hole`"),
            ("/_sim/faults", json!([{"fault": {"call": {"on": {}, "fault": {"server_error": 200}}}}]), "500 and 599"),
            ("/_sim/faults", json!([{"fault": {"queue": {"fault": "fail_batch_entry", "que": 1}}}]), "`queue`"),
            ("/_sim/faults", json!([{"fault": {"job": {"fault": "stalls"}}, "when": {"probability": 2}}]), "0 and 1"),
            ("/_sim/pace", json!("slow"), "\"fast\""),
            ("/_sim/pace", json!({"backup": {"tea": "1s"}}), "`event_batch`"),
            ("/_sim/pace", json!(7), "an object"),
        ];
        for (path, body, allowed) in refused {
            let answer = caller.sim("POST", path, &body).await;
            assert_eq!(answer.status(), 400, "{body}");
            let error = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(error.contains(allowed), "{body}: {error}");
        }
        assert_eq!(caller.sim("GET", "/_sim/weather", &Value::Null).await.status(), 404);
        assert_eq!(caller.sim("DELETE", "/_sim/clock", &Value::Null).await.status(), 405);
        assert!(cloud.faults().counts().is_empty(), "a list with a wrong rule added some of the others");
        assert_eq!(cloud.stats().total, 0, "control reached a service");
    });
}

#[test]
fn pace_stats_operations_and_reset_are_there() {
    serve(Pace::default(), async |cloud, mut caller| {
        caller.sqs("CreateQueue", &json!({"QueueName": "jobs"})).await.unwrap();
        let stats = caller.sim("GET", "/_sim/stats", &Value::Null).await.json();
        assert_eq!(stats["services"], json!({"sqs": {"CreateQueue": 1}}));
        assert_eq!(stats["callers"], json!({"worker-2": {"sqs": {"CreateQueue": 1}}}));

        let operations = caller.sim("GET", "/_sim/operations", &Value::Null).await.json();
        assert!(operations["sqs"].as_array().unwrap().contains(&json!("ReceiveMessage")));
        assert!(operations["backup"].as_array().unwrap().contains(&json!("StartBackupJob")));

        caller.sim("POST", "/_sim/pace", &json!("fast")).await;
        assert_eq!(cloud.pace(), Pace::fast());
        let parts = json!({"call": "1ms", "backup": {"copy": "2s", "start": {"most": "3s"}}});
        let pace = caller.sim("POST", "/_sim/pace", &parts).await.json();
        assert_eq!(pace["call"], "1ms");
        assert_eq!(pace["backup"]["copy"], json!({"least": "2s", "most": "2s"}));
        assert_eq!(cloud.pace().backup.start.most, Duration::from_secs(3));
        assert_eq!(cloud.pace().backup.restore, Pace::fast().backup.restore);

        caller.sim("POST", "/_sim/reset", &Value::Null).await;
        assert!(cloud.inspect().queues().is_empty());
        assert_eq!(caller.sim("GET", "/_sim/stats", &Value::Null).await.json()["total"], 0);
    });
}

#[test]
fn a_port_that_is_taken_and_an_address_that_others_reach_are_refused() {
    serve(Pace::instant(), async |cloud, caller| {
        let taken = caller.stream.peer_addr().unwrap();
        let error = Server::bind(cloud.clone(), taken).await.unwrap_err();
        assert!(matches!(error, ServeError::Taken { address } if address == taken), "{error}");
        let open = SocketAddr::from(([0, 0, 0, 0], 0));
        let error = Server::bind(cloud, open).await.unwrap_err();
        assert!(matches!(error, ServeError::NotLoopback { .. }), "{error}");
    });
}

#[test]
fn every_path_of_backup_is_served_with_and_without_a_slash_at_its_end() {
    serve(Pace::instant(), async |cloud, mut caller| {
        let signature = authorization(ACCOUNT, "eu-west-1", "backup");
        for path in ["/backup-vaults", "/backup-vaults/"] {
            let answer = caller.ask("GET", path, &[("authorization", &signature)], "").await.unwrap();
            assert_eq!(answer.json(), json!({"BackupVaultList": []}));
        }
        assert_eq!(cloud.stats().calls(Service::Backup, "ListBackupVaults"), 2);
    });
}

#[test]
fn presigned_and_unsigned_requests_find_their_service() {
    serve(Pace::instant(), async |cloud, mut caller| {
        let credential = "444455556666%2F20260105%2Feu-central-1%2Fsts%2Faws4_request";
        let query = format!("/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential={credential}");
        let answer = caller.ask("GET", &query, &[], "").await.unwrap();
        assert!(answer.body.contains("<Account>444455556666</Account>"), "{}", answer.body);
        let answer = caller.ask("POST", "/", &[("x-amz-target", "AmazonSQS.ListQueues")], "{}").await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.body);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let answer = caller.ask("POST", "/", &[form], "Action=GetCallerIdentity&Version=2011-06-15").await.unwrap();
        assert!(answer.body.contains("<Account>111122223333</Account>"), "{}", answer.body);
        assert_eq!(cloud.stats().total, 3);
    });
}

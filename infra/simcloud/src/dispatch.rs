//! One call from request to answer: what the fault plan makes of it, and the waiting that a receive does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::call::{Answer, ApiError, Call, Operations, Service};
use crate::cloud::{ConnectionLost, Inner};
use crate::faults::{CallFault, Fate};
use crate::world::World;
use crate::{ClientOptions, backup, dynamodb, events, fsx, iam, kms, protocol, redshift, serverless, sqs, sts};

/// The one operation that waits.
const RECEIVE: &str = "ReceiveMessage";

/// Answers a request; see [`crate::SimCloud::handle`].
pub(crate) async fn handle(
    cloud: &Arc<Inner>,
    request: Request<Bytes>,
    options: &ClientOptions,
) -> Result<Response<Bytes>, ConnectionLost> {
    let (service, operation, answer) = match protocol::decode(&request, options) {
        Err(refused) => (refused.service, String::new(), Err(refused.error)),
        Ok(call) => {
            let answer = serve(cloud, &call, &options.label).await?;
            (call.service, call.operation, answer)
        }
    };
    let (request_id, now) = {
        let mut world = cloud.world();
        (world.uuid(), world.now())
    };
    Ok(protocol::encode(service, &operation, answer, &request_id, now))
}

async fn serve(cloud: &Arc<Inner>, call: &Call, label: &str) -> Result<Answer, ConnectionLost> {
    let (fate, latency) = {
        let mut world = cloud.world();
        world.record.count(call, label);
        let fate = world.faults.call(call, label);
        let latency = world.pace.call + fate.latency;
        (fate, latency)
    };
    // Half of the way is there and half is back: a caller that dies may die on either.
    travel(latency / 2).await;
    if let Some(early) = before_effect(cloud, call, label, &fate).await {
        return early;
    }
    let answer = perform(cloud, call).await;
    let lost = fate.fault == Some(CallFault::LoseAfter);
    let outcome = match &answer {
        _ if lost => "lost after",
        Ok(_) => "ok",
        Err(error) => &error.code,
    };
    record(cloud, call, label, outcome);
    for gate in &fate.after {
        gate.pass().await;
    }
    travel(latency / 2).await;
    if lost { Err(ConnectionLost) } else { Ok(answer) }
}

/// Waits, and lets others run even when there is nothing to wait for.
async fn travel(time: Duration) {
    if time.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(time).await;
    }
}

/// What ends a call before the service sees it, if anything does.
async fn before_effect(cloud: &Inner, call: &Call, label: &str, fate: &Fate) -> Option<Result<Answer, ConnectionLost>> {
    for gate in &fate.before {
        gate.pass().await;
    }
    let (outcome, end) = match fate.fault.as_ref()? {
        CallFault::Latency(_) | CallFault::Jitter(_) | CallFault::LoseAfter => return None,
        CallFault::LoseBefore => ("lost before".to_owned(), Err(ConnectionLost)),
        CallFault::BlackHole => {
            record(cloud, call, label, "black hole");
            std::future::pending().await
        }
        CallFault::Throttle => refusal(throttled(call.service)),
        CallFault::ExpiredCredentials => refusal(expired(call.service)),
        CallFault::ServerError(status) => refusal(server_error(*status)),
        CallFault::Error { code, message, status } => refusal(ApiError::new(code, message).status(*status)),
    };
    record(cloud, call, label, &outcome);
    Some(end)
}

fn refusal(error: ApiError) -> (String, Result<Answer, ConnectionLost>) {
    (error.code.clone(), Ok(Err(error)))
}

fn record(cloud: &Inner, call: &Call, label: &str, outcome: &str) {
    let mut world = cloud.world();
    let now = world.now();
    world.record.outcome(now, call, label, outcome);
}

/// The error by which each service throttles, from the common errors of its API reference.
fn throttled(service: Service) -> ApiError {
    match service {
        Service::Sqs => {
            ApiError::new("RequestThrottled", "The request was denied due to request throttling.").status(403)
        }
        Service::Iam | Service::Redshift | Service::Sts => ApiError::new("Throttling", "Rate exceeded"),
        _ => ApiError::new("ThrottlingException", "Rate exceeded"),
    }
}

fn expired(service: Service) -> ApiError {
    let message = "The security token included in the request is expired";
    match service {
        Service::Iam | Service::Redshift | Service::Sqs | Service::Sts => {
            ApiError::new("ExpiredToken", message).status(403)
        }
        Service::Backup => ApiError::new("ExpiredTokenException", message).status(403),
        _ => ApiError::new("ExpiredTokenException", message),
    }
}

fn server_error(status: u16) -> ApiError {
    let code = if status == 503 { "ServiceUnavailable" } else { "InternalFailure" };
    ApiError::new(code, "The request failed by a fault of the service.").status(status)
}

/// Lets the model answer. Only a receive waits on the way.
async fn perform(cloud: &Arc<Inner>, call: &Call) -> Answer {
    if call.service == Service::Sqs && call.operation == RECEIVE {
        return sqs::receive(cloud, call).await;
    }
    let mut world = cloud.world();
    model(&mut world, call)
}

fn model(world: &mut World, call: &Call) -> Answer {
    let known = table(call.service).iter().find(|(name, _)| *name == call.operation);
    let (_, answer) = known.ok_or_else(|| ApiError::unknown_operation(call))?;
    answer(world, call)
}

const fn table(service: Service) -> Operations {
    match service {
        Service::Backup => backup::OPERATIONS,
        Service::DynamoDb => dynamodb::OPERATIONS,
        Service::Events => events::OPERATIONS,
        Service::Fsx => fsx::OPERATIONS,
        Service::Iam => iam::OPERATIONS,
        Service::Kms => kms::OPERATIONS,
        Service::Redshift => redshift::OPERATIONS,
        Service::RedshiftServerless => serverless::OPERATIONS,
        Service::Sqs => sqs::OPERATIONS,
        Service::Sts => sts::OPERATIONS,
    }
}

/// The names of all operations of a service, sorted.
pub(crate) fn operations(service: Service) -> Vec<&'static str> {
    let waiting = (service == Service::Sqs).then_some(RECEIVE);
    let mut names: Vec<_> = table(service).iter().map(|(name, _)| *name).chain(waiting).collect();
    names.sort_unstable();
    names
}

//! One connection: its requests one after another, each to AWS or to the control.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::body::{self, Unreadable};
use super::control;
use super::jump::Jumps;
use super::patience::Patience;
use crate::{ClientOptions, SimCloud};

/// How long a connection may be idle, and how long a request's head may take.
const HEAD_TIME: Duration = Duration::from_secs(60);

/// What all connections of a server share.
#[derive(Debug)]
pub(super) struct Front {
    cloud: SimCloud,
    control: TowerToHyperService<Router>,
    http: http1::Builder,
    patience: Patience,
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
pub(super) struct HungUp;

type Answer = Response<Either<Full<Bytes>, Body>>;

impl Front {
    pub(super) fn new(cloud: SimCloud) -> Self {
        let jumps = Arc::new(Jumps::default());
        let patience = Patience::new(Arc::clone(&jumps));
        let mut http = http1::Builder::new();
        // The Date of an answer is the simulated one; the machine's must not slip in where there is none.
        http.auto_date_header(false).timer(patience.clone()).header_read_timeout(HEAD_TIME);
        let control = TowerToHyperService::new(control::router(cloud.clone(), jumps));
        Self { cloud, control, http, patience }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Answer, HungUp> {
        let (head, body) = request.into_parts();
        let body = match body::read(&head.headers, body, &self.patience).await {
            Ok(body) => body,
            Err(Unreadable::TooLarge) => return Ok(too_large()),
            Err(Unreadable::TooSlow | Unreadable::Broken) => return Err(HungUp),
        };
        if control::owns(head.uri.path()) {
            let request = Request::from_parts(head, Body::from(body));
            let Ok(answer) = self.control.call(request).await;
            return Ok(answer.map(Either::Right));
        }
        let options = ClientOptions::labelled(label(&head.headers));
        let answer = self.cloud.handle(Request::from_parts(head, body), &options).await;
        answer.map(|answer| answer.map(|body| Either::Left(Full::new(body)))).map_err(|_lost| HungUp)
    }
}

/// Serves one connection to its end. It ends early, after the answer under way, when `ending` loses its sender.
pub(super) async fn serve(
    front: Arc<Front>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mut ending: watch::Receiver<()>,
) {
    let answers = service_fn(|request| front.answer(request));
    let connection = front.http.serve_connection(TokioIo::new(stream), answers);
    tokio::pin!(connection);
    let over = tokio::select! {
        biased;
        ended = connection.as_mut() => Some(ended),
        _ = ending.changed() => None,
    };
    // However a connection ends, it is its caller's affair alone: there is nobody to tell.
    if over.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ended = connection.await.is_ok();
    }
}

/// The application id in a User-Agent, as SDKs add it for `AWS_SDK_UA_APP_ID`; else nothing.
fn label(headers: &HeaderMap) -> &str {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.split(' ').find_map(|part| part.strip_prefix("app/")).unwrap_or_default()
}

fn too_large() -> Answer {
    let text = format!("{{\"message\":\"A request has at most {} bytes.\"}}", body::MAX_BODY);
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from(text))));
    *answer.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    // What is left of the request is not read, so that nothing can follow on this connection.
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_the_application_id_of_the_user_agent() {
        let mut headers = HeaderMap::new();
        assert_eq!(label(&headers), "");
        let agent = "aws-sdk-rust/1.3.1 os/linux lang/rust/1.95.0 app/worker-2 md/x";
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        assert_eq!(label(&headers), "worker-2");
    }
}

//! A service that gives prepared answers and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use chainwright_aws::clients::Clients;
use serde_json::Value;

use crate::support::setup;

/// What every answer is dated.
pub(crate) const DATE: &str = "Mon, 05 Jan 2026 06:00:00 GMT";

#[derive(Clone, Debug, Default)]
pub(crate) struct Canned {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    answers: VecDeque<(u16, Option<String>, Value)>,
    asked: Vec<Asked>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and URI without the host, percent-encoded as sent.
    pub(crate) what: String,
    pub(crate) region_host: String,
    pub(crate) body: Value,
}

impl Canned {
    pub(crate) fn new() -> (Self, Clients) {
        let canned = Self::default();
        let time = SharedTimeSource::new(StaticTimeSource::from_secs(1_767_592_800));
        (canned.clone(), Clients::new(setup(SharedHttpClient::new(canned), time, None)))
    }

    /// The next answer.
    pub(crate) fn answers(&self, body: Value) -> &Self {
        self.inner.lock().unwrap().answers.push_back((200, None, body));
        self
    }

    /// The next answer is an error.
    pub(crate) fn refuses(&self, code: &str, message: &str) -> &Self {
        let body = serde_json::json!({ "__type": code, "Code": code, "Message": message, "message": message });
        self.inner.lock().unwrap().answers.push_back((400, Some(code.to_owned()), body));
        self
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: http::Uri = request.uri().parse().unwrap();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or(Value::Null);
        let mut inner = self.inner.lock().unwrap();
        inner.asked.push(Asked {
            what: format!("{} {path}", request.method()),
            region_host: uri.host().unwrap_or_default().to_owned(),
            body,
        });
        let (status, code, body) = inner.answers.pop_front().expect("an answer was prepared for every call");
        let mut answer = http::Response::builder().status(status).header("date", DATE);
        if let Some(code) = code {
            answer = answer.header("x-amzn-errortype", code);
        }
        let answer = answer.body(SdkBody::from(body.to_string())).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer).unwrap()))
    }
}

//! `/_sim`: what the owner of a served cloud can ask of it, beside AWS's own calls. The table is in [`super`].

mod clock;
mod faults;
mod pace;
mod stats;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::jump::Jumps;
use crate::SimCloud;

/// What the control needs.
#[derive(Clone)]
struct Control {
    cloud: SimCloud,
    jumps: Arc<Jumps>,
}

/// An answer in JSON.
struct Json(StatusCode, Value);

/// A request that makes no sense, with what would.
struct Bad(String);

/// What is asked, answered or refused.
type Answer = Result<Json, Bad>;

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        (self.0, [(header::CONTENT_TYPE, "application/json")], self.1.to_string()).into_response()
    }
}

impl IntoResponse for Bad {
    fn into_response(self) -> Response {
        Json(StatusCode::BAD_REQUEST, json!({"error": self.0})).into_response()
    }
}

fn ok(answer: Value) -> Answer {
    Ok(Json(StatusCode::OK, answer))
}

/// Whether a path is the control's.
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix("/_sim").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The control of a cloud.
pub(super) fn router(cloud: SimCloud, jumps: Arc<Jumps>) -> Router {
    Router::new()
        .route("/_sim/clock", get(clock::read).post(clock::advance))
        .route("/_sim/stats", get(stats::read))
        .route("/_sim/operations", get(stats::operations))
        .route("/_sim/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_sim/pace", get(pace::read).post(pace::set))
        .route("/_sim/reset", post(reset))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Control { cloud, jumps })
}

async fn reset(State(control): State<Control>) -> Answer {
    control.cloud.reset();
    ok(json!({"now": control.cloud.now()}))
}

async fn no_such_path() -> Json {
    let paths = "/_sim/clock, /_sim/stats, /_sim/operations, /_sim/faults, /_sim/pace and /_sim/reset";
    Json(StatusCode::NOT_FOUND, json!({"error": format!("There are {paths}.")}))
}

async fn wrong_method() -> Json {
    let methods =
        "GET on clock, stats, operations, faults and pace; POST on clock, faults, pace and reset; DELETE on faults";
    Json(StatusCode::METHOD_NOT_ALLOWED, json!({"error": format!("There is {methods}.")}))
}

/// A body as what it should be. The reader's own text names the place and what is wrong there; `allowed` says the rest.
fn parse<T: DeserializeOwned>(body: &Bytes, allowed: &str) -> Result<T, Bad> {
    serde_json::from_slice(body).map_err(|error| bad(&error, allowed))
}

fn bad(why: &dyn fmt::Display, allowed: &str) -> Bad {
    Bad(format!("{why}; allowed: {allowed}"))
}

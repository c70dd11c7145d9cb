//! `/_sim/clock`.

use std::time::Duration;

use axum::extract::State;
use bytes::Bytes;
use jiff::{Span, SpanRelativeTo};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Bad, Control, bad, ok, parse};

const ALLOWED: &str = "{\"advance\": DURATION}, a DURATION being text such as \"72h\", \"90m\", \"30s\", \"3d\", \
                       \"1d 12h\" or \"PT72H\", up to 3660d";

/// Ten years: tokio's timers reach no further than some thirty.
const LONGEST: Duration = Duration::from_hours(24 * 3_660);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ahead {
    advance: String,
}

pub(super) async fn read(State(control): State<Control>) -> Answer {
    ok(json!({"now": control.cloud.now()}))
}

pub(super) async fn advance(State(control): State<Control>, body: Bytes) -> Answer {
    let by = duration(&parse::<Ahead>(&body, ALLOWED)?.advance)?;
    let reached = control.jumps.advance(control.cloud, by).await;
    let now = reached.ok_or_else(|| Bad("this clock is paused already and cannot be let run ahead".to_owned()))?;
    ok(json!({"now": now}))
}

/// A duration as people write it, or in ISO 8601. A day has 24 hours here.
fn duration(text: &str) -> Result<Duration, Bad> {
    let span: Span = text.parse().map_err(|error| bad(&error, ALLOWED))?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| bad(&error, ALLOWED))?;
    let by = Duration::try_from(signed).map_err(|_| bad(&"time does not run backwards", ALLOWED))?;
    if by > LONGEST { Err(bad(&"that is too far ahead", ALLOWED)) } else { Ok(by) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let hours = |hours| Some(Duration::from_hours(hours));
        for (text, meant) in [("72h", hours(72)), ("3d", hours(72)), ("PT72H", hours(72)), ("1d 12h", hours(36))] {
            assert_eq!(duration(text).ok(), meant, "{text}");
        }
        assert_eq!(duration("90m").ok(), Some(Duration::from_mins(90)));
        assert_eq!(duration("30s").ok(), Some(Duration::from_secs(30)));
        assert_eq!(duration("1500ms").ok(), Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn what_is_no_duration_is_refused_with_what_is() {
        for text in ["", "soon", "72", "-3h", "1mo", "99999999h", "3661d"] {
            let Err(Bad(error)) = duration(text) else { panic!("{text} was taken") };
            assert!(error.contains("\"90m\""), "{error}");
        }
    }
}

//! Logs: one JSON object a line.
//!
//! Only named fields get out, and of other crates only warnings: what the SDK would say at length of its requests
//! (bodies, signatures, tags) never reaches the log, whatever level is asked for. Words too long to be read by a person
//! are cut: a seal's chunk or a token that a service quotes in an error is one.

use std::{
    fmt,
    io::Write,
    sync::{Mutex, PoisonError},
};

use aws_smithy_async::time::SharedTimeSource;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

/// The variable that sets the level.
pub const LEVEL: &str = "CHAINWRIGHT_LOG";

/// The fields that get out: as they are called where they are logged, and in the log.
const FIELDS: [(&str, &str); 33] = [
    ("message", "message"),
    ("job.id", "job_id"),
    ("id", "job_id"),
    ("kind", "kind"),
    ("attempt", "attempt"),
    ("queue", "queue"),
    ("message_id", "message_id"),
    ("point.id", "point_id"),
    ("trace.id", "trace_id"),
    ("code", "code"),
    ("error.code", "code"),
    ("error.message", "reason"),
    ("error", "reason"),
    ("reason", "reason"),
    ("refusal", "reason"),
    ("subject", "subject"),
    ("resource", "resource"),
    ("chain", "chain"),
    ("policy.name", "policy"),
    ("policy", "policy"),
    ("slot", "slot"),
    ("slots", "slots"),
    ("side", "side"),
    ("name", "doing"),
    ("outcome", "outcome"),
    ("failures", "failures"),
    ("messages", "messages"),
    ("took", "took"),
    ("unanswered_polls", "unanswered_polls"),
    ("left", "left"),
    ("problem", "reason"),
    ("dropped_span_count", "dropped"),
    ("endpoint", "endpoint"),
];

/// The longest word, and the longest text, that a field may hold.
const LONGEST_WORD: usize = 128;
const LONGEST_TEXT: usize = 1000;

/// The level that the environment asks for; `info` by default.
///
/// # Errors
/// A sentence on the variable, where it is none of the levels.
pub fn level(get: &dyn Fn(&str) -> Option<String>) -> Result<LevelFilter, String> {
    match get(LEVEL).map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "info") => Ok(LevelFilter::INFO),
        Some("off") => Ok(LevelFilter::OFF),
        Some("error") => Ok(LevelFilter::ERROR),
        Some("warn") => Ok(LevelFilter::WARN),
        Some("debug") => Ok(LevelFilter::DEBUG),
        Some("trace") => Ok(LevelFilter::TRACE),
        Some(other) => Err(format!("{LEVEL} is {other:?}; it can be off, error, warn, info, debug or trace")),
    }
}

/// A subscriber that writes lines to `writer`; the process's own is set with `tracing::subscriber::set_global_default`.
pub fn subscriber(
    level: LevelFilter,
    clock: SharedTimeSource,
    writer: Box<dyn Write + Send>,
) -> impl Subscriber + Send + Sync {
    Registry::default().with(Lines { level, clock, writer: Mutex::new(writer) })
}

struct Lines {
    level: LevelFilter,
    clock: SharedTimeSource,
    writer: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("chainwright");
        *metadata.level() <= self.level && (ours || *metadata.level() <= Level::WARN)
    }
}

/// What a span says of every line beneath it.
struct Said(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Spans of ours are kept whatever the level: a warning beneath one tells its job.
        self.wants(metadata) || (metadata.is_span() && metadata.target().starts_with("chainwright"))
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut said = Said(Map::new());
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let now = Timestamp::try_from(self.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut line = Said(Map::new());
        line.0.insert("time".to_owned(), Value::String(format!("{now:.3}")));
        line.0.insert("level".to_owned(), Value::String(event.metadata().level().to_string().to_lowercase()));
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(said) = span.extensions().get::<Said>() {
                line.0.extend(said.0.clone());
            }
        }
        event.record(&mut line);
        let line = format!("{}\n", Value::Object(line.0));
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Where not even this can be written, nobody is left to tell.
        let _ = writer.write_all(line.as_bytes());
    }
}

impl Said {
    fn say(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if let Some((_, name)) = FIELDS.iter().find(|(known, _)| *known == field.name()) {
            self.0.insert((*name).to_owned(), value());
        }
    }
}

impl Visit for Said {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.say(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.say(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.say(field, || value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.say(field, || presentable(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.say(field, || presentable(&format!("{value:?}")).into());
    }
}

/// Without words that are too long for a person, and not without end.
fn presentable(text: &str) -> String {
    let words =
        text.split(' ').map(|word| if word.len() > LONGEST_WORD && !word.starts_with("arn:") { "…" } else { word });
    let words: Vec<&str> = words.collect();
    words.join(" ").chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, what: impl FnOnce()) -> Vec<Value> {
        let paper = Paper::default();
        let clock = SharedTimeSource::new(aws_smithy_async::time::StaticTimeSource::from_secs(1_767_679_200));
        tracing::subscriber::with_default(subscriber(level, clock, Box::new(paper.clone())), what);
        let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_tells_time_level_job_point_and_trace() {
        let lines = logged(LevelFilter::WARN, || {
            let job = tracing::info_span!("job", job.id = "j-1", kind = "copy", trace.id = tracing::field::Empty);
            job.record("trace.id", "0af7651916cd43dd8448eb211c80319c");
            let _in_job = job.enter();
            let _point = tracing::info_span!("point", point.id = "p-1").entered();
            tracing::warn!(error.code = %"CW0501", attempt = 2, "not deleted");
            tracing::info!("of no interest");
        });
        let line = serde_json::json!({
            "time": "2026-01-06T06:00:00.000Z", "level": "warn", "message": "not deleted", "job_id": "j-1",
            "kind": "copy", "trace_id": "0af7651916cd43dd8448eb211c80319c", "point_id": "p-1", "code": "CW0501",
            "attempt": 2,
        });
        assert_eq!(lines, [line]);
    }

    #[test]
    fn bodies_credentials_and_seals_do_not_get_out_at_any_level() {
        let seal = "Q".repeat(200);
        let lines = logged(LevelFilter::TRACE, || {
            tracing::info!(body = "a body", authorization = "a signature", "a message of ours");
            tracing::debug!(target: "aws_smithy_runtime::client", response = "a body", "the response: a body");
            tracing::error!(target: "aws_smithy_runtime::client", request = "a body", "a failure");
            tracing::warn!(reason = %format!("1 validation error: value '{seal}' at 'tags'"), "a refusal");
        });
        let text = serde_json::json!(lines).to_string();
        assert_eq!(lines.len(), 3, "{text}");
        for secret in ["a body", "a signature", &seal] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("1 validation error: value … at 'tags'"), "{text}");
    }

    #[test]
    fn a_level_that_is_none_is_named() {
        assert_eq!(level(&|_| None), Ok(LevelFilter::INFO));
        assert_eq!(level(&|_| Some("Debug".to_owned())), Ok(LevelFilter::DEBUG));
        assert!(level(&|_| Some("loud".to_owned())).unwrap_err().contains(LEVEL));
    }
}

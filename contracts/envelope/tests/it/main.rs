//! What a body may look like, and what is said of one that may not.

use chainwright_envelope::{Code, DecodeError, EncodeError, Envelope, Job, QueueName, decode_job, encode, encode_rest};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paint {
    wall: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coats: Option<u8>,
}

impl Job for Paint {
    const KIND: &'static str = "paint";
    const QUEUE: QueueName = QueueName::new("paints");
}

#[derive(Serialize, Deserialize)]
struct Clash {
    attempt: u8,
}

impl Job for Clash {
    const KIND: &'static str = "clash";
    const QUEUE: QueueName = QueueName::new("paints");
}

fn read(body: &str) -> Result<(Envelope, Paint), DecodeError> {
    let (envelope, rest) = Envelope::read(body)?;
    Ok((envelope, decode_job(rest)?))
}

#[test]
fn a_body_written_by_hand_needs_only_its_kind_and_its_own_members() {
    let (envelope, job) = read(r#"{"kind":"paint","wall":"north"}"#).unwrap();
    assert_eq!(envelope, Envelope::new("paint"));
    assert_eq!(job, Paint { wall: "north".to_owned(), coats: None });
}

#[test]
fn what_is_encoded_reads_back_the_same() {
    let envelope = Envelope {
        v: 1,
        kind: "paint".to_owned(),
        id: Some("a-1".to_owned()),
        attempt: 3,
        first_sent_at: Some(1_700_000_000_000),
        correlation: Some("ticket 7".to_owned()),
    };
    let job = Paint { wall: "north".to_owned(), coats: Some(2) };
    let body = encode(&job, &envelope).unwrap();
    assert_eq!(
        body,
        r#"{"kind":"paint","attempt":3,"coats":2,"correlation":"ticket 7","first_sent_at":1700000000000,"id":"a-1","wall":"north"}"#
    );
    assert_eq!(read(&body).unwrap(), (envelope, job));
}

#[test]
fn members_of_a_newer_version_survive_being_put_together_again() {
    let (envelope, rest) = Envelope::read(r#"{"v":2,"kind":"paint","wall":{"b":1,"a":[{"d":1,"c":2}]}}"#).unwrap();
    assert_eq!(envelope.supported(), Err(DecodeError::NewerVersion { v: 2 }));
    assert_eq!(encode_rest(&envelope, rest), r#"{"kind":"paint","v":2,"wall":{"a":[{"c":2,"d":1}],"b":1}}"#);
}

#[test]
fn each_fault_of_a_body_has_its_code_and_says_where_it_is() {
    let cases = [
        ("", Code::NOT_A_MESSAGE, "the body is not JSON: EOF while parsing a value at line 1 column 0"),
        (
            "{\"kind\":\"paint\"} x",
            Code::NOT_A_MESSAGE,
            "the body is not JSON: trailing characters at line 1 column 18",
        ),
        ("[1]", Code::NOT_A_MESSAGE, "the body is not a JSON object but a list"),
        ("null", Code::NOT_A_MESSAGE, "the body is not a JSON object but null"),
        (r#"{"wall":"north"}"#, Code::WRONG_SHAPE, "the member `kind` is missing"),
        (r#"{"kind":null}"#, Code::WRONG_SHAPE, "the member `kind` is missing"),
        (r#"{"kind":7}"#, Code::WRONG_SHAPE, "the member `kind` must be a text"),
        (r#"{"kind":"paint","v":0}"#, Code::WRONG_SHAPE, "the member `v` must be a whole number from 1"),
        (r#"{"kind":"paint","attempt":-1}"#, Code::WRONG_SHAPE, "the member `attempt` must be a whole number from 1"),
        (
            r#"{"kind":"paint","id":"a\nb"}"#,
            Code::WRONG_SHAPE,
            "the member `id` must be a text of 1 to 128 printable characters",
        ),
        (r#"{"kind":"paint","wall":"a","wall":"b"}"#, Code::WRONG_SHAPE, "the member `wall` appears twice"),
        (r#"{"kind":"paint"}"#, Code::WRONG_SHAPE, "not a `paint`: missing field `wall`"),
        (
            r#"{"kind":"paint","wall":"north","coats":"two"}"#,
            Code::WRONG_SHAPE,
            "not a `paint`: member `coats`: invalid type: string \"two\", expected u8",
        ),
        (
            r#"{"kind":"paint","wall":"north","colour":"red"}"#,
            Code::WRONG_SHAPE,
            "not a `paint`: member `colour`: unknown field `colour`, expected `wall` or `coats`",
        ),
    ];
    for (body, code, words) in cases {
        let error = read(body).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, words), "{body}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_told_apart() {
    assert_eq!(Envelope::read(b"{\"a\":\"\xff\"}").unwrap_err(), DecodeError::NotUtf8 { at: 6 });
}

#[test]
fn an_id_is_counted_in_characters() {
    let body = |length| format!(r#"{{"kind":"paint","wall":"n","id":"{}"}}"#, "ü".repeat(length));
    assert!(read(&body(128)).is_ok());
    assert!(read(&body(129)).is_err());
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let error = Envelope::read("{\"a\":".repeat(100_000)).unwrap_err();
    assert_eq!(error.code(), Code::NOT_A_MESSAGE);
}

#[test]
fn a_job_with_a_member_of_the_envelope_cannot_be_sent() {
    let error = encode(&Clash { attempt: 1 }, &Envelope::new("clash")).unwrap_err();
    assert!(matches!(error, EncodeError::Reserved { member: "attempt", .. }));
}

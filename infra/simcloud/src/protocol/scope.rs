//! Whom a request is from and whom it is for, read from its Signature Version 4.

use std::borrow::Cow;

use bytes::Bytes;
use http::{Request, header};

use super::percent;
use crate::{ClientOptions, DEFAULT_ACCOUNT};

/// What the credential scope says.
pub(super) struct Scope {
    pub(super) account: String,
    pub(super) key: String,
    pub(super) region: String,
    pub(super) service: String,
}

/// The scope of the request's signature. Some calls of STS are not signed; they go by the target header or the host.
pub(super) fn of(request: &Request<Bytes>, options: &ClientOptions) -> Scope {
    let signed = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = signed.and_then(|value| value.split_once("Credential=")).map(|(_, credential)| credential);
    let credential = credential.map_or_else(|| presigned(request), Cow::Borrowed);
    let credential = credential.split([',', ' ']).next().unwrap_or_default();
    // An access key id has no slash, so that the parts are key, date, Region, service, terminator.
    let mut parts = credential.split('/');
    let key = parts.next().unwrap_or_default();
    let (region, service) = (parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
    let account = account_of(key).or(options.account.as_deref()).unwrap_or(DEFAULT_ACCOUNT).to_owned();
    if service.is_empty() {
        let (service, region) = unsigned(request);
        return Scope { account, key: key.to_owned(), region, service };
    }
    Scope { account, key: key.to_owned(), region: region.to_owned(), service: service.to_owned() }
}

/// The account that an access key id names: it is twelve digits, or a session key with them after its prefix.
fn account_of(key: &str) -> Option<&str> {
    let digits = match key.strip_prefix("ASIA") {
        Some(session) => session.get(..12)?,
        None if key.len() == 12 => key,
        None => return None,
    };
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
}

/// The credential of a presigned request, which stands in its query.
fn presigned(request: &Request<Bytes>) -> Cow<'_, str> {
    let mut pairs = percent::pairs(request.uri().query().unwrap_or_default());
    let credential = pairs.find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-Credential"));
    credential.map_or(Cow::Borrowed(""), |(_, credential)| Cow::Owned(credential))
}

/// The service that an unsigned request means by its target header or, in the query protocol, by its form.
fn targeted(request: &Request<Bytes>) -> Option<&'static str> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if text("content-type").is_some_and(|form| form.starts_with("application/x-www-form-urlencoded")) {
        return Some("sts");
    }
    let (prefix, _) = text("x-amz-target")?.rsplit_once('.')?;
    match prefix {
        "AWSSimbaAPIService_v20180301" => Some("fsx"),
        "AmazonSQS" => Some("sqs"),
        "AWSEvents" => Some("events"),
        "DynamoDB_20120810" => Some("dynamodb"),
        "RedshiftServerless" => Some("redshift-serverless"),
        "TrentService" => Some("kms"),
        _ => None,
    }
}

fn unsigned(request: &Request<Bytes>) -> (String, String) {
    let host = request.uri().host().or_else(|| request.headers().get(header::HOST).and_then(|host| host.to_str().ok()));
    let mut labels = host.unwrap_or_default().split('.');
    let first = labels.next();
    let service = targeted(request).or(first).unwrap_or_default();
    let region = labels.next().filter(|label| label.contains('-')).unwrap_or("us-east-1");
    (service.to_owned(), region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::account_of;

    #[test]
    fn only_twelve_digits_name_an_account() {
        assert_eq!(account_of("444455556666"), Some("444455556666"));
        assert_eq!(account_of("ASIA444455556666XYZ"), Some("444455556666"));
        assert_eq!(account_of("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account_of("ASIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account_of("test"), None);
    }
}

//! The names of a queue: name, URL and ARN.

use serde::{Deserialize, Serialize};

/// Identifies one queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct QueueKey {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

impl QueueKey {
    pub(crate) fn new(account: &str, region: &str, name: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.strip_prefix("arn:aws:sqs:")?.split(':');
        let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then(|| Self::new(account, region, name))
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sqs:{}:{}:{}", self.region, self.account, self.name)
    }

    /// The queue behind a URL. A host that names no Region leaves it to the one that the request was signed for.
    pub(crate) fn from_url(url: &str, signed_region: &str) -> Option<Self> {
        let (host, path) = url.split_once("://")?.1.split_once('/')?;
        let (account, name) = path.trim_end_matches('/').split_once('/')?;
        let region = host.strip_prefix("sqs.").and_then(|rest| rest.split('.').next()).unwrap_or(signed_region);
        let whole = account.len() == 12 && !name.is_empty() && !name.contains('/');
        whole.then(|| Self::new(account, region, name))
    }

    /// The URL by which a caller is told of the queue. Some SDKs send their calls there, so that it names the place
    /// where this caller reached the cloud.
    pub(crate) fn url(&self, endpoint: Option<&str>) -> String {
        let Self { account, region, name } = self;
        match endpoint {
            Some(endpoint) => format!("{endpoint}/{account}/{name}"),
            None => format!("http://sqs.{region}.localhost/{account}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QueueKey;

    #[test]
    fn url_and_arn_lead_back_to_the_queue() {
        let key = QueueKey::new("111122223333", "eu-west-1", "jobs");
        assert_eq!(QueueKey::from_url(&key.url(None), "us-east-1"), Some(key.clone()));
        assert_eq!(QueueKey::from_arn(&key.arn()), Some(key));
    }

    #[test]
    fn a_caller_from_outside_is_told_where_it_reached_the_cloud() {
        let key = QueueKey::new("111122223333", "eu-west-1", "jobs");
        let url = key.url(Some("http://127.0.0.1:4566"));
        assert_eq!(url, "http://127.0.0.1:4566/111122223333/jobs");
        assert_eq!(QueueKey::from_url(&url, "eu-west-1"), Some(key));
    }

    #[test]
    fn a_url_without_region_means_the_signed_one() {
        let key = QueueKey::from_url("http://127.0.0.1:4566/111122223333/jobs", "us-east-1").unwrap();
        assert_eq!(key.region, "us-east-1");
        assert_eq!(QueueKey::from_url("http://127.0.0.1:4566/jobs", "us-east-1"), None);
    }
}

//! Requests to Redshift by hand: forms in, XML out.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use simcloud::{Settings, SimCloud};
use tokio::time::sleep;

use crate::support::{ACCOUNT, REGION, Refusal, authorization, send};

pub(crate) const DR: &str = "eu-central-1";
/// The cluster of most tests.
pub(crate) const SALES: &str = "arn:aws:redshift:eu-west-1:111122223333:cluster:sales";

/// An element of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Xml {
    name: String,
    text: String,
    children: Vec<Xml>,
}

impl Xml {
    /// The text of the first element at this path; empty where there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        let mut at = self;
        for name in path.split('/') {
            let Some(found) = at.children.iter().find(|child| child.name == name) else { return "" };
            at = found;
        }
        &at.text
    }

    /// Every element of this name, at any depth.
    pub(crate) fn all(&self, name: &str) -> Vec<&Self> {
        let mut found: Vec<&Self> = self.children.iter().filter(|child| child.name == name).collect();
        found.extend(self.children.iter().flat_map(|child| child.all(name)));
        found
    }

    /// The texts of all elements of this name.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.all(name).into_iter().map(|element| element.text.as_str()).collect()
    }

    /// A number at this path.
    pub(crate) fn number(&self, path: &str) -> f64 {
        self.text(path).parse().unwrap()
    }

    /// Reads the elements up to the end of the enclosing one, and answers what follows that.
    fn read<'a>(&mut self, mut rest: &'a str) -> &'a str {
        while let Some((before, tag)) = rest.split_once('<') {
            self.text.push_str(before);
            let (tag, after) = tag.split_once('>').unwrap();
            if tag.starts_with('/') {
                return after;
            }
            let mut child = Self { name: tag.split(' ').next().unwrap().to_owned(), ..Self::default() };
            rest = child.read(after);
            self.children.push(child);
        }
        ""
    }
}

/// Calls an operation in a Region; the parameters are as they stand in the form.
pub(crate) async fn there(
    cloud: &SimCloud,
    region: &str,
    operation: &str,
    parameters: &[(&str, &str)],
) -> Result<Xml, Refusal> {
    let mut form = format!("Action={operation}&Version=2012-12-01");
    for (name, value) in parameters {
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        write!(form, "&{name}={value}").unwrap();
    }
    let request = Request::builder()
        .method("POST")
        .uri(format!("https://redshift.{region}.amazonaws.com/"))
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("authorization", authorization(ACCOUNT, region, "redshift"))
        .body(Bytes::from(form))
        .unwrap();
    let response = send(cloud, "test", request).await.unwrap();
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    let mut document = Xml::default();
    document.read(&body);
    if response.status() == 200 {
        return Ok(document);
    }
    let error = document.all("Error")[0];
    let (code, message) = (error.text("Code").to_owned(), error.text("Message").to_owned());
    Err(Refusal { code, message, status: response.status().as_u16() })
}

/// Calls an operation in the usual Region.
pub(crate) async fn rs(cloud: &SimCloud, operation: &str, parameters: &[(&str, &str)]) -> Result<Xml, Refusal> {
    there(cloud, REGION, operation, parameters).await
}

/// The code and status by which an operation is refused.
pub(crate) async fn refused(cloud: &SimCloud, operation: &str, parameters: &[(&str, &str)]) -> (String, u16) {
    let refusal = rs(cloud, operation, parameters).await.unwrap_err();
    (refusal.code, refusal.status)
}

/// Makes the cluster `sales` of two nodes, and waits until it is available.
pub(crate) async fn prepare(cloud: &SimCloud, more: &[(&str, &str)]) {
    let mut parameters = vec![
        ("ClusterIdentifier", "sales"),
        ("NodeType", "ra3.xlplus"),
        ("NumberOfNodes", "2"),
        ("MasterUsername", "boss"),
        ("MasterUserPassword", "Secret123"),
        ("Tags.Tag.1.Key", "backup"),
        ("Tags.Tag.1.Value", "gold"),
    ];
    parameters.extend(more);
    rs(cloud, "CreateCluster", &parameters).await.unwrap();
    sleep(Duration::from_mins(5)).await;
}

/// A cloud at AWS's own pace with the cluster `sales`, available since five minutes past midnight.
pub(crate) async fn warehouse(settings: Settings) -> SimCloud {
    let cloud = SimCloud::new(settings);
    prepare(&cloud, &[]).await;
    cloud
}

/// Asks for a manual snapshot of `sales`.
pub(crate) async fn snap(cloud: &SimCloud, name: &str) -> Result<Xml, Refusal> {
    let tags = [("Tags.Tag.1.Key", "chain"), ("Tags.Tag.1.Value", "ours")];
    let which = [("SnapshotIdentifier", name), ("ClusterIdentifier", "sales")];
    rs(cloud, "CreateClusterSnapshot", &[which, tags].concat()).await
}

/// A snapshot as the API shows it.
pub(crate) async fn found(cloud: &SimCloud, region: &str, name: &str) -> Result<Xml, Refusal> {
    let answer = there(cloud, region, "DescribeClusterSnapshots", &[("SnapshotIdentifier", name)]).await?;
    Ok(answer.all("Snapshot")[0].clone())
}

/// The identifiers of the snapshots that a Region has and a filter lets through.
pub(crate) async fn listed(cloud: &SimCloud, region: &str, filter: &[(&str, &str)]) -> Vec<String> {
    let answer = there(cloud, region, "DescribeClusterSnapshots", filter).await.unwrap();
    answer.texts("SnapshotIdentifier").into_iter().map(str::to_owned).collect()
}

/// How `sales` shows itself.
pub(crate) async fn sales(cloud: &SimCloud) -> Xml {
    let answer = rs(cloud, "DescribeClusters", &[("ClusterIdentifier", "sales")]).await.unwrap();
    answer.all("Cluster")[0].clone()
}

/// Copies the snapshots of `sales` to the other Region: automated ones for two days, manual ones for `days`.
pub(crate) async fn copy_to_dr(cloud: &SimCloud, days: &str) {
    let parameters = [
        ("ClusterIdentifier", "sales"),
        ("DestinationRegion", DR),
        ("RetentionPeriod", "2"),
        ("ManualSnapshotRetentionPeriod", days),
    ];
    rs(cloud, "EnableSnapshotCopy", &parameters).await.unwrap();
}

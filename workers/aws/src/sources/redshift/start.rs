//! Starting snapshots and having them copied.

use chainwright_chain::exchange::{BackupRequest, CopyRequest, Started};
use chainwright_contracts::ids::snapshot_name;

use super::{
    Redshift,
    cluster::{Home, tags},
    copies::FOR_EVER,
    snapshot::resource_of,
};
use crate::error::{Class, SourceError, failed};

const CREATE: &str = "redshift:CreateClusterSnapshot";
const COPY: &str = "redshift:DescribeClusterSnapshots";

impl Redshift {
    /// Creates the snapshot that `request` describes, or finds it created.
    ///
    /// The copy configuration comes first. Where it cannot be had, for whatever reason, the snapshot is made nevertheless: its
    /// copy meets the same and is told, and a backup without a copy is better than none. What concerns the automated snapshots
    /// comes last, and whatever hinders it is met again at the next backup.
    pub(super) async fn create_snapshot(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        let home = self.home_of(&request.resource)?;
        let cluster = home.cluster().await?;
        if let Some(standing) = &request.standing_copy {
            let _met_by_the_copy = home.ensure_copies(&cluster, standing).await;
        }
        let name = snapshot_name(&request.token);
        let started = match home.make(&name, request).await {
            Ok(arn) => Ok(Started { id: name, point: arn }),
            Err(error) if error.code == "ClusterSnapshotAlreadyExists" => self.adopt(&name, request, error).await,
            Err(error) => Err(error),
        }?;
        let _met_again = home.keep_longer(&cluster, request).await;
        Ok(started)
    }

    /// The name is taken, by an earlier call of this very request.
    async fn adopt(&self, name: &str, request: &BackupRequest, taken: SourceError) -> Result<Started, SourceError> {
        match self.snapshot_named(&request.place, name).await? {
            Some(found) if resource_of(&found, &request.place) == request.resource.as_str() => {
                Ok(Started { id: name.to_owned(), point: found.snapshot_arn })
            }
            Some(_) => Err(SourceError::refused(CREATE, format!("another cluster has a snapshot {name}"))),
            // Not to be seen yet: under another name it would become a second snapshot of one point.
            None => Err(SourceError { class: Class::Occupied, ..taken }),
        }
    }

    /// Sees to it that the snapshots of the cluster are copied; the copy comes, or does not, under its source's name. Where
    /// nothing says how they are to be copied, that of whoever's configuration stands is waited for.
    pub(super) async fn arrange_copy(&self, request: &CopyRequest) -> Result<Started, SourceError> {
        if let Some(standing) = &request.standing_copy {
            let home = self.home_of(&request.resource)?;
            // What was copied before a cluster was deleted is there.
            if let Some(cluster) = home.cluster_if_any().await? {
                home.ensure_copies(&cluster, standing).await?;
            }
        }
        let source = self.snapshot_of(&request.from, &request.point).await?;
        let name = source.and_then(|source| source.snapshot_identifier).ok_or_else(|| {
            SourceError::new(Class::NotFound, COPY, "ClusterSnapshotNotFound", format!("{} is gone", request.point))
        })?;
        Ok(Started { id: name, point: None })
    }
}

impl Home<'_> {
    async fn make(&self, name: &str, request: &BackupRequest) -> Result<Option<String>, SourceError> {
        let call = self
            .client
            .create_cluster_snapshot()
            .cluster_identifier(self.name)
            .snapshot_identifier(name)
            // Else it ends when the cluster says.
            .manual_snapshot_retention_period(FOR_EVER)
            .set_tags(Some(tags(&request.tags)));
        let snapshot = call.send().await.map_err(failed(CREATE))?.snapshot;
        Ok(snapshot.and_then(|snapshot| snapshot.snapshot_arn))
    }
}

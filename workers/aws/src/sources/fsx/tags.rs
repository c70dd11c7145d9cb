//! Tags, and what FSx itself says of a backup.

use std::collections::BTreeMap;

use aws_sdk_fsx::{Client, types::Tag};
use chainwright_contracts::place::Place;

use super::{Fsx, unit::Home};
use crate::error::{Class, SourceError, failed};

const LIST: &str = "fsx:ListTagsForResource";
const TAG: &str = "fsx:TagResource";
const UNTAG: &str = "fsx:UntagResource";
const BACKUPS: &str = "fsx:DescribeBackups";

impl Home<'_> {
    pub(super) async fn tags(&self) -> Result<BTreeMap<String, String>, SourceError> {
        list(&self.client, self.arn.as_str()).await
    }
}

impl Fsx {
    pub(super) async fn read_backup_tags(
        &self,
        place: &Place,
        point: &str,
    ) -> Result<BTreeMap<String, String>, SourceError> {
        list(&self.at(place)?, point).await
    }

    pub(super) async fn tag_backup(
        &self,
        place: &Place,
        point: &str,
        added: &BTreeMap<String, String>,
    ) -> Result<(), SourceError> {
        let tags: Vec<Tag> = added.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        self.at(place)?.tag_resource().resource_arn(point).set_tags(Some(tags)).send().await.map_err(failed(TAG))?;
        Ok(())
    }

    pub(super) async fn untag_backup(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError> {
        let call = self.at(place)?.untag_resource().resource_arn(point).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(failed(UNTAG))?;
        Ok(())
    }

    /// How many bytes a restore of a backup brings back; none where FSx does not tell, or not any more.
    pub(super) async fn size_of(&self, place: &Place, point: &str) -> Result<Option<i64>, SourceError> {
        let id = point.rsplit('/').next().unwrap_or_default();
        match self.at(place)?.describe_backups().backup_ids(id).send().await.map_err(failed(BACKUPS)) {
            Ok(found) => Ok(found.backups.unwrap_or_default().first().and_then(|backup| backup.size_in_bytes)),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn list(client: &Client, arn: &str) -> Result<BTreeMap<String, String>, SourceError> {
    let mut tags = BTreeMap::new();
    let mut next = None;
    loop {
        let call = client.list_tags_for_resource().resource_arn(arn).set_next_token(next);
        let page = call.send().await.map_err(failed(LIST))?;
        let pairs = page.tags.unwrap_or_default().into_iter();
        tags.extend(pairs.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))));
        next = page.next_token;
        if next.is_none() {
            return Ok(tags);
        }
    }
}

//! The tags of points that AWS Backup itself keeps: those whose ARN is one of `backup`'s.

use std::collections::BTreeMap;

use chainwright_contracts::place::Place;

use super::Backup;
use crate::error::{SourceError, failed};

const LIST: &str = "backup:ListTags";
const TAG: &str = "backup:TagResource";
const UNTAG: &str = "backup:UntagResource";

impl Backup {
    /// A point's tags, all of them.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn read_tags(&self, place: &Place, point: &str) -> Result<BTreeMap<String, String>, SourceError> {
        let client = self.at(place)?;
        let (mut tags, mut next) = (BTreeMap::new(), None);
        loop {
            let page =
                client.list_tags().resource_arn(point).set_next_token(next).send().await.map_err(failed(LIST))?;
            tags.extend(page.tags.unwrap_or_default());
            next = page.next_token;
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// Adds or overwrites tags.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn tag(&self, place: &Place, point: &str, tags: &BTreeMap<String, String>) -> Result<(), SourceError> {
        let tags = tags.clone().into_iter().collect();
        self.at(place)?.tag_resource().resource_arn(point).set_tags(Some(tags)).send().await.map_err(failed(TAG))?;
        Ok(())
    }

    /// Removes tags.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn untag(&self, place: &Place, point: &str, keys: &[String]) -> Result<(), SourceError> {
        let call = self.at(place)?.untag_resource().resource_arn(point).set_tag_key_list(Some(keys.to_vec()));
        call.send().await.map_err(failed(UNTAG))?;
        Ok(())
    }
}

//! Where AWS's documentation leaves its behaviour open, a switch decides; tests draw the switches from a seed, so that
//! a program under test is right either way.

use serde::{Deserialize, Serialize};

use crate::backup::BackupSwitches;
use crate::dynamodb::DynamoDbSwitches;
use crate::fsx::FsxSwitches;
use crate::redshift::RedshiftSwitches;
use crate::serverless::ServerlessSwitches;

/// One field per uncertainty that a caller could come to rely on. The default is the reading that the documentation
/// makes more likely.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Switches {
    /// A delete with the handle of an earlier receive removes the message although it was received again since. SQS's
    /// DeleteMessage page says both that the most recent handle must be used and that such a delete may succeed.
    pub stale_handle_deletes: bool,
    /// DynamoDB's uncertainties.
    pub dynamodb: DynamoDbSwitches,
    /// AWS Backup's uncertainties.
    pub backup: BackupSwitches,
    /// Redshift Serverless's uncertainties.
    pub serverless: ServerlessSwitches,
    /// FSx's uncertainties.
    pub fsx: FsxSwitches,
    /// Redshift's uncertainties.
    pub redshift: RedshiftSwitches,
}

impl Switches {
    /// Every switch set by the seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        Self {
            stale_handle_deletes: rng.bool(),
            dynamodb: DynamoDbSwitches::draw(&mut rng),
            backup: BackupSwitches::draw(&mut rng),
            serverless: ServerlessSwitches::draw(&mut rng),
            fsx: FsxSwitches::draw(&mut rng),
            redshift: RedshiftSwitches::draw(&mut rng),
        }
    }
}

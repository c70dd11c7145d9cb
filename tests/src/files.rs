//! File systems of FSx, as a person makes and sees them.

use aws_sdk_fsx::types::{
    CreateFileSystemLustreConfiguration, CreateFileSystemWindowsConfiguration, FileSystemType, LustreDeploymentType,
    StorageType, Tag, WindowsDeploymentType,
};
use chainwright_contracts::{arn::Arn, names::Region};
use jiff::SignedDuration;
use simcloud::FsxBackupView;

use crate::installation::{AWAY, HOME, Installation, must};

/// The vault of copies that copies of FSx can go to: its key is the customer's own.
pub const KEYED_VAULT: &str = "files-dr";

/// A policy over file systems with the tag `backup: gold`: daily at 06:00 UTC, kept three days and copied for a week.
pub const FILES: &str = concat!(
    "policy: files\nsource: fsx\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
    "select: {tags: {backup: gold}}\nbackup_role: chainwright-backup\nvault: chainwright\n",
    "schedules:\n  daily: {at: \"06:00\", keep: 3 days, keep_copies: 7 days}\n",
    "copy_to:\n  eu-west-1: {region: eu-central-1, vault: files-dr}\n",
);

/// What is held by the file systems of the tests, and how much of it changes in an hour.
pub const BYTES: u64 = 100 << 30;
const HOURLY: u64 = 1 << 28;

impl Installation {
    /// Makes a vault in the copies' Region under a key of its own.
    pub async fn keyed_vault(&self) {
        let away: Region = must(AWAY.parse());
        let clients = self.simulation.clients();
        let kms = must(clients.kms(clients.own_account(), &away));
        let key = must(kms.create_key().send().await).key_metadata.and_then(|key| key.arn).unwrap_or_default();
        let backup = must(clients.backup(clients.own_account(), &away));
        must(backup.create_backup_vault().backup_vault_name(KEYED_VAULT).encryption_key_arn(key).send().await);
    }

    /// Makes a Windows file system with the tag that [`FILES`] selects. Its maintenance begins at this time of the week.
    pub async fn windows(&self, maintenance: &str) -> Arn {
        let windows = CreateFileSystemWindowsConfiguration::builder()
            .active_directory_id("d-1234567890")
            .deployment_type(WindowsDeploymentType::SingleAz2)
            .throughput_capacity(32)
            .automatic_backup_retention_days(0)
            .weekly_maintenance_start_time(maintenance);
        let call = self.fsx(HOME).create_file_system().file_system_type(FileSystemType::Windows);
        let call = call.storage_capacity(300).storage_type(StorageType::Ssd).subnet_ids("subnet-1");
        let call = call.tags(Tag::builder().key("backup").value("gold").build());
        let made = must(call.windows_configuration(windows.build()).send().await);
        self.simulation.pass(SignedDuration::from_mins(30)).await;
        let made = must(made.file_system.ok_or("no file system"));
        let id = made.file_system_id.unwrap_or_default();
        self.simulation.cloud().inspect().fill_file_system(&id, BYTES, HOURLY);
        must(made.resource_arn.unwrap_or_default().parse())
    }

    /// Makes a Lustre file system that cannot be backed up, with the tag that [`FILES`] selects.
    pub async fn scratch(&self) -> Arn {
        let lustre = CreateFileSystemLustreConfiguration::builder().deployment_type(LustreDeploymentType::Scratch2);
        let call = self.fsx(HOME).create_file_system().file_system_type(FileSystemType::Lustre);
        let call = call.storage_capacity(1200).subnet_ids("subnet-1").lustre_configuration(lustre.build());
        let made = must(call.tags(Tag::builder().key("backup").value("gold").build()).send().await);
        self.simulation.pass(SignedDuration::from_mins(30)).await;
        must(made.file_system.and_then(|made| made.resource_arn).unwrap_or_default().parse())
    }

    /// FSx in a Region, as a person reaches it.
    #[must_use]
    pub fn fsx(&self, region: &str) -> aws_sdk_fsx::Client {
        let region: Region = must(region.parse());
        let clients = self.simulation.clients();
        must(clients.fsx(clients.own_account(), &region))
    }

    /// The available backups of a Region, by the instant that they hold.
    #[must_use]
    pub fn file_backups(&self, region: &str) -> Vec<FsxBackupView> {
        let mut backups = self.simulation.cloud().inspect().fsx_backups();
        backups.retain(|backup| backup.region == region && backup.lifecycle == "AVAILABLE");
        backups.sort_by_key(|backup| (backup.taken, backup.arn.clone()));
        backups
    }

    /// The days of the available backups of a Region, in order.
    #[must_use]
    pub fn file_days(&self, region: &str) -> Vec<String> {
        self.file_backups(region).iter().map(|backup| crate::model::day(backup.taken)).collect()
    }
}

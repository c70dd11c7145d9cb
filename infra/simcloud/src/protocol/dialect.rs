//! What differs between the services that speak the query protocol.

use crate::call::Service;

/// What the entries of lists are called, by the list's name; elsewhere they are `member`.
pub(super) type Entries = &'static [(&'static str, &'static str)];

/// How a service writes its answers.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) namespace: &'static str,
    pub(super) entries: Entries,
}

const STS: Dialect = Dialect { namespace: "https://sts.amazonaws.com/doc/2011-06-15/", entries: &[] };

const IAM: Dialect = Dialect { namespace: "https://iam.amazonaws.com/doc/2010-05-08/", entries: &[] };

const REDSHIFT: Dialect = Dialect {
    namespace: "http://redshift.amazonaws.com/doc/2012-12-01/",
    entries: &[
        ("AccountsWithRestoreAccess", "AccountWithRestoreAccess"),
        ("ClusterParameterGroups", "ClusterParameterGroup"),
        ("ClusterSecurityGroups", "ClusterSecurityGroup"),
        ("Clusters", "Cluster"),
        ("Errors", "SnapshotErrorMessage"),
        ("EventCategories", "EventCategory"),
        ("EventCategoriesList", "EventCategory"),
        ("EventSubscriptionsList", "EventSubscription"),
        ("Events", "Event"),
        ("IamRoles", "ClusterIamRole"),
        ("Resources", "String"),
        ("RestorableNodeTypes", "NodeType"),
        ("SnapshotCopyGrants", "SnapshotCopyGrant"),
        ("Snapshots", "Snapshot"),
        ("SourceIdsList", "SourceId"),
        ("TableRestoreStatusDetails", "TableRestoreStatus"),
        ("TaggedResources", "TaggedResource"),
        ("Tags", "Tag"),
        ("VpcSecurityGroups", "VpcSecurityGroup"),
    ],
};

/// The dialect of a service, where it speaks the query protocol.
pub(super) const fn of(service: Service) -> Option<&'static Dialect> {
    match service {
        Service::Iam => Some(&IAM),
        Service::Redshift => Some(&REDSHIFT),
        Service::Sts => Some(&STS),
        _ => None,
    }
}

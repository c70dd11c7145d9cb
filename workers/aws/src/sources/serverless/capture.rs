//! Reading a namespace's configuration and its workgroup's: what a restore into a new namespace needs.

use aws_sdk_redshiftserverless::types::{Namespace, Workgroup};
use chainwright_chain::exchange::Configuration;
use serde_json::{Value, json};

use super::{
    names,
    namespace::{Home, id_of},
};
use crate::{
    error::SourceError,
    sources::parts::{Parts, present},
};

impl Home<'_> {
    pub(super) async fn capture(&self) -> Result<Configuration, SourceError> {
        let namespace = self.namespace().await?;
        let incarnation = id_of(&namespace)?;
        let mut parts = Parts::default();
        parts.add(names::NAMESPACE, Some(of_namespace(&namespace)));
        let name = namespace.namespace_name().unwrap_or_default();
        let workgroup = self.workgroup(name).await?;
        parts.add(names::WORKGROUP, workgroup.as_ref().map(of_workgroup));
        parts.add(names::PARAMETERS, workgroup.as_ref().and_then(parameters));
        let exports: Vec<&str> = namespace.log_exports().iter().map(|export| export.as_str()).collect();
        parts.add(names::LOG_EXPORTS, (!exports.is_empty()).then(|| json!(exports)));
        parts.take(names::COPIES, self.standing_copy().await.map(|copies| copies.map(|copies| json!(copies))))?;
        let listed = self.tags_of(self.arn.as_str()).await;
        parts.take(names::TAGS, listed.map(|tags| (!tags.is_empty()).then(|| json!(tags))))?;
        if let Some(arn) = workgroup.as_ref().and_then(Workgroup::workgroup_arn) {
            let listed = self.tags_of(arn).await;
            parts.take(names::WORKGROUP_TAGS, listed.map(|tags| (!tags.is_empty()).then(|| json!(tags))))?;
        }
        parts.not_captured.extend(names::NOT_READ.map(str::to_owned));
        Ok(parts.of(incarnation))
    }
}

fn of_namespace(namespace: &Namespace) -> Value {
    let roles = namespace.iam_roles();
    present(json!({
        "name": namespace.namespace_name(),
        "database": namespace.db_name(),
        "admin": namespace.admin_username(),
        "admin_secret": namespace.admin_password_secret_arn(),
        "admin_secret_key": namespace.admin_password_secret_kms_key_id(),
        "kms_key": namespace.kms_key_id(),
        "roles": (!roles.is_empty()).then_some(roles),
        "default_role": namespace.default_iam_role_arn(),
    }))
}

fn of_workgroup(workgroup: &Workgroup) -> Value {
    present(json!({
        "name": workgroup.workgroup_name(),
        "base_capacity": workgroup.base_capacity(),
        "max_capacity": workgroup.max_capacity(),
        "subnets": workgroup.subnet_ids(),
        "security_groups": workgroup.security_group_ids(),
        "port": workgroup.port(),
        "public": workgroup.publicly_accessible(),
        "enhanced_vpc_routing": workgroup.enhanced_vpc_routing(),
        "ip_address_type": workgroup.ip_address_type(),
        "track": workgroup.track_name(),
    }))
}

fn parameters(workgroup: &Workgroup) -> Option<Value> {
    let set = workgroup.config_parameters().iter();
    let pairs: Vec<Value> = set.map(|one| json!([one.parameter_key(), one.parameter_value()])).collect();
    (!pairs.is_empty()).then(|| pairs.into())
}

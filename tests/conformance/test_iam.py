"""Roles, and what their policies allow."""

import json

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


def refused(call, **given):
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"]


def decision(iam, arn, action, resource):
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource])
    return answer["EvaluationResults"][0]["EvalDecision"]


def test_a_role_is_made_trusted_shown_and_removed(cloud):
    iam = cloud.client("iam")
    made = iam.create_role(RoleName="backup", AssumeRolePolicyDocument=TRUST)["Role"]
    assert made["Arn"] == "arn:aws:iam::111122223333:role/backup"
    # botocore decodes the document.
    assert iam.get_role(RoleName="backup")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["backup"]
    assert refused(iam.create_role, RoleName="backup", AssumeRolePolicyDocument=TRUST) == "EntityAlreadyExists"
    nonsense = {"RoleName": "backup", "PolicyDocument": "nonsense"}
    assert refused(iam.update_assume_role_policy, **nonsense) == "MalformedPolicyDocument"
    iam.update_assume_role_policy(RoleName="backup", PolicyDocument=TRUST.replace("backup.", "ec2."))
    iam.attach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    assert refused(iam.delete_role, RoleName="backup") == "DeleteConflict"
    iam.detach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    iam.delete_role(RoleName="backup")
    assert refused(iam.get_role, RoleName="backup") == "NoSuchEntity"


def test_what_a_role_may_do_is_what_its_policies_say(cloud):
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName="backup", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    assert decision(iam, arn, "dynamodb:StartAwsBackupJob", TABLE) == "allowed"
    deny = {"Statement": [{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="backup", PolicyName="no", PolicyDocument=json.dumps(deny))
    assert decision(iam, arn, "dynamodb:StartAwsBackupJob", TABLE) == "explicitDeny"
    iam.delete_role_policy(RoleName="backup", PolicyName="no")
    assert decision(iam, arn, "dynamodb:Scan", TABLE) == "implicitDeny"
    assert refused(iam.simulate_principal_policy, PolicySourceArn=arn, ActionNames=["Scan"]) == "InvalidInput"

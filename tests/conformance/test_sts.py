"""Identities and roles."""

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::444455556666:role/chainwright-member"


def test_the_access_key_names_the_account(cloud):
    assert cloud.client("sts", account="444455556666").get_caller_identity()["Account"] == "444455556666"
    assert cloud.client("sts", account="AKIDEXAMPLE").get_caller_identity()["Account"] == "111122223333"


def test_a_role_is_assumed_and_its_credentials_are_those_of_its_account(cloud):
    sts = cloud.client("sts")
    role = sts.assume_role(RoleArn=ROLE, RoleSessionName="worker", DurationSeconds=900)
    key = role["Credentials"]["AccessKeyId"]
    assert cloud.client("sts", account=key).get_caller_identity()["Account"] == "444455556666"
    with pytest.raises(ClientError) as refused:
        sts.assume_role(RoleArn="x" * 20, RoleSessionName="worker")
    assert refused.value.response["Error"]["Code"] == "ValidationError"

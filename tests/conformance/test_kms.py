"""Keys, aliases and data keys."""

import pytest

REPLICA = "eu-central-1"


@pytest.fixture
def kms(cloud):
    return cloud.client("kms")


def test_a_key_is_made_found_switched_and_deleted(kms):
    key = kms.create_key(Description="seals")["KeyMetadata"]["KeyId"]
    assert kms.list_keys()["Keys"][0]["KeyId"] == key
    kms.disable_key(KeyId=key)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    kms.create_alias(AliasName="alias/seals", TargetKeyId=key)
    assert "alias/seals" in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    assert kms.describe_key(KeyId="alias/seals")["KeyMetadata"]["KeyId"] == key
    kms.delete_alias(AliasName="alias/seals")
    assert kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_a_data_key_opens_in_every_region_of_its_key_with_its_context_alone(cloud, kms):
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=key, ReplicaRegion=REPLICA)
    context = {"point": "p1"}
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    replica = cloud.client("kms", REPLICA)
    opened = replica.decrypt(CiphertextBlob=data_key["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == data_key["Plaintext"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, KeyId=key)["Plaintext"] == b"secret"
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.exceptions.IncorrectKeyException):
        kms.decrypt(CiphertextBlob=blob, KeyId=other)


def test_what_is_refused_arrives_by_its_name(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="alias/nobody")
    with pytest.raises(kms.exceptions.InvalidAliasNameException):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=key)
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    with pytest.raises(kms.exceptions.AlreadyExistsException):
        kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    with pytest.raises(kms.exceptions.UnsupportedOperationException):
        kms.replicate_key(KeyId=key, ReplicaRegion=REPLICA)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.cancel_key_deletion(KeyId=key)

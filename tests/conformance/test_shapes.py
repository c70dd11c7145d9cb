"""The check itself: an answer with a member that the model has not, without one that it requires, or with a value of
another type is found out."""

import json

import botocore.session
import pytest
import shapes

HEADERS = {"x-amzn-requestid": "r", "date": "Mon, 05 Jan 2026 00:00:00 GMT"}
POINT = {"RecoveryPointArn": "arn:aws:backup:::recovery-point:1", "Status": "COMPLETED", "CreationDate": 1767571200}


def found(service, operation, body, status=200, **headers):
    model = botocore.session.get_session().get_service_model(service)
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = {"status_code": status, "headers": HEADERS | headers, "body": body}
    return shapes.faults(model, model.operation_model(operation), answer)


def test_an_answer_as_the_model_has_it_passes():
    assert found("backup", "DescribeRecoveryPoint", POINT) == []
    assert found("sqs", "SendMessage", {"MessageId": "m", "MD5OfMessageBody": "d"}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"Colour": "red"},
        {"Status": "SPLENDID"},
        {"CreationDate": "2026-01-05T00:00:00Z"},
        {"BackupSizeInBytes": "12"},
        {"IsEncrypted": 1},
        {"StatusMessage": None},
        {"Lifecycle": {"DeleteAfterDays": 1.5}},
        {"RecoveryPointArn": ["a"]},
    ],
)
def test_one_wrong_member_is_found(wrong):
    assert len(found("backup", "DescribeRecoveryPoint", POINT | wrong)) == 1


def test_what_is_missing_is_found():
    table = {"TableName": "t", "LatestRestorableDateTime": 1}
    body = {"ContinuousBackupsDescription": {}}
    assert any("ContinuousBackupsStatus" in fault for fault in found("dynamodb", "DescribeContinuousBackups", body))
    assert found("dynamodb", "DescribeTable", {"Table": table}) != []
    body = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Tea>1</Tea></GetCallerIdentityResult></GetCallerIdentityResponse>"
    assert any("Tea" in fault for fault in found("sts", "GetCallerIdentity", body))
    assert len(found("backup", "DescribeRecoveryPoint", POINT, date="today", **{"x-amzn-requestid": ""})) == 2


def test_an_error_with_a_member_that_its_shape_has_not_is_found():
    error = {"x-amzn-errortype": "ResourceNotFoundException"}
    assert found("backup", "DescribeRecoveryPoint", {"Code": "c", "Message": "m"}, 400, **error) == []
    assert len(found("backup", "DescribeRecoveryPoint", {"Reason": "r"}, 400, **error)) == 1

"""Every error that a service's model knows, for every operation that is served, arrives as the client's exception of
that name. The fault plan raises them, so that none depends on a state that is hard to reach."""

import botocore.session
import pytest
import samples
import shapes

SERVICES = ("backup", "dynamodb", "events", "fsx", "iam", "kms", "redshift", "redshift-serverless", "sqs", "sts")


@pytest.mark.parametrize("service", SERVICES)
def test_every_modelled_error_arrives_as_the_exception_of_its_name(cloud, service):
    client = cloud.client(service)
    model = client.meta.service_model
    cloud.injecting = True
    raised = 0
    try:
        for name in cloud.control("GET", "operations")[service]:
            operation = model.operation_model(name)
            given = samples.least(operation.input_shape) if operation.input_shape else {}
            call = getattr(client, botocore.xform_name(name))
            for error in operation.error_shapes:
                code = shapes.wire_code(model, error)
                fault = {"error": {"code": code, "message": "as asked for", "status": 400}}
                on = {"service": service, "operation": name}
                cloud.control("POST", "faults", [{"fault": {"call": {"on": on, "fault": fault}}, "when": {"limit": 1}}])
                with pytest.raises(getattr(client.exceptions, error.name)) as refused:
                    call(**given)
                assert type(refused.value).__name__ == error.name
                assert refused.value.response["Error"]["Message"] == "as asked for"
                raised += 1
    finally:
        cloud.injecting = False
    assert [rule["fired"] for rule in cloud.control("GET", "faults")] == [1] * raised
    assert raised > 0


def test_the_services_are_all_there_are(cloud):
    assert tuple(sorted(cloud.control("GET", "operations"))) == SERVICES

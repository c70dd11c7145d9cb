"""Runs last: whether the tests before it called every operation that is served, and met every error that the models
of the simulated services raise. An operation or an error without a case fails here."""

import re
from pathlib import Path

import pytest
import shapes

SOURCES = Path(__file__).resolve().parents[2] / "infra" / "simcloud" / "src"

# Where a service's model is not in a folder of the service's name.
FOLDERS = {"redshift-serverless": "serverless"}

# Errors that no test here meets for real; test_every_error.py has them by the fault plan.
HARD_TO_REACH = {
    "sqs": {"OverLimit"},  # after 120,000 messages in flight
    "backup": {"AccessDeniedException"},  # one of two readings of the documentation, by a switch
    "dynamodb": {"ThrottlingException"},
}


def whole_run(request):
    """Whether this run is of all files: part of one can prove nothing."""
    return {path.name for path in Path(__file__).parent.glob("test_*.py")} == {
        item.path.name for item in request.session.items
    }


def test_every_operation_that_is_served_was_called(served, request):
    if not whole_run(request):
        pytest.skip("only some of the files are run")
    missing = {
        service: sorted(set(operations) - served.called[service])
        for service, operations in served.control("GET", "operations").items()
    }
    assert not any(missing.values()), missing


def test_every_error_that_the_sources_name_was_met(served, request):
    if not whole_run(request):
        pytest.skip("only some of the files are run")
    missing = {}
    for service in served.control("GET", "operations"):
        model = served.client(service).meta.service_model
        errors = [error for name in model.operation_names for error in model.operation_model(name).error_shapes]
        modelled = {shapes.wire_code(model, error) for error in errors}
        text = "".join(path.read_text() for path in sorted((SOURCES / FOLDERS.get(service, service)).rglob("*.rs")))
        named = set(re.findall(r'"([A-Z][A-Za-z]+)"', text)) & modelled
        missing[service] = sorted(named - served.raised[service] - HARD_TO_REACH.get(service, set()))
    assert not any(missing.values()), missing

"""One served cloud for the whole run, emptied before each test; clients whose every answer is held against botocore's
model of the service; and what was called and raised, for the tests that ask whether anything is missing."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections import defaultdict

import boto3
import pytest
from botocore.config import Config

import shapes

ACCOUNT = "111122223333"
REGION = "eu-west-1"
DR = "eu-central-1"


class Cloud:
    """A simcloud process, its control, and clients for it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.called = defaultdict(set)
        self.raised = defaultdict(set)
        self.injecting = False
        self.wrong = []
        self.clients = {}

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + "/_sim/" + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read().decode()) from None

    def advance(self, duration):
        return self.control("POST", "clock", {"advance": duration})["now"]

    def client(self, service, region=REGION, account=ACCOUNT):
        key = (service, region, account)
        if key not in self.clients:
            self.clients[key] = self.connect(service, region, account)
        return self.clients[key]

    def connect(self, service, region, account):
        # Without retries, so that every answer is the answer to one call; the time limits only end a run that hangs.
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="unused",
            config=config,
        )
        client.meta.events.register("before-parse", lambda **event: self.check(client, **event))
        return client

    def check(self, client, operation_model, response_dict, **_):
        service = client.meta.service_model.signing_name
        operation = operation_model.name
        self.called[service].add(operation)
        for fault in shapes.faults(client.meta.service_model, operation_model, response_dict, self.injecting):
            self.wrong.append(f"{service} {operation}: {fault}")
        if response_dict["status_code"] >= 300 and not self.injecting:
            self.raised[service].add(shapes.code(client.meta.service_model, response_dict))


@pytest.fixture(scope="session")
def served():
    command = [os.environ["CHAINWRIGHT_BIN"], "simcloud", "--port", "0", "--pace", "instant"]
    command += ["--start", "2026-01-05T00:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Cloud(process.stdout.readline().strip())
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0, "simcloud did not end well"


@pytest.fixture
def cloud(served):
    served.control("POST", "reset")
    served.control("POST", "pace", "instant")
    served.wrong.clear()
    yield served
    assert not served.wrong, "\n".join(served.wrong)

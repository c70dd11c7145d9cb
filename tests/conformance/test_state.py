"""A served cloud that is kept in a file and taken up by another process."""

import os
import subprocess
from pathlib import Path

from conftest import Cloud

START = "2026-01-05T00:00:00Z"


class Run:
    """A process of its own, with a state file."""

    def __init__(self, state):
        self.command = [os.environ["CHAINWRIGHT_BIN"], "simcloud", "--port", "0", "--start", START, "--state", str(state)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.cloud = Cloud(self.process.stdout.readline().strip())
        return self.cloud

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        assert not self.cloud.wrong, self.cloud.wrong


def test_what_is_on_its_way_goes_on_in_the_next_process(tmp_path):
    state = tmp_path / "cloud"
    with Run(state) as cloud:
        sqs = cloud.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)
    with Run(state) as cloud:
        sqs = cloud.client("sqs")
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
        cloud.advance("15m")
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "later"
    assert [path.name for path in tmp_path.iterdir()] == ["cloud"]


def test_a_file_that_is_no_cloud_is_refused_and_left_as_it_is(tmp_path):
    state = tmp_path / "cloud"
    state.write_text("notes")
    run = subprocess.run(Run(state).command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert "no saved cloud" in run.stderr
    assert Path(state).read_text() == "notes"

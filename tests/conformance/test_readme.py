"""The README's section "Try it", run from its text: consoles line by line, Python as it stands."""

import json
import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest

from conftest import Cloud

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1:4566"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAM = "cargo run -- "


class Terminal:
    """Runs a reader's commands, with the program as it was built and `dev` at a free port."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self.dev = None
        self.endpoint = ADDRESS

    def run(self, command):
        if command.startswith("export "):
            for assignment in command.removeprefix("export ").split(" "):
                name, value = assignment.split("=", 1)
                self.environment[name] = value.replace(ADDRESS, self.endpoint)
            return ""
        if command == PROGRAM + "dev":
            return self.start()
        # The reader's own paths first: the program's may have the same words in it.
        command = command.replace("target/", f"{self.folder}/")
        command = command.replace(PROGRAM, os.environ["CHAINWRIGHT_BIN"] + " ").replace(ADDRESS, self.endpoint)
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self):
        command = [os.environ["CHAINWRIGHT_BIN"], "-o", "json", "dev", "--port", "0", "--start", "2026-01-05T00:00:00Z"]
        self.dev = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.dev.stdout.readline())["endpoint"]
        return ""


@pytest.fixture
def terminal(tmp_path):
    terminal = Terminal(tmp_path)
    yield terminal
    if terminal.dev:
        terminal.dev.terminate()
        assert terminal.dev.wait(timeout=60) == 0, "dev did not end well"


def points(region, vault):
    client = boto3.client("backup", region_name=region)
    listed = client.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]
    return [point for point in listed if point["Status"] == "COMPLETED"]


def test_what_the_readme_says_can_be_done(terminal, monkeypatch):
    section = (ROOT / "README.md").read_text().split("## Try it\n", 1)[1].split("\n## ", 1)[0]
    namespace = {}
    answers = {}
    for language, text in BLOCK.findall(section):
        if language == "python":
            for name, value in terminal.environment.items():
                monkeypatch.setenv(name, value)
            exec(compile(text, "README.md", "exec"), namespace)
            continue
        for line in text.splitlines():
            if line.startswith("$ "):
                command = line.removeprefix("$ ")
                if command == PROGRAM + "dlq list":
                    # A reader is slower than the worker; here its minutes pass on the cloud's clock, which is the worker's.
                    Cloud(terminal.endpoint).advance("5m")
                answers[command] = terminal.run(command)
    # Three days: sessions on Monday, Tuesday and Wednesday, twice each, of which the first day's daily point is gone.
    assert "orders" in answers[PROGRAM + "chain get"]
    assert len(points("eu-west-1", "chainwright")) >= 4
    assert len(points("eu-central-1", "chainwright-dr")) >= 6
    assert "CW0301" in answers[PROGRAM + "dlq list"]
    Cloud(terminal.endpoint).advance("5m")
    assert "CW0301" not in terminal.run(PROGRAM + "dlq list")

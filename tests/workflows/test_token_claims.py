"""The job of docs/github.md that prints what a token says, as a runner would run it."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from textwrap import dedent

import pytest
import yaml

from tests.stacks import ROOT

CLAIMS = {
    "sub": "repo:acme@1024/payments-api@65536:environment:production",
    "aud": "sts.amazonaws.com",
    "repository_owner_id": "1024",
    "repository_id": "65536",
    "environment": "production",
    "ref": "refs/heads/main",
    "actor": "robin",
}


@pytest.mark.parametrize("more", ["", "~~", "~~~"])
def test_claims_are_printed_and_the_token_is_not(more: str) -> None:
    """Of any length: a token's parts have no padding."""
    part = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "more": more}).encode()).decode().rstrip("=")
    token, asked = f"eyJhbGciOiJSUzI1NiJ9.{part}.c2lnbmF0dXJl", list[tuple[str, str]]()

    class Issuer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            body = json.dumps({"count": 1, "value": token}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_arguments: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Issuer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/token?api-version=2.0"
        environment = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-canary"}
        ran = subprocess.run(
            [sys.executable, "-c", _step()["run"]],
            env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        thread.join()
    assert asked == [("/token?api-version=2.0&audience=sts.amazonaws.com", "Bearer request-canary")]
    said = dict(line.split(" ", 1) for line in ran.stdout.splitlines())
    assert said == {name: value for name, value in CLAIMS.items() if name != "actor"} | {
        "job_workflow_ref": "(not in the token)"
    }
    assert all(each not in ran.stdout + ran.stderr for each in (part, "request-canary"))


def _step() -> dict[str, str]:
    text = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
    (block,) = [
        each for each in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if "claims:" in each
    ]
    job = yaml.safe_load(dedent(block))["jobs"]["claims"]
    assert job["permissions"] == {"id-token": "write"}
    (step,) = job["steps"]
    assert step["shell"] == "python"
    return dict(step)

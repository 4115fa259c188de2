"""How a refresh fails: exit code 1, one clear line, and none of the secrets that it holds."""

import json
from pathlib import Path

import pytest

from tests.cases import case, cases
from tests.components.cluster_pull.conftest import (
    CREDENTIALS,
    HOST,
    KEY_SECRET,
    PASSWORD,
    SESSION_TOKEN,
    WEB_TOKEN,
    Pod,
    Services,
    ecr_answer,
)
from tests.components.cluster_pull.servers import NAMESPACE, SECRET, TOKEN, Answer, Received, Scripted, serving

CANARIES = (WEB_TOKEN, KEY_SECRET, SESSION_TOKEN, PASSWORD, TOKEN)
PATCH = f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"


def failed(pod: Pod) -> str:
    """The one line; that it did not fail at once, or said more than it should, fails the test."""
    ended = pod.run()
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended
    assert pod.pauses == []
    assert [each for each in CANARIES if each in ended.err] == []
    return ended.err.rstrip("\n")


@pytest.mark.usefixtures("services")
@cases("variable", "REGISTRIES", "SECRET_NAME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "AWS_ROLE_ARN",
       "AWS_WEB_IDENTITY_TOKEN_FILE")  # fmt: skip
@cases("value", None, "", "  ")
def test_a_missing_variable_is_named(pod: Pod, variable: str, value: str | None) -> None:
    pod.environment.pop(variable)
    if value is not None:
        pod.environment[variable] = value
    assert failed(pod) == f"{variable} is not set"
    assert pod.api.secrets == {}


def test_without_credentials_both_ways_are_named(pod: Pod) -> None:
    assert failed(pod) == (
        "no credentials for AWS: neither is set of AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE (IRSA), "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI (Pod Identity)"
    )


def test_the_token_file_of_pod_identity_is_named(pod: Pod) -> None:
    pod.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials"
    assert failed(pod) == "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set"


@cases(
    "host",
    "ghcr.io",
    "https://111122223333.dkr.ecr.us-east-1.amazonaws.com",
    "111122223333.dkr.ecr.us-east-1.amazonaws.com/app",
    "111122223333.dkr.ecr.us-east-1.amazonaws.com.evil.example",
    "11112222333.dkr.ecr.us-east-1.amazonaws.com",
    "111122223333.dkr.ecr.amazonaws.com",
    "public.ecr.aws",
)
def test_what_is_no_private_registry_is_named(pod: Pod, services: Services, host: str) -> None:
    pod.environment["REGISTRIES"] = f"{HOST} {host}"
    assert failed(pod) == f"REGISTRIES has {host}, which is not the host of a private registry of Amazon ECR"
    assert services.sts.received == []


@cases("seconds", "soon", "-1", "1.5", "")
def test_a_time_that_is_none_is_named(pod: Pod, services: Services, seconds: str) -> None:
    pod.environment["RETRY_SECONDS"] = seconds
    assert failed(pod) == f"RETRY_SECONDS is {seconds!r}, which is not a whole number of seconds"
    assert services.sts.received == []


@cases("name", "namespace", "token", "web-token", "ca.crt")
@cases("text", None, "", "a\nb", "ä")
def test_a_file_that_can_not_be_used_is_named(pod: Pod, services: Services, name: str, text: str | None) -> None:
    if text is None:
        (pod.folder / name).unlink()
    else:
        pod.write(name, text)
    line = failed(pod)
    assert line.startswith(f"{pod.folder / name} can't be read: ")
    assert ("No such file" in line) == (text is None)
    assert services.sts.received if name != "web-token" else not services.sts.received


def test_a_token_of_two_lines_does_not_come_into_the_message(pod: Pod, services: Services) -> None:
    pod.write("web-token", f"{WEB_TOKEN}\n{WEB_TOKEN}")
    assert failed(pod) == f"{pod.folder / 'web-token'} can't be read: not one word of ASCII"
    assert services.sts.received == []


XML = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
STATUS = {"kind": "Status", "reason": "Forbidden", "message": 'secrets "ecr-pull" is forbidden', "code": 403}


@cases(
    "service, answer, line",
    case(
        "STS",
        "sts",
        Answer(400, XML.format("ExpiredTokenException", "Token expired: it ended\n yesterday")),
        "POST {} answered 400 ExpiredTokenException: Token expired: it ended yesterday",
    ),
    case(
        "ECR",
        "ecr",
        Answer(
            400, json.dumps({"__type": "com.amazonaws.ecr#AccessDeniedException", "message": "User is not allowed"})
        ),
        "POST {} answered 400 AccessDeniedException: User is not allowed",
    ),
    case(
        "ECR with another letter",
        "ecr",
        Answer(400, json.dumps({"__type": "UnrecognizedClientException", "Message": "The token is invalid"})),
        "POST {} answered 400 UnrecognizedClientException: The token is invalid",
    ),
    case("plain text", "ecr", Answer(404, "no such\npage"), "POST {} answered 404 : no such page"),
    case("a list", "ecr", Answer(400, "[1]"), "POST {} answered 400 : [1]"),
    case("nothing", "ecr", Answer(500), "POST {} answered 500 : "),
    case("another object", "ecr", Answer(500, '{"a": 1}'), "POST {} answered 500 : "),
)
def test_a_refusal_of_aws_is_shown(pod: Pod, services: Services, service: str, answer: Answer, line: str) -> None:
    asked: Scripted = getattr(services, service)
    asked.answers = [answer]
    assert failed(pod) == line.format(asked.url).strip()
    assert pod.api.received == []


def test_a_refusal_of_the_api_is_shown_without_the_query(pod: Pod, services: Services) -> None:
    pod.api.refusal = Answer(403, json.dumps(STATUS))
    line = f'PATCH {pod.api.url}{PATCH} answered 403 Forbidden: secrets "ecr-pull" is forbidden'
    assert failed(pod) == line
    assert pod.run_process() == (1, "", f"{line}\n")
    assert len(services.ecr.received) == 2


def test_an_expired_token_of_the_api(pod: Pod, services: Services) -> None:
    pod.write("token", "of-yesterday")
    assert failed(pod) == f"PATCH {pod.api.url}{PATCH} answered 401 Unauthorized: Unauthorized"
    assert services.ecr.received


@cases("name", "../configmaps/x", "a?b", "a/b")
def test_a_name_does_not_lead_elsewhere(pod: Pod, services: Services, name: str) -> None:
    pod.environment["SECRET_NAME"] = name
    assert " answered 403 Forbidden: " in failed(pod)
    assert [each.target.partition("?")[0].count("/") for each in pod.api.received] == [6]
    assert services.ecr.received


@cases(
    "body",
    "",
    "no JSON",
    "[]",
    "{}",
    '{"authorizationData": []}',
    '{"authorizationData": [{}]}',
    '{"authorizationData": 1}',
    '{"authorizationData": [{"authorizationToken": "%", "expiresAt": 1900000000}]}',
    '{"authorizationData": [{"authorizationToken": "QVdTCg==", "expiresAt": 1900000000}]}',
    '{"authorizationData": [{"authorizationToken": "QVdTOg==", "expiresAt": 1900000000}]}',
    '{"authorizationData": [{"authorizationToken": "QVdTOng=", "expiresAt": "soon"}]}',
    '{"authorizationData": [{"authorizationToken": "QVdTOng=", "expiresAt": 1e300}]}',
    '{"authorizationData": [{"authorizationToken": "QVdTOng="}]}',
)
def test_an_answer_of_ecr_that_is_none(pod: Pod, services: Services, body: str) -> None:
    services.ecr.answers = [Answer(body=body)]
    assert failed(pod) == f"{services.ecr.url} answered without an authorization token and its end"
    assert pod.api.received == []


@cases(
    "body",
    "",
    "no XML",
    "<a/>",
    "{}",
    "[]",
    CREDENTIALS.replace("SessionToken", "Token"),
    CREDENTIALS.replace(SESSION_TOKEN, "two words"),
)
def test_an_answer_of_sts_that_is_none(pod: Pod, services: Services, body: str) -> None:
    services.sts.answers = [Answer(body=body)]
    words = "answered without AccessKeyId, SecretAccessKey and SessionToken"
    assert failed(pod) == f"{services.sts.url} {words}"


class Echo(Scripted):
    """Refuses, and repeats in its message all that it was sent."""

    def __init__(self, form: str) -> None:
        super().__init__(Answer())
        self.form = form

    def answer(self, request: Received) -> Answer:
        said = f"{request.headers} {request.body}"
        if self.form == "xml":
            return Answer(403, XML.format("Echo", said))
        return Answer(403, json.dumps({"reason": "Echo", "message": said}) if self.form == "json" else said)


@cases("form", "xml", "json", "text")
@cases("service", "sts", "ecr", "api")
def test_what_a_server_repeats_is_not_shown(pod: Pod, services: Services, service: str, form: str) -> None:
    echo = Echo(form)
    if service == "api":
        pod.api.answer = echo.answer  # type: ignore[method-assign]
        line = failed(pod)
    else:
        with serving(echo):
            pod.environment[f"AWS_ENDPOINT_URL_{service.upper()}"] = echo.url
            line = failed(pod)
    assert "[secret]" in line
    assert services.sts.received if service != "sts" else not services.ecr.received


def test_a_secret_that_begins_as_another_is_not_shown_in_part(pod: Pod, services: Services) -> None:
    pod.write("web-token", SESSION_TOKEN[:6])
    services.ecr.answers = [Answer(403, json.dumps({"__type": "Echo", "message": f"it was {SESSION_TOKEN}"}))]
    assert failed(pod) == f"POST {services.ecr.url} answered 403 Echo: it was [secret]"


@cases("status", 301, 302, 303, 307, 308)
@cases("service", "sts", "ecr")
def test_a_redirect_is_not_followed(pod: Pod, services: Services, service: str, status: int) -> None:
    elsewhere = Scripted(Answer(body=ecr_answer()))
    asked: Scripted = getattr(services, service)
    with serving(elsewhere):
        asked.answers = [Answer(status, headers={"Location": elsewhere.url})]
        assert failed(pod) == f"POST {asked.url} answered {status} :"
    assert elsewhere.received == []


@cases(
    "url, line",
    ("ftp://127.0.0.1/", "{} is not a URL of http or https"),
    ("file:///etc/passwd", "{} is not a URL of http or https"),
    ("127.0.0.1:8080", "{} is not a URL of http or https"),
    ("http://127.0.0.1:port/", "POST {} failed: nonnumeric port: 'port'"),
)
def test_an_address_that_is_none_is_named(pod: Pod, services: Services, url: str, line: str) -> None:
    ended = pod.run(AWS_ENDPOINT_URL_STS=url, RETRY_SECONDS="60")
    assert (ended.code, ended.err, pod.pauses) == (1, f"{line.format(url)}\n", [])
    assert services.ecr.received == []


def test_a_certificate_that_is_not_trusted_is_not_tried_again(pod: Pod, services: Services, tmp_path: Path) -> None:
    other = Scripted(Answer())
    (tmp_path / "other").mkdir()
    with serving(other, tmp_path / "other" / "ca.crt"):
        pod.environment |= {"KUBERNETES_SERVICE_PORT": other.url.rpartition(":")[2], "RETRY_SECONDS": "60"}
        line = failed(pod)
    assert line.startswith(f"PATCH {other.url}{PATCH} failed: [SSL: CERTIFICATE_VERIFY_FAILED]")
    assert (services.ecr.received != [], other.received) == (True, [])


THROTTLED = Answer(400, json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}))
PASSING = {
    "throttled": THROTTLED,
    "unavailable": Answer(503),
    "too many requests": Answer(429),
    "the issuer's keys": Answer(400, XML.format("IDPCommunicationError", "")),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
@cases("service", "sts", "ecr")
def test_what_passes_is_tried_again(pod: Pod, services: Services, answer: Answer, service: str) -> None:
    asked: Scripted = getattr(services, service)
    asked.answers = [answer, answer, answer, *asked.answers]
    assert pod.run(RETRY_SECONDS="60").code == 0
    assert pod.pauses == [1, 2, 4]
    assert len(asked.received) == 4


@cases("seconds, pauses", ("0", []), ("1", [1]), ("2", [1]), ("60", [1, 2, 4, 8, 16, 16]))
def test_it_is_not_tried_for_longer_than_allowed(pod: Pod, services: Services, seconds: str, pauses: list[int]) -> None:
    services.ecr.answers = [THROTTLED]
    ended = pod.run(RETRY_SECONDS=seconds)
    assert (ended.code, pod.pauses) == (1, pauses)
    assert ended.err == f"POST {services.ecr.url} answered 400 ThrottlingException: Rate exceeded\n"


def test_a_refusal_is_final(pod: Pod, services: Services) -> None:
    pod.api.refusal = Answer(403, json.dumps(STATUS))
    assert pod.run(RETRY_SECONDS="60").code == 1
    assert pod.pauses == []
    assert (len(pod.api.received), len(services.ecr.received)) == (1, 1)


def test_an_api_that_is_busy_is_tried_again(pod: Pod, services: Services) -> None:
    pod.api.refusal = Answer(429, json.dumps({"reason": "TooManyRequests", "message": "retry later"}))
    assert pod.run(RETRY_SECONDS="5").code == 1
    assert pod.pauses == [1, 2]
    assert (len(pod.api.received), len(services.ecr.received)) == (3, 1)


def test_a_server_that_does_not_answer_is_tried_again(pod: Pod, services: Services) -> None:
    ended = pod.run(RETRY_SECONDS="3", AWS_ENDPOINT_URL_ECR="http://127.0.0.1:1")
    assert (ended.code, pod.pauses) == (1, [1, 2])
    assert ended.err == "POST http://127.0.0.1:1 failed: [Errno 111] Connection refused\n"
    assert len(services.sts.received) == 1


def test_an_association_that_is_not_known_yet_is_tried_again(pod: Pod) -> None:
    unknown = Answer(404, "[1]: (ResourceNotFoundException): No association found, fault: client\n")
    key = {"AccessKeyId": "ASIA", "SecretAccessKey": KEY_SECRET, "Token": SESSION_TOKEN}
    agent, ecr = Scripted(unknown, unknown, Answer(body=json.dumps(key))), Scripted(Answer(body=ecr_answer()))
    with serving(agent), serving(ecr):
        pod.environment |= {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": pod.write("pod-token", WEB_TOKEN),
            "AWS_ENDPOINT_URL_ECR": ecr.url,
        }
        assert pod.run(RETRY_SECONDS="60").code == 0
        assert pod.pauses == [1, 2]
        agent.answers = [unknown]
        pod.pauses.clear()
        said = "answered 404 : [1]: (ResourceNotFoundException): No association found, fault: client"
        assert failed(pod) == f"GET {agent.url}/v1/credentials {said}"

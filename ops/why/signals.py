"""What a client's text, or a CloudTrail event, says of a refused call: the symptom, and which call it was."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.aws import Arn, is_account_id
from domain.document_text import parse_json
from domain.iam.github import ISSUER
from domain.problems import value_in
from ops.why.recognisers import RECOGNISERS, ClientWords, Symptom

_NAME = r"[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?"
_REFERENCE = r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
_URL = re.compile(
    rf"https?://(?P<host>{_HOST})/v2/(?P<repository>{_NAME})/(?:manifests|blobs|tags)/(?P<reference>[\w.:-]+)?"
)
_OWN_HOST = re.compile(rf"(?P<host>[0-9]+\.{_HOST}|[\w.-]*\becr\b{_HOST})/(?P<repository>{_NAME}){_REFERENCE}")
_BEFORE = r"(?:image|reference|repository|push|pull|for|from) [\\\"'\[]*"
_ANY_HOST = re.compile(rf"{_BEFORE}(?P<host>{_HOST})/(?P<repository>{_NAME}){_REFERENCE}")
_ALONE = r"(?:access denied for |[Pp]ull image \\?\"|repository \[docker\.io/(?:library/)?)"
_BARE = re.compile(rf"{_ALONE}(?P<repository>{_NAME}){_REFERENCE}")
_LOOKUP = re.compile(rf"(?:lookup|resolve host:?) (?P<host>{_HOST})")
_LOGIN = re.compile(rf"\blogin\b.*?(?P<host>[0-9]+\.dkr[.-]ecr{_HOST}|[0-9]+\.{_HOST})")
_LOGIN_REGION = re.compile(r"get-login(?:-password)?\b.*--region[ =](?P<region>[a-z0-9-]+)")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::[0-9]*:role/[\w+=,.@/-]+")
_SOURCE = re.compile(r"arn:aws[\w-]*:(?:lambda|codebuild):[a-z0-9-]+:[0-9]{12}:(?:function:|project/)[\w-]+")
_IMAGE_ID = re.compile(r"image(?:Tag|Digest)[\"']?[:=]\s*[\"']?(?P<value>[\w.:-]+)")
_PUSHING = re.compile(r"failed to push|The push refers to|docker push|--push\b|error pushing|kaniko|: push ")
_TRUST = "sts:AssumeRoleWithWebIdentity"
_DENIED = ("AccessDenied", "AccessDeniedException", "ClientWords.UnauthorizedOperation")


class NothingSaid(Exception):
    """A text or an event in which no refusal is known, and what would be needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What is known of the refused call; what the text does not say is None."""

    symptom: Symptom
    client: ClientWords
    words: str
    """The line by which it was recognised."""
    seen_in: str
    host: str | None = None
    account: str | None = None
    region: str | None = None
    repository: str | None = None
    reference: str | None = None
    action: str | None = None
    principal: str | None = None
    """The ARN of who called; of a session its own."""
    role: str | None = None
    """The ARN of the role that was asked for, or of which the session is."""
    service: str | None = None
    """The AWS service that called for itself, as IAM names it."""
    source: str | None = None
    """The ARN of the function or project for which it called."""
    lacking: str | None = None
    """The kind of policy that allows nothing, in AWS's words."""
    denying: str | None = None
    """The kind of policy that denies."""
    login: str | None = None
    """The host, or the region, of a login that the text shows."""
    platform: str | None = None
    secret: str | None = None
    pushes: bool = False
    claims: Mapping[str, str] = field(default_factory=dict)
    """What an event says of the token."""

    @property
    def is_digest(self) -> bool:
        return bool(self.reference and self.reference.startswith("sha256:"))


def read_text(text: str) -> Signal:
    """Raises NothingSaid where no refusal is recognised."""
    for each in RECOGNISERS:
        if found := each.pattern.search(text):
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0].strip()
            facts = {**_call(text), **_named(found.groupdict())}
            return Signal(symptom=each.symptom, client=each.client, words=line, seen_in=each.seen_in, **facts)
    raise NothingSaid(
        "no refusal is known in the text (give the whole of what docker, the kubelet, GitHub's step or the AWS CLI "
        "printed, or the CloudTrail event with --event)"
    )


def read_event(text: str) -> Signal:
    """Of a CloudTrail record: alone, in EventBridge's event, or the first one that failed of several."""
    try:
        record = next((each for each in _records(parse_json(text)) if value_in(each, ("errorCode",))), None)
    except ValueError as error:
        raise NothingSaid(f"the event is not JSON: {error} (give one record of CloudTrail)") from error
    if record is None:
        raise NothingSaid("the event has no errorCode: the call was allowed (give the event of the refused one)")
    about = _of_record(record)
    code, message = str(value_in(record, ("errorCode",))), str(value_in(record, ("errorMessage",)) or "")
    if about["action"] == _TRUST and code in _DENIED:
        # CloudTrail has no reason of it.
        message = f"Not authorized to perform {_TRUST}"
    said = read_text(f"{code}: {message}")
    return replace(said, **{name: value for name, value in about.items() if value})


def _records(event: object) -> Iterator[object]:
    several = value_in(event, ("Records",))
    for each in several if isinstance(several, list) else [value_in(event, ("detail",)) or event]:
        text = value_in(each, ("CloudTrailEvent",))
        yield parse_json(text) if isinstance(text, str) else each


def _of_record(record: object) -> dict[str, Any]:
    """The call, as the record has it beside its error."""

    def text(*path: str | int) -> str | None:
        value = value_in(record, path)
        return value if isinstance(value, str) and value else None

    service, sent = str(text("eventSource")).partition(".")[0], "requestParameters"
    subject, issuer = text("userIdentity", "userName"), text("userIdentity", "identityProvider") or ""
    image = (sent, "imageIds", 0) if value_in(record, (sent, "imageIds")) else (sent,)
    return {
        "action": f"{service}:{text('eventName')}",
        "principal": text("userIdentity", "arn"),
        "role": text("userIdentity", "sessionContext", "sessionIssuer", "arn") or text(sent, "roleArn"),
        "service": text("userIdentity", "invokedBy") if text("userIdentity", "type") == "AWSService" else None,
        "region": text("awsRegion"),
        "account": None if service == "sts" else text(sent, "registryId") or text("resources", 0, "accountId"),
        "repository": text(sent, "repositoryName"),
        "reference": text(*image, "imageTag") or text(*image, "imageDigest"),
        "claims": {"sub": subject} if subject and issuer.endswith(ISSUER) else {},
    }


def _named(groups: Mapping[str, str | None]) -> dict[str, Any]:
    """The facts that the recognised text itself names."""
    facts: dict[str, Any] = {
        name: value for name, value in groups.items() if value and name in Signal.__dataclass_fields__
    }
    who = facts.get("service") or facts.get("principal") or ""
    if "service" in facts or who.endswith(".amazonaws.com"):
        facts["service"] = f"{who.removesuffix('.amazonaws.com')}.amazonaws.com".lower()
        facts.pop("principal", None)
    arn = Arn.parse(groups.get("resource") or "")
    if arn is not None and arn.service == "ecr" and arn.resource.startswith("repository/"):
        facts |= {"account": arn.account, "region": arn.region, "repository": arn.resource.partition("/")[2]}
    elif arn is not None and arn.service == "iam":
        facts["role"] = str(arn)
    ids = (found["value"] for found in _IMAGE_ID.finditer(groups.get("image") or ""))
    if reference := next((each for each in ids if each != "null"), None):
        facts["reference"] = reference
    return facts


def _call(text: str) -> dict[str, Any]:
    """Where the call went, as far as the text shows it."""
    lines = text.splitlines()
    images = "\n".join(each for each in lines if not _LOGIN.search(each) and not _LOGIN_REGION.search(each))
    searched = (pattern.search(images) for pattern in (_URL, _OWN_HOST, _ANY_HOST, _LOOKUP, _BARE))
    found = next(filter(None, searched), None)
    parts: dict[str, str | None] = found.groupdict() if found else {}
    reference = parts.get("digest") or parts.get("tag") or parts.get("reference")
    logins = [each for line in lines for each in (_LOGIN.search(line), _LOGIN_REGION.search(line)) if each]
    role, source = _ROLE.search(text), _SOURCE.search(text)
    return {
        "host": parts.get("host"),
        "repository": parts.get("repository"),
        "reference": reference,
        "login": logins[-1][1] if logins else None,
        "role": role[0] if role else None,
        "source": source[0] if source else None,
        "pushes": bool(_PUSHING.search(text)),
    }


def account_in(host: str) -> str | None:
    """The account with which a host begins, whatever follows."""
    first = host.partition(".")[0]
    return first if is_account_id(first) else None

"""Actions of GitHub hold no access key of AWS: workflows assume roles."""

import re
import unicodedata
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator

from domain.document_text import SECRET, UNKNOWN
from policies.checks.input_values import is_unknown
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.github import SECRETS, VARIABLES

_NAMES = ("secretName", "variableName")
_VALUES = ("value", "plaintextValue", "encryptedValue", "valueEncrypted")
_NAMED = re.compile(
    r"(AWS|AMAZON|IAM|ECR|S3).*(ACCESS|SECRET|SESSION|SECURITY)(KEY|ID|TOKEN|CREDENTIAL)"
    r"|AWS(KEY|CREDENTIAL|TOKEN(?!FILE)|SECRET(?!S?(NAME|ARN|ID|PREFIX|PATH|MANAGER)))"
    r"|ACCESSKEYID|SECRETACCESSKEY"
)
_KEY_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{12,124}(?![A-Z0-9])")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_SESSION_TOKEN = re.compile(r"(?:IQoJb3|FwoGZX|FQoGZX|AQoDYX)[A-Za-z0-9/+=]{90,}")
_HEX = re.compile(r"[0-9a-fA-F]{40}")
_SPACE = re.compile(r"\s+")
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
"""Lines of any length, of which one may well have forty characters."""


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    for key in _NAMES:
        name = resource.inputs.get(key)
        if is_unknown(name):
            yield Undecided((key,))
        elif name is not None and _NAMED.search(_plain_name(str(name))):
            yield Finding(f"is named {name}, as a credential of AWS is", (key,))
    for key in _VALUES:
        value = resource.inputs.get(key)
        if value == UNKNOWN:
            yield Undecided((key,))
        # What is secret is judged by its name; the engine shows its value, and there it is checked.
        elif isinstance(value, str) and value != SECRET and (found := _credential_in(value)):
            yield Finding(f"holds {found}", (key,))


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).upper())


def _credential_in(value: str) -> str | None:
    """What the value holds, by its form; never the value itself."""
    for text in _readings(value):
        if _KEY_ID.search(text):
            return "the id of an access key of AWS"
        if _SESSION_TOKEN.search(text):
            return "a session token of AWS"
        if any(_is_secret_key(each) for each in _SECRET_KEY.findall(text)):
            return "what looks like a secret access key of AWS"
    return None


def _readings(value: str) -> Iterator[str]:
    """As it is written, without its line breaks, and what it encodes."""
    plain = _PEM.sub("", unicodedata.normalize("NFKC", value))
    yield plain
    joined = _SPACE.sub("", plain)
    yield joined
    try:
        yield b64decode(joined).decode()
    except (Error, ValueError):
        return


def _is_secret_key(text: str) -> bool:
    """Forty characters of every kind: no commit's hash, and no path."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return not _HEX.fullmatch(text) and all(any(map(kind, text)) for kind in kinds)


RULE = ResourceRule(
    id="github-no-aws-keys",
    title="No secret or variable of GitHub holds an access key of AWS",
    severity="critical",
    risk="An access key works from everywhere until it is deleted, for all who copied it, from a workflow, a log or a "
    "runner. The variables of a repository are shown to everyone who can read it.",
    remediation="Delete the key in IAM, remove the secret or variable, and have the workflow assume its role by OIDC "
    "(aws-actions/configure-aws-credentials with role-to-assume).",
    controls=("OWASP CICD-SEC-6",),
    parameters=Parameters,
    types=(*SECRETS, *VARIABLES),
    check=check,
)

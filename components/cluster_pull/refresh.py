"""Writes the secret by which the pods of a namespace pull from Amazon ECR; runs in that namespace, every few hours.

An authorization token of Amazon ECR lives for 12 hours, and counts in one region for the registries of every account.
This needs Python 3.11 and nothing else: its text is a ConfigMap, which any image of Python runs. It reads

  REGISTRIES              the registries' hosts, as in "111122223333.dkr.ecr.us-east-1.amazonaws.com HOST"
  SECRET_NAME             the secret's name
  RETRY_SECONDS           for how long it tries again what can pass, such as throttling (default: 120)
  SERVICE_ACCOUNT_FOLDER  namespace, token and ca.crt for the API (default: where Kubernetes mounts them)

and as AWS's SDKs do AWS_REGION, AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL_STS, and the variables of IRSA (AWS_ROLE_ARN,
AWS_WEB_IDENTITY_TOKEN_FILE) or of EKS Pod Identity (AWS_CONTAINER_CREDENTIALS_FULL_URI,
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE). It prints one line: what it wrote, or on stderr why not, and ends with 1."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")
HOST = re.compile(
    r"[0-9]{12}\.dkr[.-]ecr(?P<fips>-fips)?\.(?P<region>[a-z]{2,4}(-[a-z]+)+-[0-9])"
    r"\.(?P<suffix>amazonaws\.(com|com\.cn|eu)|on\.(aws|amazonwebservices\.com\.cn|amazonwebservices\.eu))"
)
NAME = "ecr-pull-secret"
"""Of the manager of the secret's fields, and of the role's session in CloudTrail."""
PASSING = ("IDPCommunicationError", "InternalFailure", "RequestLimitExceeded", "ThrottlingException", "Throttling")
REQUEST_SECONDS, LONGEST_PAUSE = 10, 16
secret_texts: set[str] = set()
"""What no line shows, even where a server repeats it in its message."""


class RefreshFailed(Exception):
    """Why the secret was not written; what is passing is tried again."""

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class SessionKey(NamedTuple):
    """AWS credentials of a role's session."""

    id: str
    secret: str
    token: str


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: it would take the credentials along."""

    def redirect_request(self, *_: object) -> None:
        return None


DIRECTLY = urllib.request.ProxyHandler({})
"""To what is in the cluster; HTTPS_PROXY and NO_PROXY are for AWS."""


def refresh() -> str:
    """Writes the secret once; the line that says so."""
    hosts = {host: parsed_host(host) for host in required("REGISTRIES").split()}
    regions = {host["region"]: host for host in reversed(hosts.values())}
    name, seconds = required("SECRET_NAME"), os.environ.get("RETRY_SECONDS", "120")
    if not seconds.isdecimal():
        raise RefreshFailed(f"RETRY_SECONDS is {seconds!r}, which is not a whole number of seconds")
    end = time.monotonic() + int(seconds)
    key = retried(end, partial(session_key, next(iter(hosts.values()))))
    entries = {region: retried(end, partial(registry_entry, key, host)) for region, host in regions.items()}
    auths = {text: entries[host["region"]][0] for text, host in hosts.items()}
    expires = min(until for _, until in entries.values()).strftime("%Y-%m-%dT%H:%M:%SZ")
    namespace = retried(end, partial(apply_secret, name, auths, expires))
    return f"secret {namespace}/{name}: {', '.join(hosts)} until {expires}"


def session_key(host: re.Match[str]) -> SessionKey:
    """By IRSA or EKS Pod Identity; where the pod has the variables of both by IRSA, as AWS's SDKs do it."""
    if "AWS_WEB_IDENTITY_TOKEN_FILE" in os.environ or "AWS_ROLE_ARN" in os.environ:
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": required("AWS_ROLE_ARN"),
            "RoleSessionName": NAME,
            "WebIdentityToken": hidden(word_in(required("AWS_WEB_IDENTITY_TOKEN_FILE"))),
        }
        url = os.environ.get("AWS_ENDPOINT_URL_STS") or endpoint("sts", os.environ.get("AWS_REGION"), host)
        answer, token = send("POST", url, {}, urlencode(form).encode()), "SessionToken"
    elif "AWS_CONTAINER_CREDENTIALS_FULL_URI" in os.environ:
        url = required("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        headers = {"Authorization": hidden(word_in(required("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")))}
        try:
            answer, token = send("GET", url, headers, None, DIRECTLY), "Token"
        except RefreshFailed as failed:  # a new association is not known everywhere for some seconds
            raise RefreshFailed(str(failed), passing=True) from None
    else:
        ways = "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE (IRSA), AWS_CONTAINER_CREDENTIALS_FULL_URI (Pod Identity)"
        raise RefreshFailed(f"no credentials for AWS: neither is set of {ways}")
    try:
        found = dict(re.findall(r"<(\w+)>([^<]+)</", answer)) if answer.startswith("<") else json.loads(answer)
        return SessionKey(
            word(found["AccessKeyId"]), hidden(word(found["SecretAccessKey"])), hidden(word(found[token]))
        )
    except (LookupError, TypeError, ValueError):
        raise RefreshFailed(f"{without_query(url)} answered without AccessKeyId, SecretAccessKey and {token}") from None


def registry_entry(key: SessionKey, host: re.Match[str]) -> tuple[dict[str, str], datetime]:
    """What the secret has for each registry in the region of the host, and until when it counts."""
    url = os.environ.get("AWS_ENDPOINT_URL_ECR") or endpoint("ecr", host["region"], host)
    answer = send("POST", url, signed_headers(key, host["region"], url, datetime.now(UTC)), b"{}")
    try:
        (data,) = json.loads(answer)["authorizationData"]
        user, password = base64.b64decode(data["authorizationToken"], validate=True).decode().split(":")
        auth = base64.b64encode(f"{word(user)}:{hidden(word(password))}".encode()).decode()
        until = datetime.fromtimestamp(data["expiresAt"], UTC)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
        raise RefreshFailed(f"{without_query(url)} answered without an authorization token and its end") from None
    return {"username": user, "password": password, "auth": hidden(auth)}, until


def apply_secret(name: str, auths: Mapping[str, Mapping[str, str]], expires: str) -> str:
    """One server-side apply, which makes the secret or changes it in place; its namespace."""
    folder = Path(os.environ.get("SERVICE_ACCOUNT_FOLDER") or "/var/run/secrets/kubernetes.io/serviceaccount")
    namespace, token = word_in(folder / "namespace"), hidden(word_in(folder / "token"))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "annotations": {"container-registry/expires-at": expires}},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": hidden(base64.b64encode(json.dumps({"auths": auths}).encode()).decode())},
    }
    try:
        trust = ssl.create_default_context(cafile=folder / "ca.crt")
    except OSError as error:
        raise RefreshFailed(f"{folder / 'ca.crt'} can't be read: {error.strerror or error}") from None
    address, port = required("KUBERNETES_SERVICE_HOST"), required("KUBERNETES_SERVICE_PORT")
    api = f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"
    path = f"/api/v1/namespaces/{namespace}/secrets/{quote(name, safe='')}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/apply-patch+yaml"}
    query = f"fieldManager={NAME}&force=true&fieldValidation=Strict"
    handlers = DIRECTLY, urllib.request.HTTPSHandler(context=trust)
    send("PATCH", f"{api}{path}?{query}", headers, json.dumps(secret).encode(), *handlers)
    return namespace


def signed_headers(key: SessionKey, region: str, url: str, now: datetime) -> dict[str, str]:
    """Of GetAuthorizationToken, a POST of {}.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    moment, parts = now.strftime("%Y%m%dT%H%M%SZ"), urlsplit(url)
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": parts.netloc,
        "x-amz-date": moment,
        "x-amz-security-token": key.token,
        "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    }
    names, lines = ";".join(headers), (f"{name}:{value}" for name, value in headers.items())
    canonical = "\n".join(("POST", parts.path or "/", "", *lines, "", names, hashlib.sha256(b"{}").hexdigest()))
    scope = (moment[:8], region, "ecr", "aws4_request")
    text = "\n".join(("AWS4-HMAC-SHA256", moment, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    signature = f"AWS4{key.secret}".encode()
    for each in (*scope, text):
        signature = hmac.digest(signature, each.encode(), "sha256")
    by = f"Credential={key.id}/{'/'.join(scope)}, SignedHeaders={names}, Signature={signature.hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {by}"}


def endpoint(service: str, region: str | None, host: re.Match[str]) -> str:
    """Of the same kind as the registry's host: plain or dual-stack, with FIPS or without; in its region by default."""
    region, suffix, fips = region or host["region"], host["suffix"], host["fips"] or ""
    if suffix.startswith("on."):
        return f"https://{service}{fips}.{region}.{suffix.replace('on.', 'api.', 1)}/"
    if service == "sts":  # GovCloud's has FIPS under its plain name
        return f"https://sts{'' if region.startswith('us-gov-') else fips}.{region}.{suffix}/"
    return f"https://api.{service}{fips}.{region}.{suffix}/"


def send(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, *handlers: urllib.request.BaseHandler
) -> str:
    """What the server answers; raises RefreshFailed with the code and the message of an error."""
    where = f"{method} {without_query(url)}"
    if not url.startswith(("http://", "https://")):
        raise RefreshFailed(f"{without_query(url)} is not a URL of http or https")
    try:
        request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - it is one of these two
        with urllib.request.build_opener(NoRedirects, *handlers).open(request, timeout=REQUEST_SECONDS) as answer:
            return str(answer.read(), errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            code, message = refusal(str(error.read(), errors="replace"))
        passing = error.code >= http.HTTPStatus.TOO_MANY_REQUESTS or code in PASSING
        raise RefreshFailed(f"{where} answered {error.code} {code}: {message}".rstrip(), passing=passing) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)  # a certificate that is not trusted is a ValueError
        passing = not isinstance(reason, ValueError | http.client.InvalidURL)
        raise RefreshFailed(f"{where} failed: {reason or type(reason).__name__}", passing=passing) from None


def refusal(text: str) -> tuple[str, str]:
    """Code and message: of AWS in JSON or XML, of Kubernetes, or of an agent that answers plain text."""
    try:
        found = dict(json.loads(text))
    except (TypeError, ValueError):
        found = dict(re.findall(r"<(Code|Message)>([^<]*)</", text)) or {"message": text}
    code = found.get("__type") or found.get("Code") or found.get("reason") or ""
    message = found.get("message") or found.get("Message") or ""
    return str(code).rpartition("#")[2], " ".join(str(message).split())[:500]


def retried(end: float, attempt: Callable[[], T]) -> T:
    """Tries again what is passing, as long as there is time."""
    pause = 1
    while True:
        try:
            return attempt()
        except RefreshFailed as failed:
            if not failed.passing or time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def parsed_host(host: str) -> re.Match[str]:
    match = HOST.fullmatch(host)
    if match is None:
        raise RefreshFailed(f"REGISTRIES has {host}, which is not the host of a private registry of Amazon ECR")
    return match


def required(variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise RefreshFailed(f"{variable} is not set")
    return value


def word_in(path: str | Path) -> str:
    try:
        return word(Path(path).read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not one word of ASCII"
        raise RefreshFailed(f"{path} can't be read: {reason}") from None


def word(text: object) -> str:
    """As it goes into a header; raises ValueError for anything else."""
    if not isinstance(text, str) or not re.fullmatch("[!-~]+", text):
        raise ValueError
    return text


def hidden(text: str) -> str:
    secret_texts.add(text)
    return text


def without_query(url: str) -> str:
    return url.partition("?")[0]


def main() -> int:
    try:
        sys.stdout.write(f"{refresh()}\n")
    except RefreshFailed as failed:
        text = str(failed)
        for each in sorted(secret_texts, key=len, reverse=True):
            text = text.replace(each, "[secret]")
        sys.stderr.write(f"{text}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What is read of the texts that clients print, and of CloudTrail's records; each recogniser has a text."""

import json
from typing import Any

import pytest

from ops.why.recognisers import RECOGNISERS, Recogniser, Symptom
from ops.why.signals import NothingSaid, read_event, read_text
from tests.cases import case, cases

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = f"sha256:{'0a' * 32}"
_ARN = "arn:aws:ecr:us-east-1:111122223333:repository/team/app"
_SESSION = "arn:aws:sts::444455556666:assumed-role/reader/i-1"
_DENIED = f"User: {_SESSION} is not authorized to perform: ecr:BatchGetImage on resource: {_ARN}"
_DOCKER = "Error response from daemon: "
_OIDC = "Error: Could not assume role with OIDC: "
_CLI = "An error occurred (X) when calling the GetAuthorizationToken operation: "
TEXTS = (
    case("denied", f"denied: {_DENIED} because no identity-based policy allows the ecr:BatchGetImage action",
         Symptom.NOT_AUTHORIZED, {"repository": "team/app", "account": "111122223333", "region": "us-east-1",
                                  "principal": _SESSION, "lacking": "identity-based policy"}),
    case("denied explicitly", f"{_DENIED} with an explicit deny in a resource-based policy", Symptom.NOT_AUTHORIZED,
         {"denying": "resource-based policy"}),
    case("function", "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
         Symptom.NOT_AUTHORIZED, {"service": "lambda.amazonaws.com"}),
    case("token expired", "denied: Your authorization token has expired. Reauthenticate and try again.",
         Symptom.TOKEN_EXPIRED, {}),
    case("token invalid", "denied: Your Authorization Token is invalid.", Symptom.TOKEN_INVALID, {}),
    case("tag", "ERROR: tag invalid: The image tag 'v1' already exists in the 'team/app' repository and cannot be "
         "overwritten because the tag is immutable.", Symptom.TAG_IMMUTABLE,
         {"reference": "v1", "repository": "team/app"}),
    case("layers", f"Layers with digests '[{DIGEST}]' required for pushing image into repository with name 'team/app' "
         "in the registry with id '111122223333' do not exist", Symptom.LAYER_MISSING, {"repository": "team/app"}),
    case("image by ECR", "The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the "
         "repository with name 'team/app' in the registry with id '111122223333'", Symptom.IMAGE_MISSING,
         {"reference": "v1", "account": "111122223333"}),
    case("repository by ECR", "name unknown: The repository with name 'team/ap' does not exist in the registry with id "
         "'111122223333'", Symptom.REPOSITORY_MISSING, {"repository": "team/ap"}),
    case("manifest", "unsupported: Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON'",
         Symptom.MANIFEST_REFUSED, {}),
    case("quota", f"{_CLI}The image has 1000 tags already", Symptom.QUOTA, {}),
    case("throttled", "toomanyrequests: Rate exceeded", Symptom.THROTTLED, {}),
    case("secret", "UnableToDecryptSecretValueException: of the pull through cache", Symptom.SECRET_UNUSABLE, {}),
    case("upstream", "UnableToGetUpstreamImageException: forbidden", Symptom.UPSTREAM_REFUSED, {}),
    case("trust", f"{_OIDC}Not authorized to perform sts:AssumeRoleWithWebIdentity", Symptom.NOT_TRUSTED, {}),
    case("provider", f"{_OIDC}No OpenIDConnect provider found in your account for https://x", Symptom.NO_PROVIDER, {}),
    case("audience", f"{_OIDC}Incorrect token audience", Symptom.AUDIENCE_WRONG, {}),
    case("token of yesterday", f"{_OIDC}Token expired: current date/time 1 must be before 0",
         Symptom.ID_TOKEN_EXPIRED, {}),
    case("token", f"{_OIDC}Couldn't retrieve verification key from your identity provider",
         Symptom.ID_TOKEN_INVALID, {}),
    case("session", f"{_OIDC}The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
         Symptom.SESSION_TOO_LONG, {}),
    case("arn", f"{_OIDC}Request ARN is invalid", Symptom.ROLE_ARN_INVALID, {}),
    case("expired", f"{_CLI}The security token included in the request is expired", Symptom.CREDENTIALS_EXPIRED, {}),
    case("unknown", f"{_CLI}The security token included in the request is invalid.", Symptom.CREDENTIALS_UNKNOWN, {}),
    case("clock", f"{_CLI}Signature not yet current: 1", Symptom.CLOCK_WRONG, {}),
    case("signature", f"{_CLI}The request signature we calculated does not match the signature you provided.",
         Symptom.SIGNATURE_WRONG, {}),
    case("key", "KmsException: arn:aws:kms:us-east-1:111122223333:key/1 is disabled", Symptom.KEY_UNUSABLE, {}),
    case("permission", f"{_DOCKER}Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable",
         Symptom.NO_ID_TOKEN, {}),
    case("credentials", "Credentials could not be loaded: Could not load credentials from any providers",
         Symptom.NO_CREDENTIALS, {}),
    case("format", "invalid reference format: repository name (Team/App) must be lowercase",
         Symptom.IMAGE_NAME_INVALID, {}),
    case("platform", f"{HOST}/team/app:v1: no matching manifest for linux/arm64/v8 in the manifest list entries",
         Symptom.PLATFORM_MISSING, {"platform": "linux/arm64/v8", "reference": "v1"}),
    case("machine", "exec /app: exec format error", Symptom.PLATFORM_WRONG, {}),
    case("dns", "dial tcp: lookup 1.dkr.ecr.us-east1.amazonaws.com on 10.0.0.2:53: no such host",
         Symptom.HOST_UNKNOWN, {"host": "1.dkr.ecr.us-east1.amazonaws.com"}),
    case("network", f'{_DOCKER}Get "https://{HOST}/v2/": dial tcp 10.0.0.1:443: i/o timeout', Symptom.NETWORK, {}),
    case("admission", "ValidatingAdmissionPolicy 'images' with binding 'images' denied request: not from",
         Symptom.NOT_ADMITTED, {}),
    case("no login", f'{_DOCKER}Get "https://{HOST}/v2/team/app/manifests/v1": no basic auth credentials',
         Symptom.NOT_LOGGED_IN, {"host": HOST, "repository": "team/app", "reference": "v1"}),
    case("no login in a pod", f'Failed to pull image "{HOST}/team/app@{DIGEST}": pulling from host {HOST} failed with '
         f"status code [manifests {DIGEST}]: 401 Unauthorized", Symptom.NOT_LOGGED_IN, {"reference": DIGEST}),
    case("forbidden", f"unexpected status from HEAD request to https://{HOST}/v2/team/app/manifests/v1: 403 Forbidden",
         Symptom.FORBIDDEN, {"repository": "team/app"}),
    case("hub", f"{_DOCKER}pull access denied for team/app, repository does not exist or may require 'docker login': "
         "denied: requested access to the resource is denied", Symptom.NO_REGISTRY,
         {"host": None, "repository": "team/app"}),
    case("repository", f"The push refers to repository [{HOST}/team/ap]\nname unknown: no such",
         Symptom.REPOSITORY_MISSING, {"repository": "team/ap", "pushes": True}),
    case("image", f"manifest for {HOST}/team/app:v1 not found: manifest unknown: Requested image not found",
         Symptom.IMAGE_MISSING, {"reference": "v1"}),
    case("image in a pod", f'failed to resolve reference "{HOST}/team/app:v1": {HOST}/team/app:v1: not found',
         Symptom.IMAGE_MISSING, {"reference": "v1"}),
    case("pull secret", "Unable to retrieve some image pull secrets (ecr-pull); attempting to pull the image may not",
         Symptom.NO_PULL_SECRET, {"secret": "ecr-pull"}),
)  # fmt: skip


@cases("text, symptom, facts", *TEXTS)
def test_a_text_is_recognised(text: str, symptom: Symptom, facts: dict[str, Any]) -> None:
    signal = read_text(f"some line before\n{text}\nsome line after\n")
    assert signal.symptom is symptom
    assert {name: getattr(signal, name) for name in facts} == facts


def _first(text: str) -> Recogniser:
    return next(each for each in RECOGNISERS if each.pattern.search(text))


def test_each_recogniser_has_a_text() -> None:
    used = {_first(str(each.values[0])).pattern.pattern for each in TEXTS}
    assert used == {each.pattern.pattern for each in RECOGNISERS}
    assert all(each.seen_in.startswith("https://") for each in RECOGNISERS)


def test_a_login_elsewhere_is_no_image() -> None:
    lines = f"aws ecr get-login-password --region eu-west-1 | docker login --password-stdin {HOST}\n"
    signal = read_text(f"{lines}docker pull 2.example/x\nno basic auth credentials")
    assert (signal.login, signal.host) == ("eu-west-1", "2.example")


_TRUST_EVENT = {
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRoleWithWebIdentity",
    "awsRegion": "us-east-1",
    "errorCode": "AccessDenied",
    "errorMessage": "An unknown error occurred",
    "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/r", "roleSessionName": "GitHubActions"},
    "userIdentity": {
        "type": "WebIdentityUser",
        "userName": "repo:acme/app:ref:refs/heads/main",
        "identityProvider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    },
}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html, whose denials have no reason."""


def test_an_event_of_sts_has_the_claims() -> None:
    signal = read_event(json.dumps({"CloudTrailEvent": json.dumps(_TRUST_EVENT)}))
    assert (signal.symptom, signal.role) == (Symptom.NOT_TRUSTED, "arn:aws:iam::111122223333:role/r")
    assert signal.claims == {"sub": "repo:acme/app:ref:refs/heads/main"}


@cases(
    "text, said",
    case("no JSON", "{", "is not JSON"),
    case("allowed", json.dumps({"eventName": "BatchGetImage"}), "the call was allowed"),
    case("a list", "[]", "no errorCode"),
    case("another error", json.dumps({"errorCode": "NoSuchBucket", "eventSource": "s3.amazonaws.com"}), "no refusal"),
)
def test_an_event_that_says_nothing(text: str, said: str) -> None:
    with pytest.raises(NothingSaid, match=said):
        read_event(text)

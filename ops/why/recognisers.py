"""What clients print when a registry, or what is before it, refuses them: each text with where it was seen."""

import re
from dataclasses import dataclass
from enum import StrEnum


class ClientWords(StrEnum):
    """Whose words a text is in."""

    ECR = "Amazon ECR, whose words every client passes on"
    STS = "AWS STS, KMS and signatures, by the AWS CLI or an SDK"
    GITHUB = "GitHub's step that takes AWS credentials"
    DOCKER = "docker, buildx"
    KUBELET = "containerd and the kubelet"


class Symptom(StrEnum):
    """What a text says; the cause is decided by the settings."""

    NO_ID_TOKEN = "no-id-token"  # noqa: S105  it is no password
    NO_CREDENTIALS = "no-credentials"
    CREDENTIALS_EXPIRED = "credentials-expired"
    CREDENTIALS_UNKNOWN = "credentials-unknown"
    CLOCK_WRONG = "clock-wrong"
    SIGNATURE_WRONG = "signature-wrong"
    NO_PROVIDER = "no-provider"
    AUDIENCE_WRONG = "audience-wrong"
    ID_TOKEN_EXPIRED = "id-token-expired"  # noqa: S105  it is no password
    ID_TOKEN_INVALID = "id-token-invalid"  # noqa: S105  it is no password
    SESSION_TOO_LONG = "session-too-long"
    ROLE_ARN_INVALID = "role-arn-invalid"
    NOT_TRUSTED = "not-trusted"
    NOT_LOGGED_IN = "not-logged-in"
    TOKEN_EXPIRED = "token-expired"  # noqa: S105  it is no password
    TOKEN_INVALID = "token-invalid"  # noqa: S105  it is no password
    NOT_AUTHORIZED = "not-authorized"
    FORBIDDEN = "forbidden"
    REPOSITORY_MISSING = "repository-missing"
    IMAGE_MISSING = "image-missing"
    TAG_IMMUTABLE = "tag-immutable"
    LAYER_MISSING = "layer-missing"
    MANIFEST_REFUSED = "manifest-refused"
    QUOTA = "quota"
    THROTTLED = "throttled"
    UPSTREAM_REFUSED = "upstream-refused"
    SECRET_UNUSABLE = "secret-unusable"  # noqa: S105  it is no password
    KEY_UNUSABLE = "key-unusable"
    PLATFORM_MISSING = "platform-missing"
    PLATFORM_WRONG = "platform-wrong"
    NETWORK = "network"
    HOST_UNKNOWN = "host-unknown"
    NO_REGISTRY = "no-registry"
    IMAGE_NAME_INVALID = "image-name-invalid"
    NOT_ADMITTED = "not-admitted"
    NO_PULL_SECRET = "no-pull-secret"  # noqa: S105  it is no password


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One text of a client; groups of the pattern are facts of the call."""

    client: ClientWords
    symptom: Symptom
    pattern: re.Pattern[str]
    seen_in: str


_ISSUES = "https://github.com/"
_ECR_GUIDE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/"
_ECR_API = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/"
_STS_API = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"
_IAM_DENIED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
_OF_REGISTRY = r"in the registry with id '(?P<account>[0-9]{12})'"


def _text(client: ClientWords, symptom: Symptom, pattern: str, seen_in: str) -> Recogniser:
    return Recogniser(client, symptom, re.compile(pattern, re.IGNORECASE), seen_in)


RECOGNISERS = (
    # What names a reason comes before what any refusal says, and the words of a service before those of its client.
    _text(
        ClientWords.ECR,
        Symptom.NOT_AUTHORIZED,
        r"User: (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
        r"(?: on resource: (?P<resource>[^\s,]+))?"
        r"(?: because no (?P<lacking>[\w -]+?) allows the | with an explicit deny in an? (?P<denying>[\w -]+))?",
        _IAM_DENIED,
    ),
    _text(
        ClientWords.ECR,
        Symptom.NOT_AUTHORIZED,
        r"(?P<service>Lambda) does not have permission to access the ECR image",
        "https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",
    ),
    _text(
        ClientWords.ECR, Symptom.TOKEN_EXPIRED, r"Your authorization token has expired",
        f"{_ISSUES}awslabs/amazon-ecr-credential-helper/issues/286",
    ),
    _text(
        ClientWords.ECR, Symptom.TOKEN_INVALID, r"Your authorization token is invalid",
        f"{_ISSUES}apple/containerization/pull/711",
    ),
    _text(
        ClientWords.ECR, Symptom.TAG_IMMUTABLE,
        r"image tag '(?P<reference>[^']+)' already exists in the '(?P<repository>[^']+)' repository and cannot be",
        f"{_ISSUES}osscontainertools/kaniko/pull/204",
    ),
    _text(
        ClientWords.ECR, Symptom.LAYER_MISSING,
        rf"(?:Layers|Images) with digests .* required for pushing image into repository with name "
        rf"'(?P<repository>[^']+)' {_OF_REGISTRY}",
        f"{_ECR_API}API_PutImage.html",
    ),
    _text(
        ClientWords.ECR, Symptom.IMAGE_MISSING,
        r"image with imageId \{?(?P<image>.*?)\}? does not exist within the repository with name "
        rf"'(?P<repository>[^']+)' {_OF_REGISTRY}",
        f"{_ECR_API}API_BatchGetImage.html",
    ),
    _text(
        ClientWords.ECR, Symptom.REPOSITORY_MISSING,
        rf"repository with name '(?P<repository>[^']+)' does not exist {_OF_REGISTRY}",
        f"{_ISSUES}actions/starter-workflows/issues/2647",
    ),
    _text(
        ClientWords.ECR, Symptom.MANIFEST_REFUSED, r"Invalid parameter at 'ImageManifest'",
        f"{_ISSUES}chainguard-dev/apko/issues/450",
    ),
    _text(
        ClientWords.ECR, Symptom.QUOTA, r"LimitExceededException|has (?P<limit>[0-9,]+) (?:tags|images) already",
        f"{_ECR_GUIDE}service-quotas.html",
    ),
    _text(
        ClientWords.ECR, Symptom.THROTTLED, r"toomanyrequests|Rate exceeded|ThrottlingException",
        f"{_ECR_GUIDE}common-errors.html",
    ),
    _text(
        ClientWords.ECR, Symptom.SECRET_UNUSABLE,
        r"SecretNotFoundException|UnableTo(?:Access|Decrypt)Secret|The secret '[^']*' |secret must be a JSON object",
        f"{_ECR_GUIDE}error-pullthroughcache.html",
    ),
    _text(
        ClientWords.ECR, Symptom.UPSTREAM_REFUSED,
        r"UnableToGetUpstream|does not authorize |can't be reached: |answers (?:401|403|429|5[0-9]{2}) for",
        f"{_ECR_GUIDE}error-pullthroughcache.html",
    ),
    _text(
        ClientWords.STS, Symptom.NOT_TRUSTED, r"Not authorized to perform:? (?P<action>sts:AssumeRoleWithWebIdentity)",
        f"{_ISSUES}aws-actions/configure-aws-credentials/issues/318",
    ),
    _text(ClientWords.STS, Symptom.NO_PROVIDER, r"No OpenIDConnect provider found in your account", _STS_API),
    _text(ClientWords.STS, Symptom.AUDIENCE_WRONG, r"Incorrect token audience", _STS_API),
    _text(ClientWords.STS, Symptom.ID_TOKEN_EXPIRED, r"Token expired: current date/time", _STS_API),
    _text(
        ClientWords.STS, Symptom.ID_TOKEN_INVALID,
        r"InvalidIdentityToken|Couldn't retrieve verification key|is not a valid JWT", _STS_API,
    ),
    _text(
        ClientWords.STS, Symptom.SESSION_TOO_LONG, r"DurationSeconds exceeds the MaxSessionDuration",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html",
    ),
    _text(
        ClientWords.STS, Symptom.ROLE_ARN_INVALID, r"Request ARN is invalid",
        f"{_ISSUES}aws-actions/configure-aws-credentials/issues/282",
    ),
    _text(
        ClientWords.STS, Symptom.CREDENTIALS_EXPIRED, r"security token included in the request is expired",
        "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html",
    ),
    _text(
        ClientWords.STS, Symptom.CREDENTIALS_UNKNOWN,
        r"security token included in the request is invalid|InvalidClientTokenId|UnrecognizedClientException",
        "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html",
    ),
    _text(
        ClientWords.STS, Symptom.CLOCK_WRONG, r"Signature (?:expired|not yet current)",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html",
    ),
    _text(
        ClientWords.STS, Symptom.SIGNATURE_WRONG, r"request signature we calculated does not match",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html",
    ),
    _text(
        ClientWords.STS, Symptom.KEY_UNUSABLE,
        r"KmsException|KMSInvalidStateException|key/[\w-]+ is (?:disabled|pending deletion)",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
    ),
    _text(
        ClientWords.GITHUB, Symptom.NO_ID_TOKEN,
        r"Unable to get ACTIONS_ID_TOKEN_REQUEST_URL|Did you mean to set the .id-token. permission",
        f"{_ISSUES}aws/jsii-compiler/pull/1059",
    ),
    _text(
        ClientWords.GITHUB, Symptom.NO_CREDENTIALS,
        r"Could not load credentials from any providers|Unable to locate credentials",
        f"{_ISSUES}aws-actions/configure-aws-credentials/issues/271",
    ),
    _text(
        ClientWords.DOCKER, Symptom.IMAGE_NAME_INVALID, r"invalid reference format",
        f"{_ISSUES}distribution/reference/blob/main/reference.go",
    ),
    _text(
        ClientWords.DOCKER, Symptom.PLATFORM_MISSING,
        r"no match(?:ing manifest)? for (?P<platform>[\w/]+/[\w/]+)|no match for platform in manifest",
        f"{_ISSUES}moby/moby/issues/39201",
    ),
    _text(
        ClientWords.DOCKER, Symptom.PLATFORM_WRONG,
        r"exec format error|image's platform \((?P<platform>[\w/]+)\) does not match",
        f"{_ISSUES}docker/cli/pull/7158",
    ),
    _text(
        ClientWords.DOCKER, Symptom.HOST_UNKNOWN,
        r"no such host|server misbehaving|could not resolve host|name or service not known",
        "https://pkg.go.dev/net#DNSError",
    ),
    _text(
        ClientWords.DOCKER, Symptom.NETWORK,
        r"i/o timeout|connection refused|TLS handshake timeout|Client\.Timeout exceeded|no route to host",
        f"{_ECR_GUIDE}vpc-endpoints.html",
    ),
    _text(
        ClientWords.KUBELET, Symptom.NOT_ADMITTED,
        r"ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '[^']+' denied request",
        "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
    ),
    _text(
        ClientWords.KUBELET, Symptom.FORBIDDEN, r"403 Forbidden|AccessDeniedException|\bAccessDenied\b",
        f"{_ISSUES}aws/containers-roadmap/issues/1614",
    ),
    _text(
        ClientWords.DOCKER, Symptom.REPOSITORY_MISSING, r"name unknown|NAME_UNKNOWN|RepositoryNotFoundException",
        f"{_ISSUES}aws/containers-roadmap/issues/1970",
    ),
    _text(
        ClientWords.DOCKER, Symptom.IMAGE_MISSING, r"manifest unknown|MANIFEST_UNKNOWN|Requested image not found",
        f"{_ECR_GUIDE}error-pullthroughcache.html",
    ),
    _text(
        ClientWords.KUBELET, Symptom.IMAGE_MISSING, r"failed to resolve (?:reference|image)\b.*: not found",
        f"{_ISSUES}containerd/containerd/blob/main/core/remotes/docker/resolver.go",
    ),
    # What a pod lacks without its secret; with another reason, that one counts.
    _text(
        ClientWords.KUBELET, Symptom.NO_PULL_SECRET,
        r"Unable to retrieve some image pull secrets \((?P<secret>[^)]+)\)",
        f"{_ISSUES}kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go",
    ),
    _text(
        ClientWords.DOCKER, Symptom.NOT_LOGGED_IN, r"no basic auth credentials|401(?: Unauthorized)?: Not Authorized",
        f"{_ISSUES}kubernetes/kops/issues/16762",
    ),
    _text(
        ClientWords.KUBELET, Symptom.NOT_LOGGED_IN, r"401 Unauthorized",
        f"{_ISSUES}kubernetes-sigs/aws-load-balancer-controller/issues/3527",
    ),
    _text(
        ClientWords.DOCKER, Symptom.NO_REGISTRY,
        r"access to the resource is denied|insufficient_scope|"
        r"pull access denied for (?P<image>[\w./-]+), repository does not exist",
        f"{_ISSUES}docker-archive/compose-cli/issues/853",
    ),
)  # fmt: skip

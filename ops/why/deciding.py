"""The first thing in the way of a call: from its host to the image, each step by what the stack declares."""

from collections.abc import Callable, Mapping

from domain.ecr.names import private_registry
from domain.ecr.upstreams import UPSTREAMS
from domain.wording import listed
from ops.why.by_policies import by_policies, cache_pull
from ops.why.finding import Obstacle, obstacle
from ops.why.missing_images import missing_image, missing_repository, taken_tag
from ops.why.recognisers import ClientWords, Symptom
from ops.why.refused_call import RefusedCall
from ops.why.signals import NothingSaid
from ops.why.untrusted import untrusted
from review.access.matrix import Access

_LIMITS = {
    "service control policy": ("service-control-policy", "ask who administers the organization"),
    "resource control policy": ("service-control-policy", "ask who administers the organization"),
    "VPC endpoint policy": ("endpoint-policy", "ask who administers the VPC: its endpoints' policies have to allow it"),
    "session policy": ("session-policy", "assume the role without a session policy, or with one that allows it"),
}
_SAID: Mapping[Symptom, tuple[str, str]] = {
    Symptom.NETWORK: (
        "network",
        "let the network reach {host}, and S3 for the layers: a private subnet needs endpoints for both",
    ),
    Symptom.IMAGE_NAME_INVALID: ("image-name-invalid", "write {host}/NAME:TAG, the name in lower case"),
    Symptom.NO_ID_TOKEN: ("no-id-token-permission", "give the job `permissions: {{id-token: write, contents: read}}`"),
    Symptom.NO_CREDENTIALS: (
        "no-aws-credentials",
        "give a job `permissions: {{id-token: write}}` and `role-to-assume`; elsewhere log in: aws sso login",
    ),
    Symptom.CREDENTIALS_EXPIRED: ("credentials-expired", "take new ones: run the step, or `aws sso login`, again"),
    Symptom.CREDENTIALS_UNKNOWN: (
        "credentials-unknown",
        "give key, secret and session token of one set: an access key that begins with ASIA needs its token",
    ),
    Symptom.SIGNATURE_WRONG: ("signature-wrong", "give the secret of that access key, with no blank at its end"),
    Symptom.CLOCK_WRONG: ("clock-wrong", "set the machine's clock: AWS takes a difference of five minutes at most"),
    Symptom.ROLE_ARN_INVALID: (
        "role-arn-invalid",
        "write role-to-assume: arn:aws:iam::{account}:role/{project}/{stack}/NAME; a variable of it may be empty",
    ),
    Symptom.NO_PROVIDER: (
        "no-identity-provider",
        "deploy bootstrap/account.yaml in the role's account; for a cluster with the parameter ClusterIssuers",
    ),
    Symptom.AUDIENCE_WRONG: ("audience-wrong", "ask for a token for sts.amazonaws.com, the step's default audience"),
    Symptom.ID_TOKEN_EXPIRED: ("id-token-expired", "ask for the token when it is needed: it lives for five minutes"),
    Symptom.ID_TOKEN_INVALID: ("id-token-invalid", "send the token that GitHub or the cluster made, unchanged"),
    Symptom.TOKEN_EXPIRED: ("token-expired", "log in again, or let a credential helper do it: docker login {host}"),
    Symptom.LAYER_MISSING: ("layer-missing", "push the image again, with all of its layers, by one client"),
    Symptom.MANIFEST_REFUSED: ("manifest-refused", "push OCI or Docker schema 2 manifests: docker buildx build --push"),
    Symptom.THROTTLED: ("throttled", "try again later and with fewer clients at once; the quotas can be raised"),
    Symptom.SECRET_UNUSABLE: (
        "cache-secret-unusable",
        "put username and accessToken as JSON into the secret, in the cache's account and region",
    ),
    Symptom.PLATFORM_MISSING: ("platform-missing", "build for it, too: docker buildx build --platform A,B"),
    Symptom.PLATFORM_WRONG: ("platform-wrong", "build for the machine's platform, or pull with --platform"),
}  # fmt: skip
"""What follows from the text alone, with the fix."""


def first_obstacle(call: RefusedCall) -> Obstacle:
    """The first one of all steps; raises NothingSaid where none is found."""
    for step in _STEPS:
        if finding := step(call):
            return finding
    if not (call.signal.action or "ecr:").startswith("ecr:"):
        raise NothingSaid(f"{call.signal.action} is no call to Amazon ECR, and the stack's settings say nothing of it")
    if call.signal.symptom in (Symptom.NOT_AUTHORIZED, Symptom.FORBIDDEN):
        raise NothingSaid(
            "the text does not say who called, or which repository (give --repository, and --claims or --event: the "
            "CloudTrail event names the principal)"
        )
    raise NothingSaid(f"{call.signal.words!r}: nothing in the stack {call.settings.stack} explains it")


def _host(call: RefusedCall) -> Obstacle | None:
    signal, home = call.signal, call.settings.home
    host, name = signal.host, call.repository or "NAME"
    right = f"write {home.host}/{name}"
    if signal.symptom is Symptom.NO_REGISTRY and not host:
        return obstacle("image-without-registry", f"the image is {name}", right)
    if signal.symptom is Symptom.HOST_UNKNOWN:
        return obstacle("host-unknown", f"{host} is not known to DNS", right)
    if host is not None and private_registry(host) is None and signal.symptom is not Symptom.NOT_ADMITTED:
        return obstacle("host-not-ecr", f"{host} is not the address of a private registry of Amazon ECR", right)
    return None


def _registry(call: RefusedCall) -> Obstacle | None:
    account, region = call.place
    registries, stack = call.settings.all_registries, call.settings.stack
    if call.registry is None and account not in {None, *(each.account for each in registries)}:
        for other in call.other_stacks:
            if call.account_of(other) == account:
                fix = f"write {call.settings.home.host}, or ask with --stack {other}"
                return obstacle("registry-of-other-stack", f"{account} is the account of the stack {other}", fix)
        return obstacle("other-account", f"{account} is not an account of {stack}", f"write {call.settings.home.host}")
    if call.registry is None:
        hosts = listed(each.host for each in registries)
        return obstacle(
            "other-region", f"{region} has no registry of {stack}", f"write {hosts}", call.in_stack("replicas")
        )
    return None


def _replica(call: RefusedCall) -> Obstacle | None:
    home, registry = call.settings.home.host, call.registry
    if registry is None or registry.home:
        return None
    if call.access is Access.PUSH and call.signal.symptom not in _BEFORE_POLICIES:
        return obstacle("push-to-replica", f"{registry.region} has a replica", f"push to {home}")
    if call.entry and call.entry.name not in {each.name for each in call.settings.copies(registry)}:
        because = f"the replica has only {listed(registry.prefixes)}"
        return obstacle("replica-without-repository", because, f"pull from {home}", call.in_stack("replicas"))
    return None


def _said(call: RefusedCall) -> Obstacle | None:
    cause, fix = _SAID.get(call.signal.symptom, ("", ""))
    if not cause:
        return None
    home = call.settings.home
    facts = {"host": call.signal.host or home.host, "account": home.account, "project": call.settings.project}
    return obstacle(cause, call.signal.words, fix.format(**facts, stack=call.settings.stack))


def _session(call: RefusedCall) -> Obstacle | None:
    if call.signal.symptom is Symptom.SESSION_TOO_LONG:
        hours = call.settings.role_options.session_hours
        fix = f"ask for {hours * 3600:,} seconds at most: role-duration-seconds"
        return obstacle(
            "session-too-long", f"roles of the stack have sessions of {hours} h", fix, call.in_stack("roles")
        )
    if call.signal.action == "sts:AssumeRoleWithWebIdentity":
        return untrusted(call)
    if (call.signal.action or "").startswith("sts:"):
        because = f"{call.signal.principal} asked for {call.signal.role}"
        return obstacle(
            "role-not-trusted", because, "assume a role that is for you: make access prints who assumes which"
        )
    return None


def _login(call: RefusedCall) -> Obstacle | None:
    signal, host = call.signal, call.signal.host or call.settings.home.host
    if signal.symptom not in (Symptom.NOT_LOGGED_IN, Symptom.TOKEN_INVALID):
        return None
    region = call.place[1] or call.settings.home.region
    fix = f"aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {host}"
    if signal.login and signal.login not in (host, region):
        return obstacle("logged-in-elsewhere", f"the login is for {signal.login}, and the image at {host}", fix)
    if signal.symptom is Symptom.TOKEN_INVALID:
        return obstacle("token-invalid", signal.words, f"{fix}; the user is AWS, and a token is of one region")
    if signal.client is ClientWords.KUBELET or "rpc error" in signal.words:
        fix = "give the pod's service account the pull secret, or the nodes the role that pulls: docs/clusters.md"
    return obstacle("not-logged-in", f"no login for {host}", fix)


def _limits(call: RefusedCall) -> Obstacle | None:
    """What no one but people beyond the project sees, or changes."""
    kind = call.signal.denying or call.signal.lacking or ""
    for words, (cause, fix) in _LIMITS.items():
        if words.lower() in kind.lower():
            return obstacle(cause, call.signal.words, fix)
    return None


def _key(call: RefusedCall) -> Obstacle | None:
    signal = call.signal
    of_key = (signal.action or "").startswith("kms:")
    if not of_key and signal.symptom is not Symptom.KEY_UNUSABLE:
        return None
    if of_key and signal.symptom is Symptom.NOT_AUTHORIZED:
        fix = "let the key's policy and the principal's policies allow it: the stack's own keys are for Amazon ECR"
        return obstacle("key-not-granted", signal.words, fix)
    fix = "enable the key, or cancel its deletion: aws kms enable-key, aws kms cancel-key-deletion"
    return obstacle("key-not-usable", signal.words, fix)


def _upstream(call: RefusedCall) -> Obstacle | None:
    signal = call.signal
    place = call.cache_place if call.cache else None
    if signal.symptom is Symptom.UPSTREAM_REFUSED:
        fix = "look at the credentials of the cache, and at the upstream's limits; a cached image stays pullable"
        return obstacle("cache-upstream-refuses", signal.words, fix, place)
    if call.cache is None or signal.symptom not in (Symptom.REPOSITORY_MISSING, Symptom.IMAGE_MISSING):
        return None
    if call.answer is not None and not call.answer.permission:
        return cache_pull(call, str(call.answer))
    if signal.symptom is Symptom.REPOSITORY_MISSING and call.caller is None:
        return cache_pull(call, f"{signal.words}; ECR says so of a pull that may not import")
    because = f"{call.cache.rule.upstream_url} has no {call.repository}:{signal.reference or ''}".rstrip(":")
    return obstacle(
        "cache-upstream-missing", because, "look for the image at the upstream; its name there may differ", place
    )


def _images(call: RefusedCall) -> Obstacle | None:
    signal = call.signal
    match signal.symptom:
        case Symptom.REPOSITORY_MISSING:
            first = str(call.repository).partition("/")[0]
            if call.entry is None and first in {each.name for each in UPSTREAMS}:
                because = f"{first} is an upstream, and no cache of the stack"
                return obstacle("cache-not-declared", because, f"declare a cache {first}", call.in_stack("caches"))
            return missing_repository(call)
        case Symptom.IMAGE_MISSING:
            return missing_repository(call) if call.entry is None and call.repository else missing_image(call)
        case Symptom.TAG_IMMUTABLE:
            return taken_tag(call)
        case Symptom.QUOTA:
            fix = "let a rule of retention expire what is not needed, or ask AWS for a higher quota"
            return obstacle(
                "quota", signal.words, fix, call.in_catalog("repositories", str(call.repository), "retention")
            )
    return None


def _cluster(call: RefusedCall) -> Obstacle | None:
    signal = call.signal
    if signal.symptom is Symptom.NOT_ADMITTED:
        fix = "name an image of the registries, by its digest or by a tag that can't move"
        return obstacle("image-not-admitted", signal.words, fix, call.in_stack("clusters"))
    if signal.symptom is Symptom.NO_PULL_SECRET:
        fix = "declare the namespace in the cluster's namespaces, or wait for the refresher's first job"
        return obstacle("pull-secret-missing", f"the secret is {signal.secret}", fix, call.in_stack("clusters"))
    return None


_BEFORE_POLICIES = frozenset(
    {*_SAID, Symptom.SESSION_TOO_LONG, Symptom.NOT_TRUSTED, Symptom.NOT_LOGGED_IN, Symptom.TOKEN_INVALID}
)
_STEPS: tuple[Callable[[RefusedCall], Obstacle | None], ...] = (
    _host, _registry, _replica, _said, _session, _login, _limits, _key, by_policies, _upstream, _images, _cluster,
)  # fmt: skip

"""The pull secret that the External Secrets Operator keeps: https://external-secrets.io/latest/api/generator/ecr/"""

from collections.abc import Mapping, Sequence

from domain.document_text import to_json_text
from domain.ecr.names import private_registry
from domain.kubernetes.objects import DOCKER_CONFIG, DOCKER_CONFIG_TYPE, KubernetesObject, Manifest, manifest
from domain.kubernetes.service_accounts import ROLE_ANNOTATION

EXPIRES_AT = "container-registry/expires-at"
"""The annotation of a pull secret that has the end of its first token."""
_GENERATORS, _GENERATOR = "generators.external-secrets.io/v1alpha1", "ECRAuthorizationToken"
_WAIT = {"pulumi.com/waitFor": "condition=Ready"}
"""So that a deployment ends only when the secret is there."""


def external_secret_objects(
    namespace: str, *, secret: str, hosts: Sequence[str], interval: str, account: str, role_arn: str | None
) -> tuple[tuple[KubernetesObject, ...], ...]:
    """A generator for each region, then the secret that is made of their tokens: a token counts in one region.

    The operator gets the tokens with the role of the service account `account`, without one as itself.
    """
    regions = {host: registry.region for host in hosts if (registry := private_registry(host)) is not None}
    accounts = []
    if role_arn is not None:
        annotations = {ROLE_ANNOTATION: role_arn}
        declared = manifest("v1", "ServiceAccount", account, namespace, annotations=annotations)
        accounts.append(KubernetesObject(manifest=declared, part=account))
    named, each_once = account if accounts else None, tuple(dict.fromkeys(regions.values()))
    generators = [_generator(region, namespace, named) for region in each_once]
    spec = {
        "refreshPolicy": "Periodic",
        "refreshInterval": interval,
        "target": {"name": secret, "creationPolicy": "Owner", "template": _template(regions)},
        "dataFrom": [_token_of(region) for region in each_once],
    }
    kept = manifest("external-secrets.io/v1", "ExternalSecret", secret, namespace, annotations=_WAIT, spec=spec)
    return (*accounts, *generators), (KubernetesObject(manifest=kept),)


def _generator(region: str, namespace: str, account: str | None) -> KubernetesObject:
    spec: Manifest = {"region": region}
    if account is not None:
        spec["auth"] = {"jwt": {"serviceAccountRef": {"name": account}}}
    return KubernetesObject(
        manifest=manifest(_GENERATORS, _GENERATOR, _generator_name(region), namespace, spec=spec), part=region
    )


def _token_of(region: str) -> Manifest:
    """The generator's answer, its keys with the region before them: `password` of several regions would be one."""
    generator = {"apiVersion": _GENERATORS, "kind": _GENERATOR, "name": _generator_name(region)}
    rewrite = {"regexp": {"source": "(.*)", "target": f"{_prefix(region)}_$1"}}
    return {"sourceRef": {"generatorRef": generator}, "rewrite": [rewrite]}


def _template(regions: Mapping[str, str]) -> Manifest:
    """The hosts are written: a token's answer names the registry of the account that asks for it."""
    auths = {
        host: {name: f"{{{{ .{_prefix(region)}_{name} }}}}" for name in ("username", "password")}
        for host, region in regions.items()
    }
    first = next(iter(regions.values()))
    return {
        "type": DOCKER_CONFIG_TYPE,
        "engineVersion": "v2",
        "metadata": {"annotations": {EXPIRES_AT: f"{{{{ .{_prefix(first)}_expires_at }}}}"}},
        "data": {DOCKER_CONFIG: to_json_text({"auths": auths})},
    }


def _generator_name(region: str) -> str:
    return f"ecr-{region}"


def _prefix(region: str) -> str:
    """A region as the name of a variable."""
    return region.replace("-", "_")

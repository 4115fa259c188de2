"""The refresher writes a secret that logs in and pulls: by IRSA and by EKS Pod Identity, at the local cloud."""

import ast
import base64
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from components.cluster_pull import refresh
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.cluster_issuer import POD_IDENTITY_AUDIENCE, ClusterIssuer
from localcloud.pod_identity import PodIdentityAssociation
from oci.client import Client, Refused
from oci.image import image
from rehearsal.proofs.harness.principals import login
from tests.cases import cases
from tests.components.cluster_pull.conftest import CREDENTIALS, EXPIRES, HOST, PASSWORD, Pod, Services, ecr_answer
from tests.components.cluster_pull.servers import NAMESPACE, SECRET, Answer, Scripted, serving
from tests.conftest import ROOT

REGION, OTHER_REGION = "us-east-1", "eu-west-1"
ACCOUNTS = (f"4600000{number:05}" for number in count())
SERVICE_ACCOUNT = "ecr-refresher"


@dataclass(frozen=True)
class Cluster:
    """An account with a cluster, whose refresher has a role that pulls two accounts' images, in two regions."""

    cloud: LocalCloud
    clients: Clients
    issuer: ClusterIssuer
    account: str
    other: str
    role: str

    @property
    def hosts(self) -> dict[str, tuple[str, str]]:
        """Those of the registries, with account and region."""
        where = ((self.account, REGION), (self.other, REGION), (self.account, OTHER_REGION))
        return {f"{account}.dkr.ecr.{region}.amazonaws.com": (account, region) for account, region in where}

    def by_irsa(self, pod: Pod, **more: Any) -> None:
        token = self.issuer.token(NAMESPACE, SERVICE_ACCOUNT, **more)
        pod.environment |= {"AWS_ROLE_ARN": self.role, "AWS_WEB_IDENTITY_TOKEN_FILE": pod.write("web-token", token)}
        self._at_the_cloud(pod)

    def by_pod_identity(self, pod: Pod) -> None:
        token = self.issuer.token(NAMESPACE, SERVICE_ACCOUNT, audience=POD_IDENTITY_AUDIENCE)
        association = PodIdentityAssociation(
            cluster=f"arn:aws:eks:{REGION}:{self.account}:cluster/prod", issuer=self.issuer.url, namespace=NAMESPACE,
            service_account=SERVICE_ACCOUNT, role=self.role,
        )  # fmt: skip
        pod.environment |= {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.cloud.associate(association),
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": pod.write("pod-identity-token", token),
        }
        self._at_the_cloud(pod)

    def _at_the_cloud(self, pod: Pod) -> None:
        names = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECR")
        pod.environment |= dict.fromkeys(names, self.cloud.endpoint) | {"REGISTRIES": " ".join(self.hosts)}

    def push(self, account: str, region: str) -> str:
        """An image of the account; its digest."""
        ecr = self.clients.root("ecr", region, account)
        ecr.create_repository(repositoryName="app")
        statement = {"Effect": "Allow", "Principal": {"AWS": self.role}, "Action": PULL_ACTIONS}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        ecr.set_repository_policy(repositoryName="app", policyText=text)
        host, password = login(self.clients, account, region)
        with Client.on_loopback(host, password) as client:
            return client.push("app", image(f"{account}{region}"), "v1")

    def pulled(self, entry: dict[str, str], account: str, region: str) -> str:
        """What the entry of the secret pulls at the registry."""
        assert base64.b64decode(entry["auth"]).decode() == f"{entry['username']}:{entry['password']}"
        host, _ = login(self.clients, account, region)
        with Client.on_loopback(host, entry["password"]) as client:
            return client.pull("app", "v1").digest


@pytest.fixture
def cluster(cloud: LocalCloud) -> Iterator[Cluster]:
    with Clients(cloud.endpoint) as clients:
        yield made_cluster(cloud, clients)


def made_cluster(cloud: LocalCloud, clients: Clients) -> Cluster:
    account, other = next(ACCOUNTS), next(ACCOUNTS)
    issuer = ClusterIssuer(f"https://oidc.eks.{REGION}.amazonaws.com/id/{account}")
    cloud.add_issuer(issuer.url, issuer)
    key = issuer.url.removeprefix("https://")
    irsa = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{key}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{key}:sub": f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}",
                f"{key}:aud": "sts.amazonaws.com",
            }
        },
    }
    pods = {"Service": "pods.eks.amazonaws.com"}
    pod_identity = {"Effect": "Allow", "Principal": pods, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    allowed = [
        {"Effect": "Allow", "Action": LOGIN_ACTION, "Resource": "*"},
        {"Effect": "Allow", "Action": PULL_ACTIONS, "Resource": "arn:aws:ecr:*:*:repository/app"},
    ]
    iam = clients.root("iam", REGION, account)
    iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"])
    trust = json.dumps({"Version": "2012-10-17", "Statement": [irsa, pod_identity]})
    role = iam.create_role(RoleName="pull", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="pull", PolicyName="pull", PolicyDocument=document)
    return Cluster(cloud, clients, issuer, account, other, role)


@cases("way", Cluster.by_irsa, Cluster.by_pod_identity)
def test_the_secret_pulls_from_every_registry(cluster: Cluster, pod: Pod, way: Callable[[Cluster, Pod], None]) -> None:
    digests = {host: cluster.push(*where) for host, where in cluster.hosts.items()}
    way(cluster, pod)
    ended = pod.run_process()
    assert (ended.code, ended.err) == (0, "")
    assert list(pod.auths) == list(cluster.hosts)
    for host, where in cluster.hosts.items():
        assert pod.auths[host].keys() == {"username", "password", "auth"}
        assert cluster.pulled(pod.auths[host], *where) == digests[host]
    first, second, third = (pod.auths[host]["password"] for host in cluster.hosts)
    assert first == second != third
    with pytest.raises(Refused):
        cluster.pulled({"username": "AWS", "password": "x", "auth": "QVdTOng="}, cluster.account, REGION)


def test_the_secret_pulls_again_when_its_token_had_ended(pod: Pod) -> None:
    with LocalCloud() as cloud, Clients(cloud.endpoint) as clients:
        cluster = made_cluster(cloud, clients)
        (host, where), *_ = cluster.hosts.items()
        digest = cluster.push(*where)
        cluster.by_irsa(pod)
        assert pod.run().code == 0
        assert cluster.pulled(pod.auths[host], *where) == digest
        cloud.move_registry_clock(timedelta(hours=13))
        with pytest.raises(Refused, match="authorization token has expired"):
            cluster.pulled(pod.auths[host], *where)
        assert pod.run().code == 0
        assert cluster.pulled(pod.auths[host], *where) == digest


def test_the_line_says_which_registries_and_until_when(cluster: Cluster, pod: Pod) -> None:
    cluster.by_irsa(pod)
    out = pod.run().out
    found = re.fullmatch(rf"secret {NAMESPACE}/{SECRET}: (.+) until (\S+Z)\n", out)
    assert found is not None
    assert found[1].split(", ") == list(cluster.hosts)
    left = datetime.fromisoformat(found[2]) - datetime.now(UTC)
    assert timedelta(hours=11, minutes=58) < left <= timedelta(hours=12)
    assert pod.api.secrets[SECRET]["metadata"]["annotations"] == {"container-registry/expires-at": found[2]}


def test_an_expired_web_identity_is_refused(cluster: Cluster, pod: Pod) -> None:
    cluster.by_irsa(pod, at=datetime.now(UTC) - timedelta(hours=2))
    ended = pod.run()
    assert (ended.code, ended.out, pod.api.received) == (1, "", [])
    assert ended.err.startswith(f"POST {cluster.cloud.endpoint} answered 400 ExpiredTokenException: Token expired: ")


def test_another_service_account_is_refused(cluster: Cluster, pod: Pod) -> None:
    other = replace(cluster, role=f"{cluster.role}-of-another")
    other.by_irsa(pod)
    words = "answered 403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\n"
    assert pod.run().err == f"POST {cluster.cloud.endpoint} {words}"


def test_the_secret_is_applied_once_and_by_one_manager(pod: Pod, services: Services) -> None:
    assert pod.run().code == pod.run().code == 0
    first, second = pod.api.received
    assert first == second
    query = dict(parse_qsl(urlsplit(first.target).query))
    assert query == {"fieldManager": "ecr-pull-secret", "force": "true", "fieldValidation": "Strict"}
    secret = pod.api.secrets[SECRET]
    assert secret.keys() == {"apiVersion", "kind", "metadata", "type", "data"}
    assert (secret["apiVersion"], secret["kind"]) == ("v1", "Secret")
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert secret["metadata"] == {
        "name": SECRET,
        "namespace": NAMESPACE,
        "annotations": {"container-registry/expires-at": "2030-03-17T17:46:40Z"},
    }
    auth = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
    assert pod.auths == {HOST: {"username": "AWS", "password": PASSWORD, "auth": auth}}
    assert services.sts.received[0].headers.keys().isdisjoint({"authorization"})


def test_a_region_is_asked_once_and_the_first_token_to_end_counts(pod: Pod, services: Services) -> None:
    services.ecr.answers = [Answer(body=ecr_answer("of-us")), Answer(body=ecr_answer("of-eu", EXPIRES - 60))]
    hosts = [
        "111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "444455556666.dkr.ecr.us-east-1.amazonaws.com",
        "111122223333.dkr-ecr.eu-west-1.on.aws",
        "444455556666.dkr.ecr.eu-west-1.amazonaws.com",
        "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com",
    ]
    pod.environment["REGISTRIES"] = "  ".join([*hosts, hosts[0]])
    assert pod.run().code == 0
    scopes = [re.findall("Credential=ASIAEXAMPLE/[0-9]+/([^/]+)/ecr/", each.headers["authorization"]) for each in
              services.ecr.received]  # fmt: skip
    assert sorted(scopes) == [["eu-west-1"], ["us-east-1"]]
    passwords = dict(zip([scope for [scope] in scopes], ("of-us", "of-eu"), strict=True))
    assert {host: each["password"] for host, each in pod.auths.items()} == {
        host: passwords["eu-west-1" if "eu-west-1" in host else "us-east-1"] for host in hosts
    }
    assert pod.api.secrets[SECRET]["metadata"]["annotations"] == {
        "container-registry/expires-at": "2030-03-17T17:45:40Z"
    }


def test_the_endpoints_are_of_the_kind_of_each_regions_first_host(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    answers = {"sts": CREDENTIALS, "ecr": ecr_answer(), "127": ""}

    def send(method: str, url: str, *_: object) -> str:
        called.append(f"{method} {url.partition('?')[0]}")
        return answers["sts" if "//sts." in url else "ecr" if "ecr." in url else "127"]

    monkeypatch.setattr(refresh, "send", send)
    hosts = (
        "111122223333.dkr-ecr.us-east-1.on.aws",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
        "111122223333.dkr-ecr.eu-west-1.on.aws",
    )
    pod.environment |= {"REGISTRIES": " ".join(hosts), "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/pull"}
    pod.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = pod.write("web-token", "token")
    assert pod.run().code == 0
    first, *tokens, last = called
    assert first == "POST https://sts.us-east-1.api.aws/"
    assert sorted(tokens) == ["POST https://api.ecr.eu-west-1.amazonaws.com/", "POST https://ecr.us-east-1.api.aws/"]
    assert last == f"PATCH {pod.api.url}/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"


def test_irsa_comes_before_pod_identity(pod: Pod, services: Services) -> None:
    pod.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:1/never"
    assert pod.run().code == 0
    assert len(services.sts.received) == 1


class TestProxy:
    """HTTPS_PROXY is for AWS: what is in the cluster is called directly."""

    def test_aws_is_called_by_the_proxy(self, pod: Pod, services: Services) -> None:
        proxy = Scripted(services.sts.answers[0], services.ecr.answers[0])
        with serving(proxy):
            aws = {"AWS_ENDPOINT_URL_STS": "http://sts.example", "AWS_ENDPOINT_URL_ECR": "http://ecr.example"}
            pod.environment |= aws | {"http_proxy": proxy.url, "https_proxy": proxy.url}
            assert pod.run().code == 0
        assert [each.target for each in proxy.received] == ["http://sts.example", "http://ecr.example"]
        assert len(pod.api.received) == 1

    def test_the_agent_of_pod_identity_is_not(self, pod: Pod, services: Services) -> None:
        agent = Scripted(Answer(body=json.dumps({"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t"})))
        for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"):
            del pod.environment[name]
        with serving(agent):
            pod.environment |= {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": pod.write("pod-token", "the-token\n"),
                "http_proxy": "http://127.0.0.1:1",
                "no_proxy": services.ecr.url.removeprefix("http://"),
            }
            assert pod.run() == (0, pod.run().out, "")
        assert agent.received[0].headers["authorization"] == "the-token"


def test_it_needs_nothing_but_pythons_standard_library() -> None:
    tree = ast.parse(Path(refresh.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_the_program_never_imports_it() -> None:
    """Its text is what is declared; imported, it would bring an HTTP client into every preview."""
    folders = ("components", "settings", "resources", "render", "policies", "review", "rehearsal")
    files = [ROOT / "__main__.py", *(file for folder in folders for file in (ROOT / folder).rglob("*.py"))]
    found = {file for file in files if re.search(r"import refresh\b|cluster_pull\.refresh\b", file.read_text("utf-8"))}
    assert found == set()

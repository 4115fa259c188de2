"""The template as a whole: what CloudFormation takes, what must outlive it, and actions by their names."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from bootstrap.template import PATH, InvalidTemplate
from domain.iam.access import ANONYMOUS, Caller, Identity, Outcome, Request
from domain.iam.evaluate import evaluate
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, fill_in
from tests.cases import cases

ROLES = (PREVIEW, DEPLOY, DESTROY)
GITHUB = {"GitHubOwner": "acme", "GitHubRepository": "container-registry"}


@pytest.mark.parametrize("name", ["StateBucket", "StateBucketPolicy", "SecretsKey", "SecretsKeyAlias", "OidcProvider"])
def test_what_cannot_be_made_again_stays(template: dict[str, Any], name: str) -> None:
    resource = template["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_keeps_versions_and_is_closed(bootstrapped: Bootstrapped) -> None:
    bucket = bootstrapped.account.resources["StateBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert all(each["Status"] == "Enabled" for each in rules)
    # No rule may touch a current version: that is the state.
    assert not any({"ExpirationInDays", "ExpirationDate", "Transitions"} & set(each) for each in rules)
    (noncurrent,) = (each["NoncurrentVersionExpiration"] for each in rules if "NoncurrentVersionExpiration" in each)
    assert noncurrent["NoncurrentDays"] >= 30
    assert noncurrent["NewerNoncurrentVersions"] >= 20


@pytest.mark.parametrize("who", ["anonymous", "root", "administrator", "deploy"])
def test_the_bucket_refuses_plain_http(bootstrapped: Bootstrapped, who: str) -> None:
    account = bootstrapped.account
    callers = {
        "anonymous": Caller(identity=ANONYMOUS),
        "root": Caller(identity=Identity(arn=f"arn:aws:iam::{account.id}:root", account=account.id)),
        "administrator": account.session(PREVIEW, ADMINISTRATOR),
        "deploy": bootstrapped.deploy,
    }
    for resource in (account.bucket, f"{account.bucket}/.pulumi/stacks/container-registry/dev.json"):
        for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket"):
            for weak in ({"aws:SecureTransport": ("false",)}, {"s3:TlsVersion": ("1.1",)}):
                strong = {"aws:SecureTransport": ("true",), "s3:TlsVersion": ("1.2",)}
                request = Request(action=action, resource=resource, account=account.id, context={**strong, **weak})
                decision = evaluate(callers[who], request, [account.bucket_policy()])
                assert decision.outcome is Outcome.EXPLICIT_DENY
                assert decision.policy == "bucket"


def test_the_secrets_key_rotates_and_is_mourned_long(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    key = account.resources["SecretsKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    assert key["PendingWindowInDays"] == 30
    alias = account.resources["SecretsKeyAlias"]["Properties"]
    assert alias["AliasName"] != "alias/container-registry", "the program's own"
    assert account.outputs["SecretsProvider"] == f"awskms://{alias['AliasName']}?region=us-east-1"
    # The key's policy leaves it to the account, and allows no other principal.
    (statement,) = key["KeyPolicy"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{account.id}:root"}


def test_the_bootstraps_own_things_are_not_tagged_as_the_programs(bootstrapped: Bootstrapped) -> None:
    properties = [each["Properties"] for each in bootstrapped.account.resources.values()]
    tagged = [each["Tags"] for each in properties if "Tags" in each]
    assert len(tagged) == 5
    assert not any({"Key": "managed-by", "Value": "pulumi"} in tags for tags in tagged)


def test_names_and_outputs_are_those_of_the_stack(bootstrapped: Bootstrapped) -> None:
    account, stack = bootstrapped.account, bootstrapped.stack
    bucket = f"container-registry-{stack}-state-{account.id}"
    assert account.outputs == {
        "StateBucketName": bucket,
        "StateUrl": f"s3://{bucket}?region=us-east-1",
        "SecretsProvider": f"awskms://alias/container-registry-{stack}-secrets?region=us-east-1",
        "PreviewRoleArn": f"arn:aws:iam::{account.id}:role/container-registry-{stack}-preview",
        "DeployRoleArn": f"arn:aws:iam::{account.id}:role/container-registry-{stack}-deploy",
        "DestroyRoleArn": f"arn:aws:iam::{account.id}:role/container-registry-{stack}-destroy",
        "PermissionsBoundaryArn": f"arn:aws:iam::{account.id}:policy/container-registry-{stack}-boundary",
    }


def test_an_oidc_provider_that_exists_is_trusted_and_not_made(template: dict[str, Any]) -> None:
    made = fill_in(template, "111122223333", "us-east-1", **GITHUB)
    found = fill_in(template, "111122223333", "us-east-1", **GITHUB, CreateOidcProvider="false")
    assert "OidcProvider" in made.resources
    assert made.resources["OidcProvider"]["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]
    assert "OidcProvider" not in found.resources
    for role in ROLES:
        assert made.trust(role) == found.trust(role)


OIDC = "AWS::IAM::OIDCProvider"
EKS, EDGE = "oidc.eks.us-east-1.amazonaws.com/id/0A1B2C3D", "oidc.edge.acme.example"


def test_each_cluster_has_a_provider_that_stays(template: dict[str, Any]) -> None:
    account = fill_in(template, "111122223333", "us-east-1", **GITHUB, ClusterIssuers=f"{EKS},{EDGE}")
    made = {name: each for name, each in account.resources.items() if name.startswith("ClusterProvider")}
    assert {name: each["Properties"] for name, each in made.items()} == {
        "ClusterProvideroidceksuseast1amazonawscomid0A1B2C3D": {
            "Url": f"https://{EKS}",
            "ClientIdList": ["sts.amazonaws.com"],
        },
        "ClusterProvideroidcedgeacmeexample": {"Url": f"https://{EDGE}", "ClientIdList": ["sts.amazonaws.com"]},
    }
    for each in made.values():
        assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert len(account.of_type(OIDC)) == 3


@cases(
    "parameters, count",
    ({}, 1),
    ({"ClusterIssuers": ""}, 1),
    ({"ClusterIssuers": EDGE}, 2),
    ({"ClusterIssuers": EDGE, "CreateOidcProvider": "false"}, 1),
    ({"ClusterIssuers": EDGE, "HomeDeployRole": "arn:aws:iam::222233334444:role/container-registry-dev-deploy"}, 0),
)
def test_no_cluster_has_no_provider(template: dict[str, Any], parameters: dict[str, str], count: int) -> None:
    """CloudFormation makes a list of one empty text of the empty parameter, and runs the loop once."""
    account = fill_in(template, "111122223333", "us-east-1", **GITHUB, **parameters)
    assert len(account.of_type(OIDC)) == count


def test_the_roles_of_the_bootstrap_trust_no_cluster(template: dict[str, Any]) -> None:
    without, having = (
        fill_in(template, "111122223333", "us-east-1", **GITHUB, ClusterIssuers=each) for each in ("", f"{EKS},{EDGE}")
    )
    for role in ROLES:
        assert having.trust(role) == without.trust(role)
        assert having.documents(role) == without.documents(role)


def test_the_template_is_given_in_the_call() -> None:
    """Of 51,200 bytes at most: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert len(PATH.read_bytes()) <= 51_200


@pytest.mark.parametrize("length", ["shortest", "longest"])
def test_every_name_fits(template: dict[str, Any], length: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and IAM's quotas."""
    project, stack = ("a", "b") if length == "shortest" else ("a" * 23, "b" * 16)
    account = fill_in(template, "111122223333", "us-east-1", **GITHUB, Project=project, Stack=stack)
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", account.outputs["StateBucketName"])
    for role in ROLES:
        assert len(account.role_arn(role).rpartition("/")[2]) <= 64


def test_every_arn_is_of_the_regions_own_partition(template: dict[str, Any]) -> None:
    account = fill_in(template, "111122223333", "cn-north-1", **GITHUB)
    assert account.stack_id.startswith("arn:aws-cn:cloudformation:cn-north-1:111122223333:")
    assert "arn:aws:" not in repr(account)
    assert account.provider in str(account.resources["DeployRole"])
    assert account.boundary_arn == "arn:aws-cn:iam::111122223333:policy/container-registry-dev-boundary"


@cases(
    "parameters, message",
    ({}, "GitHubOwner has no default and was not given"),
    ({**GITHUB, "Stack": "Prod"}, "Stack: 'Prod' does not match"),
    ({**GITHUB, "EnhancedScanning": "yes"}, "EnhancedScanning: 'yes' is none of"),
    ({**GITHUB, "Stacks": "dev"}, r"the template has no parameters \['Stacks'\]"),
)
def test_parameters_are_held_to_the_template(
    template: dict[str, Any], parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidTemplate, match=message):
        fill_in(template, "111122223333", "us-east-1", **parameters)


def test_no_policy_is_too_long(template: dict[str, Any]) -> None:
    """A role's own policies have 10,240 characters in all, without white space; a managed one has 6,144, a
    trust policy 2,048; a role has ten managed ones. By default: more of the last two can be asked for.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    names = {"Project": "a" * 23, "Stack": "b" * 16, "Regions": "ap-northeast-1,us-east-1,eu-central-1,eu-west-1"}
    more = {
        "EnhancedScanning": "true",
        "ReplicaRoles": f"arn:aws:iam::444455556666:role/{'c' * 64}",
        "ReplicaDestroyRoles": f"arn:aws:iam::444455556666:role/{'c' * 64}",
        "TrailLogGroup": "d" * 512,
    }
    ids = {"GitHubOwnerId": "1" * 10, "GitHubRepositoryId": "2" * 10, "GitHubOwner": "o" * 39}
    environments = {f"{each}Environment": "e" * 100 for each in ("Deploy", "Destroy", "Preview", "Drift")}
    given = {"GitHubRepository": "r" * 100, **names, **more, **ids, **environments}
    for sandbox in ("false", "true"):
        account = fill_in(template, "111122223333", "us-east-1", **given, Sandbox=sandbox)
        for role in (each for each in ROLES if each in account.resources):
            properties = account.resources[role]["Properties"]
            assert sum(map(_length, account.documents(role).values())) <= 10_240
            assert len(properties["ManagedPolicyArns"]) <= 10
            # The template's trust policies are the longest by the names of GitHub.
            assert _length(properties["AssumeRolePolicyDocument"]) <= 2_048
        managed = [each for each in account.resources.values() if each["Type"] == "AWS::IAM::ManagedPolicy"]
        assert len(managed) == (6 if sandbox == "false" else 5)
        for each in managed:
            assert _length(each["Properties"]["PolicyDocument"]) <= 6_144


def _length(document: object) -> int:
    return len("".join(str(document).split()))


OF_ALL = ("kms:CreateKey", "cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm")
"""Asked of all resources, whatever the reference says: a key that is not made yet, and composite alarms ("scoped to *":
API_DescribeAlarms, API_PutCompositeAlarm)."""


def test_every_granted_action_exists_and_names_what_it_may_be_used_on(bootstrapped: Bootstrapped) -> None:
    """By AWS's service authorization reference: no wildcard action, and "*" only where the action has no resource.

    A statement may be about several services; each of its resources must fit every action of its own service."""
    seen = 0
    for role in ROLES:
        account = bootstrapped.account
        for action, resource in _grants((*account.documents(role).values(), *account.attached(role).values())):
            assert "*" not in action, f"{role}: {action}"
            formats = _formats(action)
            assert formats, f"{role}: there is no {action}"
            if action in OF_ALL:
                formats = {"*"}
            assert (resource == "*") == (formats == {"*"}), f"{role}: {action} on {resource}, which takes {formats}"
            if resource != "*":
                assert any(_fits(resource, each) for each in formats), f"{role}: {action} on {resource}"
            seen += 1
    assert seen > 100


def _grants(documents: Any) -> Iterator[tuple[str, str]]:
    for document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                assert {"NotAction", "NotResource"}.isdisjoint(statement)
                pairs = list(product(_list(statement["Action"]), _list(statement["Resource"])))
                if len(services := {action.partition(":")[0] for action, _ in pairs}) > 1:
                    pairs = [
                        (action, arn)
                        for action, arn in pairs
                        if arn == "*" or _service(arn) == action.partition(":")[0]
                    ]
                    assert {action.partition(":")[0] for action, _ in pairs} == services, statement["Sid"]
                    assert {arn for _, arn in pairs} == set(_list(statement["Resource"])), statement["Sid"]
                yield from pairs


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


def _formats(action: str) -> set[str]:
    """The ARNs that an action takes; "*" only where it takes none."""
    service, _, name = action.partition(":")
    data = get_action_data(service, name)
    formats = {each["resource_arn_format"] for each in data[service]} if data else set()
    return formats if formats == {"*"} else formats - {"*"}


def _fits(resource: str, template: str) -> bool:
    """Whether the ARN is of the kind: same service, and the same first word of the resource."""
    one, other = resource.split(":", 5), template.split(":", 5)
    kind = re.match(r"[a-z-]*", other[5])
    return one[2] == other[2] and (other[2] == "s3" or bool(kind and one[5].startswith(kind[0])))

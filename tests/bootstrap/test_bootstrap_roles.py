"""What the deploy role and the preview role may do: all that is asked of them, and nothing beyond."""

import re
from dataclasses import replace
from typing import Any

import pytest

from domain.iam.access import Caller, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from rehearsal.apply.applying import BUILT, NOT_BUILT
from rehearsal.apply.kubernetes import OPERATORS_OWN
from resources import TYPES
from tests.bootstrap.calls import NOT_LOOKED_AT, Asked
from tests.bootstrap.conftest import Bootstrapped, Full, granted, refused
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, fill_in
from tests.cases import cases
from tests.workflows.workflow import FOLDER


def test_a_record_has_every_type_that_is_declared(bootstrapped: Bootstrapped) -> None:
    assert {each.type for each in bootstrapped.resources} <= set(TYPES)
    assert set(TYPES) <= {*BUILT, *NOT_BUILT, *OPERATORS_OWN}


def test_the_rehearsal_was_heard(bootstrapped: Bootstrapped) -> None:
    heard = {call.action for call in bootstrapped.recorded}
    made = [each for token, each in TYPES.items() if token not in NOT_BUILT]
    assert {f"{each.service}:{name}" for each in made for name in each.creates} <= heard
    assert heard <= {f"{each.service}:{name}" for each in TYPES.values() for name in each.operations}
    assert len(bootstrapped.recorded) > len(bootstrapped.resources) / 2


def test_deploy_may_do_what_the_rehearsal_did(bootstrapped: Bootstrapped) -> None:
    asked = [each for call in bootstrapped.recorded for each in bootstrapped.world.asked(call)]
    assert refused(bootstrapped.deploy, asked) == []


def test_deploy_may_do_all_that_the_provider_does(bootstrapped: Bootstrapped) -> None:
    asked = [*bootstrapped.looks, *bootstrapped.changes]
    assert len({each.request.action for each in asked}) > 40
    assert refused(bootstrapped.deploy, asked) == []


def test_preview_may_read_all_that_is_compared_and_write_nothing(bootstrapped: Bootstrapped) -> None:
    looks = {(each.request.action, each.request.resource) for each in bootstrapped.looks}
    writes = [each for each in bootstrapped.changes if (each.request.action, each.request.resource) not in looks]
    assert len({each.request.action for each in writes}) > 20
    assert (refused(bootstrapped.preview, bootstrapped.looks), granted(bootstrapped.preview, writes)) == ([], [])


def test_destroy_may_do_all_that_a_deletion_takes(bootstrapped: Bootstrapped) -> None:
    assert refused(bootstrapped.session(DESTROY), bootstrapped.deletions) == []


@pytest.mark.parametrize("role", [DEPLOY, DESTROY, PREVIEW])
def test_nothing_is_granted_that_is_not_needed(bootstrapped: Bootstrapped, role: str) -> None:
    asked = [*bootstrapped.looks, *(bootstrapped.changes if role == DEPLOY else ())]
    asked = [*bootstrapped.deletions] if role == DESTROY else asked
    needed = {each.request.action for each in asked}
    account = bootstrapped.account
    documents = (*account.documents(role).values(), *account.attached(role).values())
    statements = [each for document in documents for each in document["Statement"] if each["Effect"] == "Allow"]
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert set(actions) <= needed, statement["Sid"]
    # And no statement could go. One request of each kind shows it as well as all of them.
    kinds = {(each.request.action, _kind(each.request), *each.request.context): each for each in asked}
    for statement in statements:
        without = _without(bootstrapped, role, statement["Sid"])
        concerned = [each for each in kinds.values() if each.request.action in statement["Action"]]
        assert refused(without, concerned), statement["Sid"]


def _kind(request: Request) -> str:
    """What it is about; of an object, a role that a service gets, or a log group whose lines are counted, which."""
    given = request.action.startswith("s3:") or request.action in ("iam:PassRole", "iam:CreateServiceLinkedRole")
    given = given or request.action.endswith(("MetricFilter", "MetricFilters"))
    return request.resource if given else request.resource.split(":", 5)[-1].partition("/")[0]


def _without(bootstrapped: Bootstrapped, role: str, sid: str) -> Caller:
    account = bootstrapped.account
    documents = {
        name: {**text, "Statement": [each for each in text["Statement"] if each["Sid"] != sid]}
        for name, text in {**account.documents(role), **account.attached(role)}.items()
    }
    policies = (Policy(name=name, document=parse(text)) for name, text in documents.items() if text["Statement"])
    return replace(bootstrapped.session(role), policies=tuple(policies))


@pytest.mark.parametrize("role", [DEPLOY, DESTROY, PREVIEW])
def test_no_other_region(bootstrapped: Bootstrapped, role: str) -> None:
    """Everything about registries and keys, asked in a region that is not the stack's."""
    elsewhere = "ap-south-1"

    def moved(asked: Asked) -> Asked:
        request = asked.request
        resource = re.sub("us-east-1|eu-west-1|ap-northeast-1", elsewhere, request.resource)
        context = {**request.context, "aws:RequestedRegion": (elsewhere,)}
        return replace(asked, request=replace(request, resource=resource, context=context))

    # Roles and buckets have no regions, and chat has others.
    asked = [
        moved(each)
        for each in (bootstrapped.deletions if role == DESTROY else (*bootstrapped.looks, *bootstrapped.changes))
        if not each.request.action.startswith(("iam:", "sts:", "s3:", "chatbot:"))
    ]
    assert granted(bootstrapped.session(role), asked) == []


@pytest.mark.parametrize("role", [DEPLOY, DESTROY, PREVIEW])
@cases(
    "action, path",
    ("GetObject", ".pulumi/stacks/container-registry/other.json"),
    ("GetObject", ".pulumi/stacks/other-project/dev.json"),
    ("PutObject", ".pulumi/stacks/container-registry/other.json"),
    ("PutObject", ".pulumi/meta.yaml"),
    ("PutObject", "anything"),
    ("DeleteObjectVersion", ".pulumi/stacks/container-registry/{stack}.json"),
    ("PutObjectAcl", ".pulumi/stacks/container-registry/{stack}.json"),
    ("DeleteBucket", ""), ("PutBucketPolicy", ""), ("PutBucketVersioning", ""), ("PutLifecycleConfiguration", ""),
)  # fmt: skip
def test_the_state_is_only_the_stacks_own(bootstrapped: Bootstrapped, role: str, action: str, path: str) -> None:
    account = bootstrapped.account
    name = path.format(stack=bootstrapped.stack)
    request = bootstrapped.request(f"s3:{action}", f"{account.bucket}/{name}" if name else account.bucket)
    assert not evaluate(bootstrapped.session(role), request, [account.bucket_policy()]).allowed


KEY = "arn:aws:kms:us-east-1:{id}:key/12345678-0000-4000-8000-000000000000"
OTHERS = {"aws:ResourceTag/project": "payments", "aws:ResourceTag/managed-by": "pulumi"}
OUR_PROJECT = {"aws:ResourceTag/project": "container-registry"}
FOR_ECR, VIA_ECR = {"kms:GrantIsForAWSResource": "true"}, {"kms:ViaService": "ecr.us-east-1.amazonaws.com"}
BECOMES_OURS = {"aws:RequestTag/project": "container-registry", "aws:RequestTag/managed-by": "pulumi"}


@cases(
    "action, context",
    ("PutKeyPolicy", {}),
    *((action, OTHERS) for action in ("PutKeyPolicy", "ScheduleKeyDeletion", "CreateAlias", "RetireGrant")),
    *((action, OTHERS) for action in ("DescribeKey", "GetKeyPolicy", "Decrypt", "DisableKey")),
    ("ScheduleKeyDeletion", OUR_PROJECT),
    ("DescribeKey", OUR_PROJECT),
    ("CreateGrant", {**OTHERS, **FOR_ECR}),
    ("CreateGrant", {**OTHERS, **VIA_ECR}),
    ("CreateGrant", {**OTHERS, **FOR_ECR, "kms:ViaService": "ec2.us-east-1.amazonaws.com"}),
    ("TagResource", {**OTHERS, **BECOMES_OURS, "kms:ResourceAliases": "alias/payments"}),
    ("TagResource", {**BECOMES_OURS, "aws:RequestTag/project": "payments"}),
)
@pytest.mark.parametrize("role", [DEPLOY, DESTROY, PREVIEW])
def test_the_keys_of_others_are_safe(
    bootstrapped: Bootstrapped, role: str, action: str, context: dict[str, str]
) -> None:
    account = bootstrapped.account
    here = {"aws:RequestedRegion": ("us-east-1",), **{key: (value,) for key, value in context.items()}}
    request = Request(action=f"kms:{action}", resource=KEY.format(id=account.id), account=account.id, context=here)
    # A key whose policy leaves it to the account, as most do.
    assert not evaluate(bootstrapped.session(role), request, [account.key_policy()]).allowed


OWN_TAGS = {"project": "container-registry", "managed-by": "pulumi"}


@cases(
    "action, name, tags",
    ("GetSecretValue", "ecr-pullthroughcache/others", {}),
    ("GetSecretValue", "ecr-pullthroughcache/others", {"project": "payments", "managed-by": "pulumi"}),
    ("GetSecretValue", "payments/database", OWN_TAGS),
    ("PutSecretValue", "ecr-pullthroughcache/robot", {"project": "container-registry"}),
    ("DeleteSecret", "ecr-pullthroughcache/robot", {"project": "container-registry"}),
    ("TagResource", "ecr-pullthroughcache/others", {"project": "payments", "managed-by": "pulumi"}),
    ("TagResource", "ecr-pullthroughcache/others", {"project": "container-registry", "managed-by": "hand"}),
    ("PutResourcePolicy", "ecr-pullthroughcache/docker-hub", OWN_TAGS),
    ("CreateSecret", "payments/database", {}),
)
@pytest.mark.parametrize("role", [DEPLOY, DESTROY, PREVIEW])
def test_others_secrets_are_safe(
    bootstrapped: Bootstrapped, role: str, action: str, name: str, tags: dict[str, str]
) -> None:
    account = bootstrapped.account
    given = {f"aws:RequestTag/{key}": (value,) for key, value in OWN_TAGS.items()}
    has = {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()}
    request = Request(
        action=f"secretsmanager:{action}",
        resource=f"arn:aws:secretsmanager:us-east-1:{account.id}:secret:{name}-a1b2c3",
        account=account.id,
        context={"aws:RequestedRegion": ("us-east-1",), **given, **has},
    )
    assert not evaluate(bootstrapped.session(role), request).allowed


def test_the_search_for_drift_leaves_out_what_preview_may_not_read(full: Full) -> None:
    """https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/, --exclude: `**` stands for anything."""
    (pattern,) = re.findall(r"--exclude '([^']+)'", (FOLDER / "drift.yml").read_text(encoding="utf-8"))
    fits = re.compile(re.escape(pattern).replace(r"\*\*", ".*"))
    assert {each.type for each in full.render.resources if fits.fullmatch(each.urn)} == {NOT_LOOKED_AT}


def test_deploy_moves_no_other_alias(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    for name in ("payments", "container-registry-2", f"container-registry-{bootstrapped.stack}-secrets"):
        for action in ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"):
            request = bootstrapped.request(action, f"arn:aws:kms:us-east-1:{account.id}:alias/{name}")
            assert not evaluate(bootstrapped.deploy, request).allowed


@pytest.mark.parametrize("tags", [{}, {"project": "container-registry"}, {"project": "x", "managed-by": "pulumi"}])
def test_deploy_makes_no_key_without_the_projects_tags(bootstrapped: Bootstrapped, tags: dict[str, str]) -> None:
    account = bootstrapped.account
    here = {"aws:RequestedRegion": ("us-east-1",), **{f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}}
    request = Request(action="kms:CreateKey", resource="*", account=account.id, context=here)
    assert not evaluate(bootstrapped.deploy, request).allowed


def test_inspector_is_switched_only_for_enhanced_scanning(bootstrapped: Bootstrapped, template: dict[str, Any]) -> None:
    account = bootstrapped.account
    basic = fill_in(template, account.id, "us-east-1", GitHubOwner="acme", GitHubRepository="any").session(DEPLOY)
    asked = {each.request.action for each in bootstrapped.changes}
    for action in (each for each in asked if each.startswith("inspector2:")):
        request = bootstrapped.request(action, "*")
        assert (evaluate(bootstrapped.deploy, request).allowed, evaluate(basic, request).allowed) == (True, False)

"""What exists before the program is applied: the bootstrap's part, and what only AWS has, which needs a stand-in."""

import json
from collections.abc import Iterator
from secrets import token_urlsafe

from botocore.exceptions import ClientError

from bootstrap import template
from domain.aws import Arn
from domain.document_text import to_json_text
from domain.ecr.cache import credentials
from domain.iam.access import Policy
from domain.iam.document import CURRENT_VERSION, parse
from domain.monitoring.subscribers import Protocol, Subscription
from localcloud.clients import Clients
from localcloud.iam_and_kms import IAM_REGION, KmsKey
from rehearsal.apply.applying import NotApplied
from settings import Settings, StackRegistry


def bootstrap(settings: Settings, clients: Clients) -> None:
    """Makes what the program only refers to: as bootstrap/account.yaml has it the roles' boundary and the providers of
    GitHub and of clusters, and for monitoring the trail's log group and the queues that subscribe.

    Raises NotApplied where the template does not take the stack, which then has no account to be applied to.
    """
    home = settings.home
    iam = clients.root("iam", IAM_REGION, home.account)
    try:
        made = template.for_stack(
            template.PATH, settings.project, settings.stack, home.account, home.region,
            ClusterIssuers=",".join(settings.cluster_issuers),
        )  # fmt: skip
        for provider in made.of_type("AWS::IAM::OIDCProvider"):
            iam.create_open_id_connect_provider(Url=provider["Url"], ClientIDList=provider["ClientIdList"])
        boundary = made.resources["PermissionsBoundary"]["Properties"]
        iam.create_policy(
            PolicyName=boundary["ManagedPolicyName"],
            Description=boundary["Description"],
            PolicyDocument=json.dumps(boundary["PolicyDocument"]),
        )
    except (template.InvalidTemplate, ClientError) as failed:
        raise NotApplied(f"bootstrap/account.yaml: {failed}") from failed
    for registry, name in _trails(settings):
        clients.root("logs", registry.region, registry.account).create_log_group(logGroupName=name)
    for arn in _queues(settings):
        make_queue(arn, settings, clients)


def make_queue(arn: Arn, settings: Settings, clients: Clients) -> None:
    """An empty one in place of a queue that subscribes."""
    sqs = clients.root("sqs", arn.region, arn.account)
    sqs.create_queue(QueueName=arn.resource, Attributes={"Policy": _from_topics(arn, settings)})


def keys(settings: Settings) -> list[KmsKey]:
    """One for each named key that a repository uses, which lets the stack's account hand it to Amazon ECR."""
    arns = {arn for each in settings.repositories for arn in each.key_arns.values()}
    return [_key(arn, parsed, settings.home.account) for arn in sorted(arns) if (parsed := Arn.parse(arn))]


def secrets(settings: Settings) -> dict[str, str]:
    """The stand-in for each secret that a cache names, by its ARN."""
    arns = {each.rule.credential_arn for each in settings.caches if each.rule.credential_arn}
    return {arn: to_json_text(credentials("rehearsal", token_urlsafe())) for arn in sorted(arns)}


def stand_ins(settings: Settings) -> list[str]:
    """For people: a proof about one of these is about its stand-in."""
    adopted = [each.name for each in settings.repositories if each.adopt]
    upstreams = {each.rule.upstream_url for each in settings.caches}
    return [
        *(f"key {key.arn} exists in AWS alone: replaced by one that Amazon ECR can use" for key in keys(settings)),
        *(f"secret {arn} exists in AWS alone: replaced by a generated login" for arn in secrets(settings)),
        *(f"log group {name} exists in AWS alone: an empty one was created before" for _, name in _trails(settings)),
        *(f"queue {arn} exists in AWS alone: an empty one was created before" for arn in _queues(settings)),
        *(f"endpoint {address} was replaced by an HTTP server on loopback" for address in _endpoints(settings)),
        *(f"upstream {url} was replaced by a registry on loopback" for url in sorted(upstreams)),
        *(f"repository {name} is adopted: an empty one was created before" for name in adopted),
    ]


def undelivered(settings: Settings) -> list[str]:
    """For people: who is subscribed, and gets nothing from a rehearsal. Chat is among what is not built."""
    addresses = sorted({each.endpoint for each in _subscriptions(settings) if each.protocol is Protocol.EMAIL})
    return [f"e-mail to {address}: declared, and no mail leaves a rehearsal" for address in addresses]


def _trails(settings: Settings) -> list[tuple[StackRegistry, str]]:
    found = settings.monitoring.items()
    return [(registry, each.trail_log_group) for registry, each in found if each.trail_log_group]


def _queues(settings: Settings) -> list[Arn]:
    arns = {each.endpoint for each in _subscriptions(settings) if each.protocol is Protocol.SQS}
    return [parsed for arn in sorted(arns) if (parsed := Arn.parse(arn))]


def _endpoints(settings: Settings) -> list[str]:
    found = {each for each in _subscriptions(settings) if each.protocol is Protocol.HTTPS}
    return sorted(f"of the secret {each.secret_key}" if each.secret else each.endpoint for each in found)


def _subscriptions(settings: Settings) -> Iterator[Subscription]:
    return (each for monitored in settings.monitoring.values() for each in monitored.subscriptions)


def _from_topics(queue: Arn, settings: Settings) -> str:
    """As its owner has to let them in, who is not this program."""
    topics = [each.names.topic_arn for each in settings.monitoring.values()]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": str(queue),
        "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
    }
    return to_json_text({"Version": CURRENT_VERSION, "Statement": [statement]})


def _key(arn: str, parsed: Arn, account: str) -> KmsKey:
    actions = ["kms:DescribeKey", "kms:CreateGrant"]
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": actions, "Resource": "*"}
    return KmsKey(
        arn=arn,
        account=parsed.account,
        region=parsed.region,
        enabled=True,
        usage="ENCRYPT_DECRYPT",
        spec="SYMMETRIC_DEFAULT",
        policy=Policy(name=arn, document=parse({"Version": CURRENT_VERSION, "Statement": statement})),
    )

"""Checks that no single field can make: of values against each other, and of what they compile to."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from domain.aws import REGIONS, Arn, RegistryId
from domain.document_text import to_json_text
from domain.ecr import replication, retention, scanning
from domain.ecr.lifecycle_grammar import validate
from domain.ecr.replication import Replica, replication_rules
from domain.ecr.repository import Encryption
from domain.ecr.tags import exclusion_filter_problems
from domain.iam.grants import registry_policy_problems
from domain.iam.limits import TRUST_TEXT_MAX
from domain.iam.roles import principals_trust
from domain.kms import GRANTS_PER_REPOSITORY, key_grants_problems
from domain.problems import Path, Problem, path_text
from settings.checks.cluster_entries import cluster_problems, pull_credential_problems
from settings.checks.self_hosted_entries import self_hosted_problems
from settings.declared.settings import Settings
from settings.declared.values import StackRegistry
from settings.written.catalog import EFFECTS, SELECTORS, TASKS, Pull, Push, RepositoryEntry, RetentionRule, domain_rule
from settings.written.fields import Model
from settings.written.stack import FREQUENCIES, AwsKeys, ReplicaEntry, StackKeys

Raw = Mapping[str, object]


def catalog_problems(raw: Raw) -> Iterator[Problem]:
    """What is wrong with the catalog as it is written, whatever the models say of its types."""
    checked: dict[str, list[Problem]] = {}
    for name, rules in _objects(raw, "retention"):
        yield from _under(retention_problems(rules, checked), "retention", name)
    for name, entry in _objects(raw, "repositories"):
        yield from _under(_entry_problems(entry, checked), "repositories", name)
    listed = dict(_objects(raw, "repositories"))
    for name, _ in _objects(raw, "removed"):
        if name in listed:
            message = "is still listed in repositories"
            yield Problem(("removed", name), name, message, "move the entry, don't copy it")


def _objects(raw: Raw, key: str) -> Iterator[tuple[str, object]]:
    value = raw.get(key)
    if isinstance(value, Mapping):
        yield from value.items()


def _under(problems: Iterable[Problem], *prefix: str | int) -> Iterator[Problem]:
    return (problem.under(*prefix) for problem in problems)


def _entry_problems(entry: object, checked: dict[str, list[Problem]]) -> Iterator[Problem]:
    if not isinstance(entry, Mapping):
        return
    yield from _under(retention_problems(entry.get("retention"), checked), "retention")
    filters = entry.get("mutable_tags")
    if isinstance(filters, list) and filters and all(isinstance(item, str) for item in filters):
        yield from _under(exclusion_filter_problems(filters), "mutable_tags")
    yield from _each(entry, "push", lambda push: exactly_one(push, ("refs", "environment"), "source of the push", Push))
    yield from _each(entry, "pull", _pull_problems)


def _each(entry: Raw, key: str, check: Callable[[Raw], Iterator[Problem]]) -> Iterator[Problem]:
    items = entry.get(key)
    if isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield from _under(check(item), key, index)


def exactly_one(item: Raw, keys: tuple[str, ...], of: str, model: type[Model]) -> Iterator[Problem]:
    """One of the keys; with a key that the model does not know, which is reported, none of them may be missing."""
    given = [key for key in keys if item.get(key) is not None]
    if len(given) > 1 or (not given and item.keys() <= model.model_fields.keys()):
        message = f"has {' and '.join(given)}" if given else f"has no {of}"
        yield Problem((), dict(item), message, f"write exactly one of {', '.join(keys)}")


PULLERS = ("account", "organization", "service", "cluster")
PULLER = "account, organization, service or cluster"


def _pull_problems(pull: Raw) -> Iterator[Problem]:
    together = pull.get("service") is not None and pull.get("account") is not None
    yield from exactly_one(pull, PULLERS[1:] if together else PULLERS, PULLER, Pull)
    if pull.get("service") == TASKS and pull.get("account") is not None:
        fix = "write {account: NAME, role: ROLE} with the role under which they run"
        yield Problem(("account",), pull["account"], "is another account, whose tasks pull with a role of its own", fix)
    if pull.get("role") is not None and (pull.get("account") is None or pull.get("service") is not None):
        yield Problem(("role",), pull["role"], "has no account", "write {account: NAME, role: ROLE}")
    yield from namespace_key_problems(pull)


def namespace_key_problems(pull: Raw) -> Iterator[Problem]:
    """A cluster and a namespace, or neither."""
    cluster, namespace = pull.get("cluster"), pull.get("namespace")
    if cluster is not None and namespace is None:
        yield Problem(("cluster",), cluster, "has no namespace", f"write {{cluster: {cluster}, namespace: NAME}}")
    elif namespace is not None and cluster is None:
        yield Problem(("namespace",), namespace, "has no cluster", f"write {{cluster: NAME, namespace: {namespace}}}")


def retention_problems(rules: object, checked: dict[str, list[Problem]]) -> Iterator[Problem]:
    """A list of rules, judged by the grammar of the document that it compiles to; equal lists are judged once."""
    if not isinstance(rules, list):
        return
    key = repr(rules)
    if key not in checked:
        checked[key] = list(_rules_problems(rules))
    yield from checked[key]


def _rules_problems(rules: list[object]) -> Iterator[Problem]:
    compiled: list[retention.Rule] = []
    origin: list[tuple[int, Raw]] = []
    for index, rule in enumerate(rules):
        if not isinstance(rule, Mapping):
            continue
        chosen = ((SELECTORS, "selector"), (EFFECTS, "effect"))
        problems = (each for keys, of in chosen for each in exactly_one(rule, keys, of, RetentionRule))
        yield from _under(problems, index)
        if typed := domain_rule(rule):
            compiled.append(typed)
            origin.append((index, rule))
    if not rules:
        yield Problem((), [], "is empty", "write a rule, or the name of a preset")
    elif compiled:
        for problem in validate(retention.compile_policy(compiled)):
            yield _as_written(problem, origin)


def _as_written(problem: Problem, origin: list[tuple[int, Raw]]) -> Problem:
    """The path inside the compiled document, turned into the path in the catalog."""
    if len(problem.path) < 2 or not isinstance(problem.path[1], int):  # noqa: PLR2004  "rules" and an index
        return Problem((), [rule for _, rule in origin], problem.message, problem.fix)
    index, rule = origin[problem.path[1]]
    path: Path = (index,)
    message, fix = problem.message, problem.fix
    match [part for part in problem.path[2:] if part not in ("selection", "action")]:
        case ["tagPatternList", *rest]:
            path = (index, "tag") if "tag" in rule else (index, "all_tags", *rest)
        case ["countNumber", *_]:
            path = (index, next(key for key in EFFECTS if key in rule))
        case ["description", *_]:
            path = (index, "description")
        case ["rulePriority"]:
            message, fix = "selects any image, and other rules of its storage class come after it", "move it below them"
        case ["tagStatus"]:
            message, fix = "selects what an earlier rule of its storage class selects", "join the two rules to one"
    return Problem(path, dict(rule) if path == (index,) else problem.value, message, fix)


def key_problems(
    entries: Iterable[tuple[str, RepositoryEntry]], keys: StackKeys, registries: Iterable[StackRegistry]
) -> Iterator[Problem]:
    """Named keys that are missing in a region of the stack's own account."""
    regions = [registry.region for registry in registries]
    for repository, entry in entries:
        if not isinstance(entry.encryption, str):
            name = entry.encryption.key
            for region in (each for each in regions if each not in keys.keys[name]):
                fix = f"add {region}: arn:aws:kms:{region}:… to keys: {name}"
                path = ("repositories", repository, "encryption", "key")
                yield Problem(path, name, f"has no key in {region}", fix)


def grant_problems(settings: Settings) -> Iterator[Problem]:
    """Keys of a registry for which Amazon ECR would make more grants than AWS KMS takes."""
    if len(settings.repositories) * GRANTS_PER_REPOSITORY <= settings.key_grants_max:
        return
    for registry in settings.all_registries:
        copies = (each for each in settings.copies(registry) if each.encryption is Encryption.CUSTOMER)
        for count in Counter(each.key_arn for each in copies).values():
            yield from _under(key_grants_problems(count, settings.key_grants_max, registry.name), "repositories")


def role_problems(entries: Iterable[tuple[str, RepositoryEntry]], accounts: Mapping[str, str]) -> Iterator[Problem]:
    """Roles that can't exist side by side: IAM distinguishes an account's roles by name alone, not by path or case."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for repository, entry in entries:
        for index, pull in enumerate(entry.pull):
            if pull.account is None or pull.role is None:
                continue
            path = ("repositories", repository, "pull", index, "role")
            account, name = accounts.get(pull.account, pull.account), pull.role.rpartition("/")[2]
            role, where = first.setdefault((account, name.lower()), (pull.role, path_text(path)))
            if role != pull.role:
                message = f"can't exist in account {account} beside {role!r} ({where}): a role's name is unique there"
                yield Problem(path, pull.role, f"{message}, whatever its path and case", "write the one that exists")


def stack_problems(keys: StackKeys, aws: AwsKeys) -> Iterator[tuple[str, Problem]]:
    """What is wrong between a stack's keys: the key, and the problem inside its value."""
    partition = REGIONS[aws.region].id
    found: dict[str, Iterable[Problem]] = {
        "scanning": _under(_scanning_problems(keys), "rules"),
        "registry_policy": registry_policy_problems(keys.registry_policy) if keys.registry_policy else (),
        "replicas": _replica_problems(keys, aws),
        "clusters": cluster_problems(keys, RegistryId(account=aws.account, region=aws.region)),
        "pull_credentials": pull_credential_problems(keys),
        "self_hosted": self_hosted_problems(keys),
        "keys": _key_arn_problems(keys),
        "pull_time_exclusions": _principal_problems(keys.pull_time_exclusions, partition),
        "roles": _under(_auditor_problems(keys.roles.auditors, partition), "auditors"),
    }
    return ((key, problem) for key, problems in found.items() for problem in problems)


def _scanning_problems(keys: StackKeys) -> Iterator[Problem]:
    """The domain's problems in the words that the stack's file has for a frequency."""
    for problem in scanning.scanning_problems(keys.scanning.scan_type, keys.scanning.scan_rules):
        message, fix, value = problem.message, problem.fix, problem.value
        for written, frequency in FREQUENCIES.items():
            message, fix = message.replace(frequency.value, written), fix.replace(frequency.value, written)
            value = written if value == frequency.value else value
        yield Problem(problem.path, value, message, fix)


def _key_arn_problems(keys: StackKeys) -> Iterator[Problem]:
    for name, arns in keys.keys.items():
        for region, text in arns.items():
            arn = Arn.parse(text)
            if arn and (arn.region, arn.partition) != (region, REGIONS[region].id):
                fix = f"write arn:{REGIONS[region].id}:kms:{region}:…: a key is regional"
                yield Problem((name, region), text, f"is not a key of {region}", fix)


def _principal_problems(arns: Sequence[str], partition: str) -> Iterator[Problem]:
    for index, text in enumerate(arns):
        arn = Arn.parse(text)
        if arn and arn.partition != partition:
            yield Problem((index,), text, f"is in partition {arn.partition}", f"write arn:{partition}:iam::…")
        if text in arns[:index]:
            yield Problem((index,), text, "appears twice", "remove the line")


def _auditor_problems(arns: Sequence[str], partition: str) -> Iterator[Problem]:
    yield from _principal_problems(arns, partition)
    length = len(to_json_text(principals_trust(arns)))
    if length > TRUST_TEXT_MAX:
        message = f"makes the auditor's trust policy {length:,} characters long, and IAM allows {TRUST_TEXT_MAX:,}"
        yield Problem((), arns, message, "name a role that they all assume")


def _replica_problems(keys: StackKeys, aws: AwsKeys) -> Iterator[Problem]:
    home = (aws.account, aws.region)
    seen = {home}
    roles: dict[str, str] = {}
    for index, replica in enumerate(keys.replicas):
        account = _account(replica, keys, aws)
        if replica.account and replica.account not in keys.accounts:
            fix = f'add it to accounts: {replica.account}: "…"'
            yield Problem((index, "account"), replica.account, "is not an account of this stack", fix)
        if (account, replica.region) in seen:
            message = "is the home region" if (account, replica.region) == home else "appears twice"
            yield Problem((index, "region"), replica.region, message, "remove the line")
        seen.add((account, replica.region))
        if REGIONS[replica.region] is not REGIONS[aws.region]:
            message = f"is in another partition than {aws.region}, and nothing replicates across partitions"
            yield Problem((index, "region"), replica.region, message, "give it a stack of its own")
        if replica.role and account == home[0]:
            yield Problem((index, "role"), replica.role, "is a role in the stack's own account", "remove it")
        if replica.role and roles.setdefault(account, replica.role) != replica.role:
            message = f"is another role than {roles[account]} in the same account, where one is assumed"
            yield Problem((index, "role"), replica.role, message, f"write {roles[account]}")
        if not replica.role and account != home[0]:
            fix = "name the role there that the deployment assumes: {region: …, account: …, role: ROLE}"
            yield Problem((index, "role"), None, "is missing", fix)
    yield from _replication_problems(keys, aws)


def _replication_problems(keys: StackKeys, aws: AwsKeys) -> Iterator[Problem]:
    """What all of them together make, whichever of them is at fault."""
    replicas = [
        Replica(registry=RegistryId(account=_account(each, keys, aws), region=each.region), prefixes=each.prefixes)
        for each in keys.replicas
        if not each.retire
    ]
    home = RegistryId(account=aws.account, region=aws.region)
    rules = replication_rules(replicas)
    for problem in replication.replication_problems(rules, source=home, by_provider=True):
        if not problem.path:
            yield problem


def _account(replica: ReplicaEntry, keys: StackKeys, aws: AwsKeys) -> str:
    return keys.accounts.get(replica.account, replica.account) if replica.account else aws.account

"""Who may do what, said by a repository and by a registry."""

from domain.iam.access import Policy
from domain.iam.document import Document, InvalidDocument, parse
from domain.iam.statement import Statement
from localcloud.ecr.authorize import may_under
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.state import Text

_TEXT = "PolicyText"
_OWN_PREFIX = "ecr:"


async def set_repository_policy(asked: Asked) -> Answer:
    repository = asked.repository
    given = checked(asked.given["policyText"], repository.name)
    if not asked.given.get("force", False) and not may_under(
        asked.call, "SetRepositoryPolicy", asked.registry, repository, given.policy
    ):
        why = "The policy would keep you from setting another one in the future; to set it none the less, use force"
        raise invalid_parameter(_TEXT, why)
    repository.policy = given
    return {**asked.ids(), "policyText": given.text}


async def get_repository_policy(asked: Asked) -> Answer:
    return {**asked.ids(), "policyText": _of_repository(asked).text}


async def delete_repository_policy(asked: Asked) -> Answer:
    policy = _of_repository(asked)
    asked.repository.policy = None
    return {**asked.ids(), "policyText": policy.text}


async def put_registry_policy(asked: Asked) -> Answer:
    text = asked.given["policyText"]
    document = _document(text, "registry")
    for statement in document.statements:
        if not _has_principal(statement):
            raise _invalid("registry", "each statement needs a Principal")
        if statement.resources is None and statement.not_resources is None:
            raise _invalid("registry", "each statement needs a Resource")
    asked.registry.policy = Text(text=text, policy=Policy(name="registry", document=document))
    return {"registryId": asked.registry.account, "policyText": text}


async def get_registry_policy(asked: Asked) -> Answer:
    return {"registryId": asked.registry.account, "policyText": _of_registry(asked).text}


async def delete_registry_policy(asked: Asked) -> Answer:
    policy = _of_registry(asked)
    asked.registry.policy = None
    return {"registryId": asked.registry.account, "policyText": policy.text}


def checked(text: str, name: str) -> Text:
    """The text as a repository's policy, under the name by which people know it; raises for what AWS refuses."""
    document = _document(text, "repository")
    if any(not _has_principal(each) for each in document.statements):
        raise _invalid("repository", "each statement needs a Principal")
    return Text(text=text, policy=Policy(name=name, document=document))


def _document(text: str, kind: str) -> Document:
    try:
        document = parse(text)
    except InvalidDocument as invalid:
        raise _invalid(kind, str(invalid)) from invalid
    for statement in document.statements:
        for action in statement.actions or statement.not_actions or ():
            if action.written != "*" and not action.folded.startswith(_OWN_PREFIX):
                raise _invalid(kind, f"{action.written} is not an action of Amazon ECR")
    return document


def _has_principal(statement: Statement) -> bool:
    return statement.principals is not None or statement.not_principals is not None


def _of_repository(asked: Asked) -> Text:
    policy = asked.repository.policy
    if policy is None:
        text = (
            f"Repository policy does not exist for the repository with name '{asked.name}' "
            f"in the registry with id '{asked.registry.account}'"
        )
        raise EcrError("RepositoryPolicyNotFoundException", text)
    return policy


def _of_registry(asked: Asked) -> Text:
    policy = asked.registry.policy
    if policy is None:
        text = f"Registry policy does not exist in the registry with id '{asked.registry.account}'"
        raise EcrError("RegistryPolicyNotFoundException", text)
    return policy


def _invalid(kind: str, why: str) -> EcrError:
    """AWS's words, and then ours: AWS never says what it dislikes."""
    return invalid_parameter(_TEXT, f"Invalid {kind} policy provided: {why}")

"""What Amazon ECR answers when it refuses, by the names of its API reference."""

from http import HTTPStatus


class EcrError(Exception):
    """One refusal: ECR's code for it, and its words."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def repository_not_found(name: str, account: str) -> EcrError:
    text = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
    return EcrError("RepositoryNotFoundException", text)


def invalid_parameter(parameter: str, why: str) -> EcrError:
    text = f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{why}'"
    return EcrError("InvalidParameterException", text)


def access_denied(reason: str) -> EcrError:
    return EcrError("AccessDeniedException", reason)

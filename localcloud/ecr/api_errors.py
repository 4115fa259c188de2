"""What Amazon ECR answers when it refuses: by its API reference, and as the distribution specification has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web


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


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    code: str


_ANSWERS: Mapping[str, _Answer] = {
    # ECR's own, with what its data plane makes of them: docs/conformance.md says where each was seen.
    "AccessDeniedException": _Answer(HTTPStatus.FORBIDDEN, "DENIED"),
    "EmptyUploadException": _Answer(HTTPStatus.BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
    "ExpiredToken": _Answer(HTTPStatus.FORBIDDEN, "DENIED"),
    "ImageDigestDoesNotMatchException": _Answer(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID"),
    "ImageNotFoundException": _Answer(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN"),
    "ImageReferencedByManifestList": _Answer(HTTPStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED"),
    "ImageTagAlreadyExistsException": _Answer(HTTPStatus.BAD_REQUEST, "TAG_INVALID"),
    "InvalidLayerException": _Answer(HTTPStatus.BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
    "InvalidParameterException": _Answer(HTTPStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED"),
    "InvalidToken": _Answer(HTTPStatus.BAD_REQUEST, "DENIED"),
    "LayersNotFoundException": _Answer(HTTPStatus.NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
    "LimitExceededException": _Answer(HTTPStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED"),
    "ReferencedImagesNotFoundException": _Answer(HTTPStatus.NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"),
    "RepositoryNotFoundException": _Answer(HTTPStatus.NOT_FOUND, "NAME_UNKNOWN"),
    # A client sees 403: https://docs.aws.amazon.com/AmazonECR/latest/userguide/error-pullthroughcache.html
    "UnableToGetUpstreamImageException": _Answer(HTTPStatus.FORBIDDEN, "DENIED"),
    "UnableToGetUpstreamLayerException": _Answer(HTTPStatus.FORBIDDEN, "DENIED"),
    "UploadNotFoundException": _Answer(HTTPStatus.NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
    # What only the data plane says, by the specification's own codes.
    "BLOB_UNKNOWN": _Answer(HTTPStatus.NOT_FOUND, "BLOB_UNKNOWN"),
    "BLOB_UPLOAD_INVALID": _Answer(HTTPStatus.BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
    "DIGEST_INVALID": _Answer(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID"),
    "MANIFEST_TOO_LARGE": _Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "MANIFEST_INVALID"),
    "NAME_INVALID": _Answer(HTTPStatus.BAD_REQUEST, "NAME_INVALID"),
    "PAGINATION_NUMBER_INVALID": _Answer(HTTPStatus.BAD_REQUEST, "PAGINATION_NUMBER_INVALID"),
    "RANGE_INVALID": _Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
    "SIZE_INVALID": _Answer(HTTPStatus.BAD_REQUEST, "SIZE_INVALID"),
    "UNSUPPORTED": _Answer(HTTPStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED"),
}


def error_response(error: EcrError) -> web.Response:
    answer = _ANSWERS.get(error.code, _Answer(HTTPStatus.BAD_REQUEST, "UNKNOWN"))
    return _body(answer, error.message)


def failure_response(why: str) -> web.Response:
    return _body(_Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "UNKNOWN"), why)


def challenge(host: str) -> web.Response:
    """ECR's challenge, and its body, which is not JSON."""
    challenge = f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'
    return web.Response(
        status=HTTPStatus.UNAUTHORIZED, text="Not Authorized\n", headers={"WWW-Authenticate": challenge}
    )


def _body(answer: _Answer, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": answer.code, "message": message}]}, status=answer.status)

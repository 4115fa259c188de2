"""Every call to Amazon ECR as its CloudTrail has it: those of the API, and the API's calls behind a request of `/v2/`.

A request that says no identity is no call. What `/v2/` has and the API has not, an upload that is looked at or given
up, counts as the action that it takes, UploadLayerPart."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web

from domain.aws import Arn, is_account_id
from domain.ecr.names import repository_arn
from domain.iam.access import Identity
from localcloud.calls import Call
from localcloud.ecr import image_routes, layer_routes
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.registry_request import RegistryRequest
from localcloud.ecr.registry_state import StoredImage
from localcloud.events.event import EventBus
from localcloud.events.trail import ApiCall, record

_ECR = "ecr"
_ITSELF = "ecr.amazonaws.com"
"""Address and agent of a call that `/v2/` makes: https://github.com/aws/containers-roadmap/issues/1634"""

Members = Mapping[str, Any]
Handler = Callable[[RegistryRequest], Awaitable[web.StreamResponse]]


def record_call(
    operation: str,
    parameters: Members,
    call: Call,
    bus: EventBus,
    *,
    answer: Members | None = None,
    error: EcrError | None = None,
) -> None:
    """One of the API; the parameters are as they came, whatever they are."""
    arn = Arn.parse(_text(parameters, "resourceArn"))
    listed = parameters.get("repositoryNames")
    names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    if name := _text(parameters, "repositoryName") or (arn.resource.partition("/")[2] if arn is not None else ""):
        names = [name]
    owner = arn.account if arn is not None else _text(parameters, "registryId")
    _record(
        bus,
        identity=call.caller.identity,
        account=owner if is_account_id(owner) else call.account,
        region=call.region,
        name=operation,
        repositories=names,
        parameters=lambda: parameters,
        answer=None if answer is None else lambda: answer,
        error=error,
        agent=call.agent,
    )


def record_request(
    handler: Handler,
    request: RegistryRequest,
    *,
    response: web.StreamResponse | None = None,
    error: EcrError | None = None,
) -> None:
    """The API's calls behind a request of `/v2/`: one that fails is the last, and has the error."""
    names = _names(handler, request, response)
    if error is not None:
        names = names[: _failed(names, error) + 1]
    about = {"registryId": request.registry.account, **({"repositoryName": request.name} if request.name else {})}
    for name in names:
        sent = {**about, **_MEMBERS[name](request)}
        parameters: Callable[[], Members] = partial(dict, sent)
        answer: Callable[[], Members] | None = None
        if name == "PutImage" and response is not None:
            digest = response.headers["Docker-Content-Digest"]
            image = request.registry.repository(request.name).images[digest]
            parameters, answer = partial(_put_image, sent, image), partial(_image_answer, sent, image)
        _record(
            request.services.events,
            identity=request.caller.identity,
            account=request.registry.account,
            region=request.registry.region,
            name=name,
            repositories=[request.name] if request.name else [],
            parameters=parameters,
            answer=answer,
            error=error if name == names[-1] else None,
            agent=_ITSELF,
            address=_ITSELF,
        )


def _record(
    bus: EventBus,
    *,
    identity: Identity,
    account: str,
    region: str,
    name: str,
    repositories: list[str],
    parameters: Callable[[], Members],
    answer: Callable[[], Members] | None,
    error: EcrError | None,
    agent: str | None,
    address: str = "127.0.0.1",
) -> None:
    call = ApiCall(
        service=_ECR,
        name=name,
        identity=identity,
        account=account,
        region=region,
        parameters=parameters,
        answer=answer,
        error=None if error is None else (error.code, error.message),
        resources=partial(_resources, account, region, repositories),
        agent=agent,
        address=address,
    )
    record(call, bus, datetime.now(UTC))


def _names(handler: Handler, request: RegistryRequest, response: web.StreamResponse | None) -> tuple[str, ...]:
    query = request.http.query
    if handler is layer_routes.start_upload:
        mounted = "mount" in query and response is not None and response.status == HTTPStatus.CREATED
        return _WHOLE_UPLOAD if "digest" in query else ("MountLayer",) if mounted else _WHOLE_UPLOAD[:1]
    if handler is layer_routes.end_upload:
        return _WHOLE_UPLOAD[1:] if request.http.body_exists else _WHOLE_UPLOAD[2:]
    return _CALLS.get(handler, ())


def _failed(names: tuple[str, ...], error: EcrError) -> int:
    """A denial names its action; everything else fails at the end."""
    denied = (index for index, name in enumerate(names) if f"ecr:{name} " in error.message)
    return next(denied, len(names) - 1)


def _resources(account: str, region: str, repositories: Sequence[str]) -> list[dict[str, str]]:
    return [{"accountId": account, "ARN": repository_arn(region, account, each)} for each in repositories]


def _put_image(sent: Members, image: StoredImage) -> Members:
    return {**sent, "imageManifest": image.manifest.decode(), "imageManifestMediaType": image.media_type}


def _image_answer(sent: Members, image: StoredImage) -> Members:
    """Of PutImage: all that was sent, and the image's names as one."""
    named = {"imageDigest": image.digest, **{name: sent[name] for name in ("imageTag",) if name in sent}}
    rest = {name: value for name, value in _put_image(sent, image).items() if name not in ("imageTag", "imageDigest")}
    return {"image": {**rest, "imageId": named}}


def _image_id(request: RegistryRequest) -> Members:
    return {"imageDigest" if ":" in request.reference else "imageTag": request.reference}


def _image_ids(request: RegistryRequest) -> Members:
    return {"imageIds": [_image_id(request)]}


def _upload(request: RegistryRequest) -> Members:
    return {"uploadId": request.reference} if request.reference else {}


def _text(parameters: Members, name: str) -> str:
    value = parameters.get(name)
    return value if isinstance(value, str) else ""


_WHOLE_UPLOAD = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
_CALLS: Mapping[Handler, tuple[str, ...]] = {
    layer_routes.append_part: ("UploadLayerPart",),
    layer_routes.upload_status: ("UploadLayerPart",),
    layer_routes.cancel_upload: ("UploadLayerPart",),
    layer_routes.get_blob: ("GetDownloadUrlForLayer",),
    layer_routes.head_blob: ("BatchCheckLayerAvailability",),
    image_routes.get_manifest: ("BatchGetImage",),
    image_routes.head_manifest: ("BatchGetImage",),
    image_routes.put_manifest: ("PutImage",),
    image_routes.delete_manifest: ("BatchDeleteImage",),
    image_routes.list_tags: ("ListImages",),
    image_routes.list_repositories: ("DescribeRepositories",),
    image_routes.list_referrers: ("ListImageReferrers",),
}
_MEMBERS: Mapping[str, Callable[[RegistryRequest], Members]] = {
    "BatchCheckLayerAvailability": lambda request: {"layerDigests": [request.reference]},
    "BatchDeleteImage": _image_ids,
    "BatchGetImage": lambda request: {
        **_image_ids(request),
        "acceptedMediaTypes": request.http.headers.getall("Accept", []),
    },
    "CompleteLayerUpload": lambda request: {
        **_upload(request),
        "layerDigests": request.http.query.getall("digest", []),
    },
    "DescribeRepositories": lambda _: {},
    "GetDownloadUrlForLayer": lambda request: {"layerDigest": request.reference},
    "InitiateLayerUpload": lambda _: {},
    "ListImageReferrers": lambda request: {"subjectId": {"imageDigest": request.reference}},
    "ListImages": lambda _: {},
    "MountLayer": lambda request: {"layerDigest": request.http.query["mount"]},
    "PutImage": _image_id,
    "UploadLayerPart": _upload,
}
"""What the request says of what each call would have been sent."""

"""The one address of the local cloud: ECR's calls and web identities go to our own, all else to the emulator."""

import json
import logging
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict

from domain.aws import Arn, is_account_id
from domain.iam.access import Caller, Identity
from localcloud.api_input import member_names
from localcloud.callers import Callers, root
from localcloud.calls import Call, ControlPlane
from localcloud.ecr.api_errors import EcrError
from localcloud.emulator import Emulator, EmulatorAnswer, EmulatorDied
from localcloud.events.event import EventBus
from localcloud.events.key_calls import KMS, record_key_call
from localcloud.iam_and_kms import IAM_REGION, Backend
from localcloud.protocols import error_answer, json_answer, signed_request, xml_answer
from localcloud.signature import NotSigned, Signature, signature_of, verify_signature
from localcloud.sts import WEB_IDENTITY, WHO, Sts, caller_identity
from localcloud.tagged_repositories import TAGGED, with_repositories

_LOG = logging.getLogger(__name__)
_LARGEST_BODY = 32 * 1024 * 1024
"""A manifest in PutImage has 4 MiB at most, and six times that where JSON escapes every character."""
_LARGEST_FORM = 1024 * 1024
_MOST_FIELDS = 10_000
"""The query protocol's own calls have a few hundred; parsing a form costs thirty times its size."""
_TARGET = "AmazonEC2ContainerRegistry_V20150921."
_ECR = "ecr"
_NOT_HERE = "ecr-public"
_FOR_PEOPLE = ("/", "/health")
_STS = "sts"
_SNS = "sns"
_BY_ARN = {"ConfirmSubscription": "TopicArn", "Unsubscribe": "SubscriptionArn"}
_UNSIGNED = frozenset({"AssumeRoleWithSAML", *_BY_ARN})
"""The actions whose proof is in their parameters."""
_EMULATORS_OWN = "/_ministack/"
_READS = ("Get", "List", "Describe")
_WRITE_ELSEWHERE = frozenset({"cloudformation", "cloudcontrolapi"})
"""Services that make what is remembered inside the emulator."""
_REMEMBERED = ("events", "iam", "kms", "logs", "sns", "sqs")
_SHARED = frozenset({"sns", "sqs"})


class Gateway:
    def __init__(
        self, emulator: Emulator, backend: Backend, callers: Callers, *, ecr: ControlPlane, sts: Sts, events: EventBus
    ) -> None:
        self._emulator = emulator
        self._backend = backend
        self._callers = callers
        self._ecr = ecr
        self._sts = sts
        self._events = events
        self.app = web.Application(client_max_size=_LARGEST_BODY)
        self.app.router.add_route("*", "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        """An error ends one request, and not the server."""
        try:
            return await self._answer(request)
        except (EcrError, NotSigned) as refused:
            return error_answer(request, refused.code, refused.message, refused.status)
        except EmulatorDied as died:
            return error_answer(request, "ServiceUnavailable", str(died), HTTPStatus.SERVICE_UNAVAILABLE)
        except ConnectionError as broken:
            return error_answer(request, "BadGateway", str(broken), HTTPStatus.BAD_GATEWAY)
        except web.HTTPRequestEntityTooLarge as large:
            return error_answer(request, "RequestEntityTooLarge", str(large.text), large.status)
        except Exception as error:  # noqa: BLE001 - one request's fault must not end the server
            _LOG.exception("%s %s failed", request.method, request.raw_path)
            return error_answer(
                request, "ServerException", f"{type(error).__name__}: {error}", HTTPStatus.INTERNAL_SERVER_ERROR
            )

    async def _answer(self, request: web.Request) -> web.Response:
        if not request.raw_path.startswith("/"):
            raise EcrError("MalformedHttpRequestException", "The request's target must be a path of this server.")
        signature = signature_of(request)
        if signature is None:
            return await self._unsigned(request)
        ours = request.headers.get("X-Amz-Target", "").startswith(_TARGET)
        if signature.service == _ECR and ours:
            return await self._own(request, signature)
        if signature.service in (_ECR, _NOT_HERE) or ours:
            raise _not_here(request, signature)
        return await self._passed_on(request, signature)

    async def _own(self, request: web.Request, signature: Signature) -> web.Response:
        body = await request.read()
        key = self._callers.key(signature.access_key)
        verify_signature(request, body, signature, key, datetime.now(UTC))
        assert key is not None  # noqa: S101 - proven
        operation = request.headers["X-Amz-Target"].removeprefix(_TARGET)
        caller = await self._callers.caller(key.identity)
        call = Call(caller=caller, region=signature.region, agent=request.headers.get("User-Agent"))
        return json_answer(await self._ecr.answer(operation, _parameters(body), call))

    async def _unsigned(self, request: web.Request) -> web.Response:
        if request.method == "GET" and request.path in _FOR_PEOPLE and not request.query:
            return self._about(request)
        body = await request.read()
        parameters = _form(request, body)
        action = _action(request, parameters)
        if action == WEB_IDENTITY:
            # Only a signature names the region; without one it is that of the endpoint for all of AWS.
            return xml_answer(_STS, action, await self._sts.assume_role(parameters, IAM_REGION))
        if action in _UNSIGNED or (request.method == "GET" and request.path.startswith(_EMULATORS_OWN)):
            answer = await (self._of_topic(action, parameters) or self._from_emulator(request, body))
            await self._note(_STS, action, parameters, answer, None)
            return _response(answer)
        raise NotSigned("MissingAuthenticationTokenException", "Missing Authentication Token")

    async def _passed_on(self, request: web.Request, signature: Signature) -> web.Response:
        body = await request.read()
        parameters = _form(request, body)
        key = self._callers.key(signature.access_key)
        if signature.service == _STS and parameters.get("Action") == WEB_IDENTITY:
            return xml_answer(_STS, WEB_IDENTITY, await self._sts.assume_role(parameters, signature.region))
        if (
            signature.service == _STS
            and parameters.get("Action") == WHO
            and key is not None
            and key.user_id is not None
        ):
            verify_signature(request, body, signature, key, datetime.now(UTC))
            return xml_answer(_STS, WHO, caller_identity(key))
        answer = await self._from_emulator(request, body)
        by = key.identity if key is not None else None
        await self._note(signature.service, _action(request, parameters), parameters, answer, by)
        if signature.service == KMS and by is not None:
            await record_key_call(
                _action(request, parameters),
                body,
                answer,
                by=by,
                region=signature.region,
                backend=self._backend,
                bus=self._events,
            )
        if (signature.service, _action(request, {})) == TAGGED and answer.status == HTTPStatus.OK and by is not None:
            # The emulator has judged the signature and the caller, and knows nothing of our repositories.
            owner = Call(caller=Caller(identity=root(str(by.account))), region=signature.region)
            members = await with_repositories(json.loads(answer.body), _parameters(body), self._ecr, owner)
            return json_answer(members)
        return _response(answer)

    def _of_topic(self, action: str, parameters: Mapping[str, str]) -> Awaitable[EmulatorAnswer] | None:
        """A subscriber's call, which is proved by what it knows.

        Without a signature the emulator would look for the topic in another account than the topic's own."""
        member = _BY_ARN.get(action, "")
        arn = Arn.parse(parameters.get(member, ""))
        if arn is None or not is_account_id(arn.account):
            return None
        given = {name: each for name, each in parameters.items() if name in member_names(_SNS, action)}
        outgoing = signed_request(_SNS, action, given, account=arn.account, region=arn.region)
        return self._emulator.request(*outgoing)

    async def _from_emulator(self, request: web.Request, body: bytes) -> EmulatorAnswer:
        return await self._emulator.request(request.method, request.raw_path, request.headers.items(), body)

    async def _note(
        self, service: str, action: str, parameters: Mapping[str, str], answer: EmulatorAnswer, by: Identity | None
    ) -> None:
        """What an answer that passes by means for what we remember."""
        if service in _WRITE_ELSEWHERE:
            for each in _REMEMBERED:
                self._backend.forget(each)
        elif not action.startswith(_READS):
            # Of a topic or a queue another account than its own can write.
            whose = None if by is None or service in _SHARED else by.account
            self._backend.forget(service, whose)
        if answer.status == HTTPStatus.OK:
            await self._callers.learn(service, action, parameters, answer, by)

    def _about(self, request: web.Request) -> web.Response:
        failure = self._emulator.failure
        body = {
            "what": "a local AWS for rehearsals: nothing here is AWS, and nothing of it stays",
            "endpoint": f"http://{request.host}",
            "emulator": "healthy" if failure is None else str(failure),
        }
        status = HTTPStatus.OK if failure is None else HTTPStatus.SERVICE_UNAVAILABLE
        return web.json_response(body, status=status)


def _not_here(request: web.Request, signature: Signature) -> NotSigned | EcrError:
    target = request.headers.get("X-Amz-Target", "")
    if signature.service == _NOT_HERE:
        return EcrError("UnknownOperationException", "The local cloud has no ecr-public: only private registries.")
    if signature.service != _ECR:
        text = f"Credential should be scoped to correct service: '{_ECR}', not '{signature.service}'."
        return NotSigned("InvalidSignatureException", text)
    return EcrError("UnknownOperationException", f"X-Amz-Target {target!r} is not an operation of Amazon ECR.")


def _response(answer: EmulatorAnswer) -> web.Response:
    return web.Response(status=answer.status, headers=CIMultiDict(answer.headers), body=answer.body)


def _parameters(body: bytes) -> dict[str, Any]:
    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise EcrError("SerializationException", f"The request's body is not valid JSON: {error}") from None
    if not isinstance(parameters, dict):
        raise EcrError("SerializationException", "The request's body is not a JSON object.")
    return parameters


def _action(request: web.Request, parameters: Mapping[str, str]) -> str:
    """The operation's name in whichever protocol; "" where only the path would tell, which counts as a write."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return target.rpartition(".")[2]
    return parameters.get("Action", "")


def _form(request: web.Request, body: bytes) -> dict[str, str]:
    """The parameters of the query protocol, which are in the URL or in the body."""
    pairs = dict(request.query)
    if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
        return pairs
    if len(body) > _LARGEST_FORM:
        raise web.HTTPRequestEntityTooLarge(_LARGEST_FORM, len(body))
    try:
        fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise EcrError("MalformedQueryString", f"The form can't be read: {error}") from None
    return pairs | dict(fields)

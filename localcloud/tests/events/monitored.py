"""An account with a repository and its monitoring: a topic, queues, keys and rules, as people make them."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from localcloud.cloud import LocalCloud
from localcloud.events.journal import Delivery, EventsSeen
from localcloud.tests.clouds import Connect, fetch
from localcloud.tests.ecr.control_plane import manifest
from localcloud.tests.statements import allow, text

REGION = "eu-central-1"
NAME = "payments/api"
EVENTS, TOPICS, ALARMS = ({"Service": f"{each}.amazonaws.com"} for each in ("events", "sns", "cloudwatch"))
USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey*")
PUSHES = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"], "detail": {"action-type": ["PUSH"]}}


@dataclass(frozen=True)
class Monitored:
    """What AWS would let the account do by itself, and no more: policies come with what they are of."""

    cloud: LocalCloud
    connect: Connect
    account: str

    def client(self, service: str) -> Any:
        return self.connect(self.cloud, service, self.account, REGION)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.account}:{resource}"

    @property
    def here(self) -> Mapping[str, Any]:
        """The condition of a policy against confused deputies."""
        return {"StringEquals": {"aws:SourceAccount": self.account}}

    def queue(self, name: str, *statements: Mapping[str, Any], key: str | None = None) -> str:
        attributes = {"Policy": text(*statements)} if statements else {}
        self.client("sqs").create_queue(
            QueueName=name, Attributes={**attributes, **({"KmsMasterKeyId": key} if key else {})}
        )
        return self.arn("sqs", name)

    def open_queue(self, name: str, *services: Mapping[str, str]) -> str:
        """One to which the services can send for this account."""
        senders = [allow("sqs:SendMessage", Principal=each, Condition=self.here) for each in services]
        return self.queue(name, *senders)

    def topic(self, name: str, *statements: Mapping[str, Any], key: str | None = None) -> str:
        attributes = {"Policy": text(*statements), **({"KmsMasterKeyId": key} if key else {})}
        return str(self.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"])

    def open_topic(self, name: str, *, key: str | None = None) -> str:
        publishers = [allow("sns:Publish", Principal=each, Condition=self.here) for each in (EVENTS, ALARMS)]
        return self.topic(name, *publishers, key=key)

    def key(self, *statements: Mapping[str, Any]) -> str:
        """A key that the account's root manages, and that is used as the statements say."""
        own = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.account}:root"})
        created = self.client("kms").create_key(Policy=text(own, *statements))
        return str(created["KeyMetadata"]["Arn"])

    def subscribe(self, topic: str, protocol: str, endpoint: str, **attributes: str) -> None:
        self.client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)

    def rule(self, name: str, pattern: Mapping[str, Any], target: str, state: str = "ENABLED", **more: Any) -> str:
        events = self.client("events")
        arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)["RuleArn"]
        dead = {"DeadLetterConfig": {"Arn": more.pop("dead_letters")}} if "dead_letters" in more else {}
        events.put_targets(Rule=name, Targets=[{"Id": "target", "Arn": target, **dead, **more}])
        return str(arn)

    def push(self, tag: str = "v1", name: str = NAME, number: int = 1) -> str:
        """An image without layers, pushed over the API; its digest."""
        ecr = self.client("ecr")
        put = ecr.put_image(repositoryName=name, imageManifest=manifest(number), imageTag=tag)
        return str(put["image"]["imageId"]["imageDigest"])

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """All that is in the queue, once everything is delivered; body, and the values of the attributes."""
        self.cloud.events.settled()
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        found: list[dict[str, Any]] = []
        while True:
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            if not got.get("Messages"):
                return found
            for each in got["Messages"]:
                values = {name: value["StringValue"] for name, value in each.get("MessageAttributes", {}).items()}
                found.append({"body": _loaded(each["Body"]), **values})
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    def seen(self) -> EventsSeen:
        self.cloud.events.settled()
        return self.cloud.events.seen(self.account, REGION)

    def failure(self) -> Delivery:
        """The last one."""
        return self.seen().failures[-1]

    def metrics(self, namespace: str = "AWS/Events") -> dict[str, int]:
        return {name: count for (of, name, _), count in self.seen().metrics.items() if of == namespace}


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class Subscriber:
    """An HTTP endpoint on loopback, which confirms its subscription, and answers with the status that a test sets."""

    def __init__(self) -> None:
        self.status = 200
        self.notifications: list[dict[str, Any]] = []
        self.kinds: list[str] = []
        self.confirmed, self.answers = threading.Event(), threading.Event()
        self.answers.set()
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(subscriber.take(self.headers["x-amz-sns-message-type"], body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def take(self, kind: str, body: dict[str, Any]) -> int:
        """Returns the status of the answer."""
        self.kinds.append(kind)
        if kind == "SubscriptionConfirmation":
            assert fetch(body["SubscribeURL"]).status == 200
            self.confirmed.set()
            return 200
        self.answers.wait(20)
        self.notifications.append(body)
        return self.status

    def stop(self) -> None:
        """From now on nothing listens there; again does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

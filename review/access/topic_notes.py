"""Who publishes to the topics of the registries' monitoring, and who gets what is published."""

from collections import defaultdict
from collections.abc import Iterator

from domain.iam.statement import Effect
from domain.wording import listed
from render.resource import Render, Resource
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from review.access.targets import PolicyReader
from review.plan.phrases import in_regions

_NONE = "no principal of another account"


def topic_notes(rendered: Render, documents: PolicyReader) -> Iterator[str]:
    """One for all topics that are alike."""
    regions: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for topic in (each for each in rendered.resources if each.type == TOPIC):
        beside = [each for each in rendered.resources if (each.parent, each.region) == (topic.parent, topic.region)]
        publishers = [name for each in beside if each.type == TOPIC_POLICY for name in _publishers(each, documents)]
        subscribers = [
            f"{each.inputs.get('protocol')} {each.inputs.get('endpoint')}"
            for each in beside
            if each.type == TOPIC_SUBSCRIPTION
        ]
        key = (str(topic.inputs.get("name")), listed(publishers) or _NONE, listed(subscribers) or "no one")
        regions[key].append(topic.region or rendered.home)
    for (name, published, delivered), places in regions.items():
        yield f"topic {in_regions([name], sorted(places))}: published to by {published}; delivered to {delivered}"


def _publishers(policy: Resource, documents: PolicyReader) -> list[str]:
    """All that a statement allows something, whatever its conditions."""
    found = documents.policy(policy.inputs.get("policy"), "topic policy", f"the topic policy of {policy.name}")
    statements = found.document.statements if found else ()
    allowed = (each for each in statements if each.effect is Effect.ALLOW)
    return sorted({principal.value for each in allowed for principal in each.principals or ()})

"""Whether every subscriber got the message of an event, and can act on it."""

from collections.abc import Mapping, Sequence

from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import Inbox, Message, MonitoringCase

Expected = Sequence[tuple[str, Sequence[str]]]
"""Ids of event rules, each with the words that its message must have."""


def is_subscribed(case: MonitoringCase) -> bool:
    return bool(case.monitored.subscriptions)


def is_told_of_calls(case: MonitoringCase) -> bool:
    """A trail is needed for what is about calls."""
    return is_subscribed(case) and case.monitored.trail


def require_messages(case: MonitoringCase, inbox: Inbox, expected: Expected) -> None:
    """Raises Broken unless each subscriber got each message, with the registry's region and the runbook's address."""
    got = inbox.messages()
    for subscriber, messages in got.items():
        for rule, words in expected:
            _require(subscriber, messages, rule, [*words, case.registry.region, case.runbook(rule)], inbox)


def require_silence(inbox: Inbox, word: str) -> None:
    """Raises Broken where a subscriber got a message that has the word."""
    for subscriber, messages in inbox.messages().items():
        require_none(subscriber, messages, word)


def _require(subscriber: str, messages: Sequence[Message], rule: str, words: Sequence[str], inbox: Inbox) -> None:
    found = [each for each in messages if each.rule == rule and all(word in each.sentences for word in words)]
    if not found:
        others = [each.sentences for each in messages if each.rule == rule]
        instead = f"got {others}" if others else f"got {len(messages)} other messages"
        failed = "".join(f"; {each.target} failed: {each.error}" for each in inbox.failures()[:1])
        raise Broken(f"{subscriber} got no message of {rule} that says {', '.join(words)}: {instead}{failed}")


def require_texts(inbox: Inbox, wanted: Mapping[str, Sequence[str]]) -> None:
    """The same of messages that no rule wrote, each by a name, by all that is in it."""
    for subscriber, messages in inbox.messages().items():
        for what, words in wanted.items():
            if not any(all(word in each.text for word in words) for each in messages):
                failed = "".join(f"; {each.source} failed: {each.error}" for each in inbox.failures()[:1])
                raise Broken(f"{subscriber} did not get {what}: got {len(messages)} other messages{failed}")


def require_none(subscriber: str, messages: Sequence[Message], word: str) -> None:
    """Raises Broken where one of the messages has the word."""
    for each in messages:
        if word in each.text:
            raise Broken(f"{subscriber} got a message that nothing calls for: {each.text}")

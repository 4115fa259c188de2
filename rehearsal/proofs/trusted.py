"""What only resembles a declared workflow is refused."""

from datetime import UTC, datetime
from functools import partial

from rehearsal.proofs.harness.case import PublisherCase
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.workflows import impostors

PROMISE = "no other workflow, repository or token assumes the publisher's role"


def prove_publisher(case: PublisherCase) -> str:
    denied = []
    for each in impostors(case.publisher.source):
        session = partial(case.session, each.job, audience=each.audience, at=datetime.now(UTC) - each.age)
        require_denied(each.who, {"got into the role": session}, each.code)
        denied.append(each.who)
    return f"refused: {', '.join(denied)}"

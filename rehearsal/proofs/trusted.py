"""What only resembles a declared workflow is refused."""

from datetime import UTC, datetime
from functools import partial

from rehearsal.proofs.harness.case import PublisherCase
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.workflows import Impostor, impostors

PROMISE = "no other workflow, repository or token assumes the publisher's role"


def prove_publisher(case: PublisherCase) -> str:
    told = []
    for each in impostors(case.publisher.source):
        require_denied(each.who, {"got into the role": partial(_tried, case, each)}, each.code)
        told.append(each.who)
    return f"refused: {', '.join(told)}"


def _tried(case: PublisherCase, impostor: Impostor) -> object:
    return case.session(impostor.job, audience=impostor.audience, at=datetime.now(UTC) - impostor.age)

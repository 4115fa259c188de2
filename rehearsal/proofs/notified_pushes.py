"""Who pushes or deletes without being declared is noticed."""

from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.case import PublisherCase
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase
from rehearsal.proofs.harness.workflows import jobs

PROMISE = "a push or a deletion by a principal that is not declared raises a message, a declared publisher's push none"

applies = messages.is_told_of_calls


def prove_monitoring(case: MonitoringCase) -> str:
    inbox, name = Inbox(case), case.made_repository()
    who, credentials = case.by_hand()
    _, tag = case.push_as(credentials, name)
    ecr = case.principals.of("ecr", credentials, case.registry.region)
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": tag}])
    messages.require_messages(case, inbox, [("undeclared-push", [name, who]), ("undeclared-delete", [name, who])])
    publishers = case.settings.publishers if case.registry.home else ()
    for publisher in publishers[:1]:
        declared = PublisherCase(
            settings=case.settings, registry=case.registry, host=case.host, clients=case.clients,
            principals=case.principals, publisher=publisher,
        )  # fmt: skip
        session = declared.session(jobs(publisher.source)[0])
        case.push_as(session, publisher.repositories[0])
        messages.require_silence(inbox, publisher.repositories[0])
    case.remove(name)
    return f"{who} was noticed" + "".join(f", {each.name} was not" for each in publishers[:1])

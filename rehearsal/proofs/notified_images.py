"""An image that can't be pulled any more, or can again."""

from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "an image that is archived, or restored, raises a message"

applies = messages.is_subscribed


def prove_monitoring(case: MonitoringCase) -> str:
    inbox, name = Inbox(case), case.made_repository()
    _, credentials = case.by_hand()
    pushed, tag = case.push_as(credentials, name)
    ecr = case.principals.of("ecr", credentials, case.registry.region)
    for storage_class in ("ARCHIVE", "STANDARD"):
        ecr.update_image_storage_class(repositoryName=name, imageId={"imageTag": tag}, targetStorageClass=storage_class)
        words = [name, pushed.digest, f"storage class {storage_class}"]
        messages.require_messages(case, inbox, [("storage-class", words)])
    case.remove(name)
    return f"{pushed.digest} was archived and restored"

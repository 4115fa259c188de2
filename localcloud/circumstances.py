"""The condition keys that every call has, whoever makes it and to whichever service."""

from datetime import UTC, datetime

from domain.iam.access import Context


def circumstances(region: str) -> Context:
    """The keys of a call that is made now, in this region."""
    now = datetime.now(UTC)
    return {
        "aws:CurrentTime": (now.isoformat(timespec="seconds"),),
        "aws:EpochTime": (str(int(now.timestamp())),),
        "aws:RequestedRegion": (region,),
        # A rehearsal speaks plain HTTP on loopback, and stands for a registry that speaks TLS alone.
        "aws:SecureTransport": ("true",),
        "aws:SourceIp": ("127.0.0.1",),
        "aws:ViaAWSService": ("false",),
    }

"""What every component shares: its type token, and how its children are declared."""

import pulumi


class Component(pulumi.ComponentResource):
    """A component of this project; children start from `child()` and carry the component's name."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"container-registry:index:{type(self).__name__}", name, None, opts)

    def child(self, *, protect: bool | None = None, import_: str | None = None) -> pulumi.ResourceOptions:
        """Options of a child: the parent brings the caller's provider and aliases along."""
        return pulumi.ResourceOptions(parent=self, protect=protect, import_=import_)

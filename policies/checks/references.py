"""Which resource of a stack an input names: by what AWS calls it, or by a dependency where that is not known yet."""

from collections.abc import Iterator, Sequence

from domain.aws import REGIONS, Arn
from policies.checks.input_values import is_unknown
from policies.checks.locations import ResourceLocations
from policies.pack.rule import CheckedResource
from resources import TYPES, Declaration
from resources.events import EVENT_RULE
from resources.kms import ALIAS, KEY

_DEFAULT_BUS = "default"


class StackReferences:
    """The resources of a stack and what their inputs say of each other."""

    def __init__(self, resources: Sequence[CheckedResource]) -> None:
        self._by_urn = {each.urn: each for each in resources}
        self._by_type: dict[str, list[CheckedResource]] = {}
        for each in resources:
            self._by_type.setdefault(each.type, []).append(each)
        self._locations = ResourceLocations(resources)
        self._outputs = {each.urn: self._made(each) for each in resources}

    def of(self, kind: str, beside: CheckedResource | None = None) -> list[CheckedResource]:
        """All of a type, or those in one account and region with another resource."""
        found = self._by_type.get(kind, [])
        if beside is None:
            return found
        return [each for each in found if (each.provider, each.region) == (beside.provider, beside.region)]

    def account(self, resource: CheckedResource) -> str | None:
        """None where no provider says it."""
        return self._locations.of(resource).account

    def output(self, resource: CheckedResource, name: str = "arn") -> str | None:
        """What AWS answers to its creation, as far as that follows from names, the account and the region."""
        return self._outputs.get(resource.urn, {}).get(name)

    def names(self, holder: CheckedResource, value: object, other: CheckedResource, output: str = "arn") -> bool:
        """Whether the value, of an input of the holder, is what AWS calls the other one."""
        if is_unknown(value):
            return other.urn in holder.dependencies
        return isinstance(value, str) and value == self.output(other, output)

    def named(self, holder: CheckedResource, value: object, kind: str, output: str = "arn") -> CheckedResource | None:
        """The resource of the type that the value names, if the stack declares it."""
        return next((each for each in self.of(kind) if self.names(holder, value, each, output)), None)

    def key_of(self, holder: CheckedResource) -> CheckedResource | None:
        """The declared key that it depends on, by itself or through an alias: AWS makes up what a key is called."""
        for each in self._dependencies(holder):
            if each.type == KEY:
                return each
            if each.type == ALIAS and (found := self.key_of(each)) is not None:
                return found
        return None

    def _dependencies(self, holder: CheckedResource) -> Iterator[CheckedResource]:
        yield from (self._by_urn[each] for each in holder.dependencies if each in self._by_urn)

    def _made(self, resource: CheckedResource) -> dict[str, str]:
        place = self._locations.of(resource)
        inputs = {**resource.inputs, "region": place.region}
        if place.account is None or place.region is None:
            return {}
        try:
            made, outputs = TYPES[resource.type].answer(
                Declaration(name=resource.name, inputs=inputs, account=place.account)
            )
        except (KeyError, TypeError):  # without the input that names it
            return {}
        if resource.type == EVENT_RULE and (bus := resource.inputs.get("eventBusName", _DEFAULT_BUS)) != _DEFAULT_BUS:
            partition = REGIONS[place.region].id
            outputs = {"arn": str(Arn(partition, "events", place.region, place.account, f"rule/{bus}/{made}"))}
        return outputs

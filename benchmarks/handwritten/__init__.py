"""The same registry as a plain program would declare it: component classes, f-strings, json.dumps, the SDK's own mocks.

Frozen by docs/decisions/0036: it declares what it did then, and no component is added to it. It does less than the
render, and every difference is in its favour: its entries are in memory, so no YAML is read and nothing is validated,
and it prints nothing that it declared.
"""

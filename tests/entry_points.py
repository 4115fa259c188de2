"""Runs entry points, one after another in one process, by the code of the folder that PYTHONPATH names.

Standard input holds the calls as JSON, `[[name, module, arguments], …]`; the answer has for each name how its `main`
ended and what it printed.
"""

import json
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import Any

from render import rendering


def once(render: Callable[..., Any]) -> Callable[..., Any]:
    """The same, once for equal files: what is made of a render is what counts."""
    known: dict[tuple[object, ...], Any] = {}

    def rendered(root: Path, stack: str, **more: bool) -> Any:
        key = stack, *more.items(), *((file, file.read_bytes()) for file in sorted(root.glob("*.yaml")))
        if key not in known:
            known[key] = render(root, stack, **more)
        return known[key]

    return rendered


def ended(module: str, arguments: list[str]) -> dict[str, object]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main = import_module(module).main
            code = main(arguments) if signature(main).parameters else main()
        except (Exception, SystemExit) as failure:  # noqa: BLE001  told like any other end
            traceback.print_exc()
            code = repr(failure)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    rendering.render = once(rendering.render)
    calls = json.load(sys.stdin)
    json.dump({name: ended(module, arguments) for name, module, arguments in calls}, sys.stdout)

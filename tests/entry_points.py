"""Runs entry points, one after another in one process, by the code of the folder that PYTHONPATH names.

Standard input holds the calls as JSON, `[[name, module, arguments], …]`; the answer has for each name how its `main`
ended and what it printed.
"""

import json
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from inspect import signature
from io import StringIO


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
    calls = json.load(sys.stdin)
    json.dump({name: ended(module, arguments) for name, module, arguments in calls}, sys.stdout)

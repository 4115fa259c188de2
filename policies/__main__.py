"""Run by the engine, with the folder of this file as working directory and first on the path."""

import sys
from datetime import UTC, datetime
from pathlib import Path

# In the project they lie beside the folder, in a bundle inside it.
here = Path(__file__).resolve().parent
sys.path[0] = str(here if (here / "policies").is_dir() else here.parent)

from policies.pack import engine  # noqa: E402  found by the line above

engine.run(lambda: datetime.now(UTC).date())

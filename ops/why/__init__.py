"""Why a pull, a push or a login was refused: the first thing in the way, and the line that would change it."""

"""`python -m ops mirror` and `ops migrate`: what many repositories hold, copied and compared by rules."""

"""How a promise is put to the proof: the case, those who push and pull in it, the run."""

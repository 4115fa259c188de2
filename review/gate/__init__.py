"""May this change be merged: the rules on what it declares, and what it does to what stands."""

"""The policy pack: the rules for every change, run by the engine and, without credentials, in a pull request."""

"""The policy pack: what every change is held to, in a pull request without credentials and by the engine alike."""

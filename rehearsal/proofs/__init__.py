"""One file for each promise: found by its name, its expectation from Settings, never from the render or the cloud."""

"""Kinds of registries: how one logs in at each, what it calls an image, and what it lacks."""

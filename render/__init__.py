"""The program run to its end in the SDK's mock monitor: the whole stack as plain data, with no account at hand."""

from render.rendering import render
from render.resource import Render, Resource

__all__ = ["Render", "Resource", "render"]

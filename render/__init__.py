"""Runs the program in the SDK's mock monitor: the whole stack as plain data, without an AWS account."""

from render.rendering import render
from render.resource import Render, Resource

__all__ = ["Render", "Resource", "render"]

"""What a pull request is told: the whole stack as plain data, with no account."""

from review.render import render
from review.resource import Render, Resource

__all__ = ["Render", "Resource", "render"]

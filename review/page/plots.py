"""Plots for pages: by pygal, as SVG without a style or script of its own; page.css has the colours, light and dark."""

import sys
from collections.abc import Mapping
from xml.etree.ElementTree import Element

import pygal  # type: ignore[import-untyped]  # it has no types
from markupsafe import Markup

# pygal adds a finder of modules for maps of other packages, in a form that Python 3.12 dropped and 3.11 warns of.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, pygal.PluginImportFixer)]

_LEFT_OUT = ("style", "script", "title", "desc")
_WIDTH, _BAR = 420, 34
"""Units of a plot that is as wide as a telephone, so that its text is never scaled down."""


def bars(series: Mapping[str, Mapping[str, int]], about: str) -> Markup:
    """Horizontal bars, one below the other: for each label, the values of the series end to end."""
    labels = list(next(iter(series.values())))
    chart = pygal.HorizontalStackedBar(
        css=(), js=(), disable_xml_declaration=True, no_prefix=True, width=_WIDTH, height=_BAR * (len(labels) + 1),
        margin=0, margin_left=8, spacing=6, rounded_bars=3, show_legend=False, show_x_labels=False, show_x_guides=False,
        print_values=True, print_zeroes=False, x_labels=labels[::-1],
    )  # fmt: skip
    for name, values in series.items():
        chart.add(name, [values[label] for label in labels[::-1]], formatter="{:.0f}".format)
    chart.add_xml_filter(_plain)
    drawn = chart.render(is_unicode=True)
    # pygal escapes the labels itself.
    return Markup('<div class="plot" role="img" aria-label="{}">{}</div>').format(about, Markup(drawn))  # noqa: S704


def _plain(root: Element) -> Element:
    """Without what a page's policy refuses: styles, scripts, and what these would show."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or "tooltip" in child.get("class", "").split():
                parent.remove(child)
    return root

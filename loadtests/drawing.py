"""What the pictures of the load tests and of the benchmarks have in common: colours and style."""

from contextlib import AbstractContextManager
from typing import Any

import matplotlib

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "SKY", "YELLOW", "drawing_style"]

# Okabe and Ito's palette, whose colours differ for every kind of colour vision. Lines differ in
# their dashes too, for paper without colour.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW = "#56B4E9", "#E69F00"
GREY = "#555555"

# The type that matplotlib gives its keys has no public name.
_SETTINGS: dict[Any, object] = {
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "legend.fontsize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#dddddd",
    "figure.facecolor": "white",
}


def drawing_style() -> AbstractContextManager[None]:
    """Return a block in which figures are made and drawn in this style."""
    return matplotlib.rc_context(_SETTINGS)

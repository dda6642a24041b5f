"""Pictures in notebooks: SVG, in one restrained style, the same bytes each time."""

import io
import re

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams.update(
    {
        "axes.edgecolor": "#666666",
        "axes.grid": True,
        "axes.labelcolor": "#333333",
        "axes.labelsize": 9,
        "axes.prop_cycle": matplotlib.cycler(color=["#1f5fa8", "#c8553d", "#4c8c4a", "#8d6bb0", "#b08d2f", "#555555"]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 9,
        "figure.facecolor": "white",
        "font.family": "DejaVu Sans",
        "grid.color": "#e6e6e6",
        "grid.linewidth": 0.6,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "lines.linewidth": 1.2,
        "mathtext.fontset": "dejavusans",
        "path.simplify": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "refpos",
        "xtick.color": "#666666",
        "xtick.labelsize": 8,
        "ytick.color": "#666666",
        "ytick.labelsize": 8,
    }
)


class Drawing:
    """What a cell shows of a figure."""

    def __init__(self, svg):
        self.svg = svg

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return "a picture"


def canvas(width=6, height=2.4, columns=1):
    """Return a figure of a size in inches, and its axes: a list of them where there are several columns."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    return figure, axes[0] if columns == 1 else list(axes)


def drawn(figure):
    """Return a figure as SVG without dates and versions, its coordinates in hundredths of a point."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    _, start, rest = re.sub(r"\s*<metadata>.*?</metadata>", "", file.getvalue(), flags=re.DOTALL).partition("<svg")
    return Drawing(re.sub(r'\b(d|x|y|transform)="[^"]*"', _rounded, start + rest))


def _rounded(attribute):
    """Round the coordinates of an attribute; scales stay as they are."""
    parts = re.split(r"(scale\([^)]*\))", attribute[0])
    return "".join(one if one.startswith("scale") else re.sub(r"-?\d+\.\d{3,}", _short, one) for one in parts)


def _short(number):
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".").replace("-0", "0" if float(number[0]) > -0.005 else "-0")

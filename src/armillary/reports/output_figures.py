"""The plot of scores against the lengths of sources."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from armillary.reports.axes import MARKERS, dress, label_ends, name_axes
from armillary.reports.output_length import Bucket
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words

Line = tuple[str, Sequence[Bucket]]  # a name and what is drawn under it
Style = tuple[str, str]  # ink and marker


def length_plate(lines: Sequence[Line], measure: str, words: Words, reads: str = "texts") -> Plate:
    """Draw the mean score of each range of lengths, a line for each system, with its intervals.

    The lengths are those of the sources, or where the model ``reads`` recordings of what is said in them.
    """

    def draw(canvas: Canvas) -> None:
        named = len(lines) > 1
        right = (64.0 if canvas.is_narrow else 150.0) if named else 12.0
        axes = dress(canvas.figure.add_axes(canvas.box(34, right, 40, 66)))
        ends = []
        for i, (name, buckets) in enumerate(lines):
            shift = 0.1 * (i - (len(lines) - 1) / 2)
            x = [place + shift for place in range(len(buckets))]
            _line(axes, x, buckets, (series_ink(i), MARKERS[i]), canvas, name if named else "")
            ends.append((x[-1], buckets[-1].mean, name, series_ink(i)))
        _places(axes, lines[0][1], words)
        if named:
            label_ends(axes, ends)
        name_axes(axes, "", measure)
        axes.annotate(
            words(f"axis.length.{reads}"),
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -44),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=12,
            color=INK["muted"],
        )

    return plate(
        "length", words(f"alt.length.{reads}", measure=measure), draw, wide_height=330, narrow_height=300
    )


def _line(
    axes: Axes, x: Sequence[float], buckets: Sequence[Bucket], style: Style, canvas: Canvas, name: str
) -> None:
    ink, marker = style
    means = [bucket.mean for bucket in buckets]
    axes.plot(x, means, color=ink, lw=1.2, alpha=0.6)
    for place, bucket in zip(x, buckets, strict=True):
        span = bucket.interval
        axes.plot([place, place], [span.low, span.high], color=ink, lw=2)
        [dot] = axes.plot(place, bucket.mean, marker, color=ink, ms=7, mec=INK["surface"], mew=1)
        said = (
            f"{bucket.name}: {bucket.mean:.1f} [{span.low:.1f}, {span.high:.1f}], n = {bucket.n_examples:,}"
        )
        dot.set_gid(canvas.tip(f"{name} {said}".strip()))


def _places(axes: Axes, buckets: Sequence[Bucket], words: Words) -> None:
    """Name the ranges of lengths below the axis, how many examples each has under that."""
    labels = [f"{bucket.name}\n{words('length.n', n=f'{bucket.n_examples:,}')}" for bucket in buckets]
    axes.set_xticks(range(len(buckets)), labels)
    axes.set_xlim(-0.5, len(buckets) - 0.5)
    axes.set_ylim(bottom=0)

"""Families of architectures over the years: their shares, and the rise of those that were adopted."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from armillary.reports.axes import dress, name_axes
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.trend_areas import Layer, stack
from armillary.reports.trend_context import ADOPTED
from armillary.reports.trend_labels import year_axis
from armillary.reports.trend_text import month, month_cell, share
from armillary.reports.words import Words
from armillary.trends.families import Adoption, FamilyShares

LEAST_MODELS = 10  # in the window of the first year that is drawn, and of all later ones
SHOWN_YEARS = 7  # columns of the table


def family_name(words: Words, family: str) -> str:
    """Return what a family is called."""
    return words.either(f"trend.family.{family}", family)


def drawn_years(shares: FamilyShares) -> np.ndarray:
    """Return which years have windows of enough models, without a gap to the last."""
    scarce = np.flatnonzero(shares.n_models < LEAST_MODELS)
    first = int(scarce[-1]) + 1 if len(scarce) else 0
    return np.arange(len(shares.years)) >= first


def share_plate(shares: FamilyShares, words: Words) -> Plate:
    """Draw the shares of the families told apart on each other, all others above them."""
    kept = drawn_years(shares)
    layers: list[Layer] = [
        (family_name(words, family), _course(shares, family)[kept], series_ink(i))
        for i, family in enumerate(ADOPTED)
    ]
    others = 1 - np.sum([values for _, values, _ in layers], axis=0)
    layers.append((words("trend.family.others"), others, INK["rule"]))
    years = shares.years[kept]

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(46, 16, 36, 32)))
        year_axis(axes, float(years[0]), float(years[-1]), 5 if canvas.is_narrow else 12)
        stack(axes, years, layers)
        name_axes(axes, "", words("axis.trend.share"))

    return plate("families", words("alt.trend.families"), draw, wide_height=360, narrow_height=320)


def adoption_plate(shares: FamilyShares, adoptions: tuple[Adoption, ...], words: Words) -> Plate:
    """Draw the share of each adopted family as dots, and the logistic curve of its rise."""
    kept = drawn_years(shares)
    years = shares.years[kept]

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(46, 16, 36, 32)))
        year_axis(axes, float(years[0]), float(years[-1]), 5 if canvas.is_narrow else 12)
        axes.set_ylim(0, 1.04)
        axes.yaxis.set_major_formatter(lambda value, _: share(value))
        for curve in adoptions:
            ink = series_ink(ADOPTED.index(curve.family))
            x = np.linspace(max(curve.first, float(years[0])), curve.peak + shares.window / 2, 80)
            rise = rise_of(curve, x)
            course = _course(shares, curve.family)
            some = kept & (course > 0)
            axes.plot(shares.years[some], course[some], "o", ms=4.5, mew=0, color=ink, alpha=0.8)
            axes.plot(x, rise, color=ink, lw=1.8)
        name_axes(axes, "", words("axis.trend.share"))

    return plate("adoption", words("alt.trend.adoption"), draw, wide_height=320, narrow_height=300)


def rise_of(curve: Adoption, years: np.ndarray) -> np.ndarray:
    """Return the share that a logistic rise has at decimal ``years``, at the medians of its numbers."""
    rate = 2 * math.log(9) / curve.years_10_to_90.value
    rise: np.ndarray = curve.ceiling.value * expit(rate * (years - curve.midpoint.value))
    return rise


def _course(shares: FamilyShares, family: str) -> np.ndarray:
    if family not in shares.families:
        return np.zeros(len(shares.years))
    course: np.ndarray = np.nan_to_num(shares.share[shares.families.index(family)])
    return course


def share_table(shares: FamilyShares, words: Words) -> Table:
    """Return the shares of all families in the latest years, with 90% intervals, and how many models."""
    at = np.flatnonzero(drawn_years(shares))[::-2][:SHOWN_YEARS][::-1]
    rows = []
    for i, family in enumerate(shares.families):
        if not (shares.share[i, at] > 0).any():
            continue
        cells = [
            with_interval(
                share(shares.share[i, j]), f"[{share(shares.low[i, j])}, {share(shares.high[i, j])}]"
            )
            for j in at
        ]
        index = ADOPTED.index(family) if family in ADOPTED else None
        rows.append(Row([family_name(words, family), *cells], index=index))
    rows.append(Row([words("trend.family.models"), *(f"{shares.n_models[j]:.0f}" for j in at)]))
    columns = [words("col.family"), *(f"{np.floor(shares.years[j]):.0f}" for j in at)]
    return Table(words("trend.family.table", window=f"{shares.window:g}"), columns, rows, stacked=True)


def adoption_table(adoptions: tuple[Adoption, ...], words: Words) -> Table:
    """Return when each family rose, how high and how fast."""
    rows = [
        Row(
            [
                family_name(words, curve.family),
                month(curve.first),
                month_cell(curve.midpoint),
                spanned(curve.ceiling, share),
                spanned(curve.years_10_to_90, lambda years: f"{years:.1f}"),
                f"{curve.n_adopted} / {curve.n_models}",
            ],
            index=ADOPTED.index(curve.family),
        )
        for curve in adoptions
    ]
    names = "family trend.first trend.midpoint trend.ceiling trend.rise trend.members"
    return Table(words("trend.adoption.table"), columns_named(words, names), rows, stacked=True)

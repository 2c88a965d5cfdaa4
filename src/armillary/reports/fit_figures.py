"""The plots of one law over size and data: valleys of equal compute, curves of equal data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from armillary.fitting.fit import distinct
from armillary.fitting.uncertainty import Estimate, Interval, interval_of
from armillary.reports import numbers
from armillary.reports.axes import (
    CROWD,
    count_tick,
    dress,
    ends_of,
    label_ends,
    log_axis,
    name_axes,
    number_tick,
    padded,
)
from armillary.reports.law_figures import run_tip
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, ramp_ink
from armillary.reports.words import Words
from armillary.scaling.family import FamilyFit
from armillary.scaling.observations import Observation

ALIKE = 1.15  # runs count as one budget when their amounts differ by less than this factor
APART = 1 / 9  # of the whole range (logarithmic), by which budgets must differ to be shown both
MOST = 6  # curves in one plot
LEAST_SIZES = 3  # sizes that were trained with one budget, for it to be shown before others
WIDTH = 8.0  # a valley is drawn this many times below and above its best size, and as far as it was measured
POINTS = 60  # of a drawn curve


@dataclass(frozen=True)
class Curve:
    """The law along model size with something else held equal, and the runs that had it."""

    budget: float  # compute [FLOP] or data, whichever is equal
    n_params: np.ndarray
    loss: np.ndarray
    interval: Sequence[Interval]  # 90%, predictive
    runs: Sequence[Observation]
    best: Estimate | None = None  # size of the lowest loss, where there is one
    best_loss: float = math.nan


def budgets(amounts: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return, in order, up to six amounts that most sizes were trained with; few of them: evenly spread ones.

    ``amounts`` are the runs' compute or data, ``sizes`` their parameters.
    """
    amount, size = np.log(amounts), np.asarray(sizes, dtype=float)
    low, high = float(amount.min()), float(amount.max())
    alike = np.abs(amount[:, None] - amount) < math.log(ALIKE)
    n_sizes = np.array([distinct(size[row]) for row in alike])
    chosen: list[float] = []
    for place in np.lexsort((-amount, -n_sizes)):
        middle = float(np.median(amount[alike[place]]))
        apart = all(abs(middle - other) > APART * (high - low) for other in chosen)
        if apart and n_sizes[place] >= LEAST_SIZES and len(chosen) < MOST:
            chosen.append(middle)
    if len(chosen) < 2:
        chosen = np.linspace(low, high, 4 if high > low else 1).tolist()
    return [math.exp(middle) for middle in sorted(chosen)]


def valleys(fit: FamilyFit) -> list[Curve]:
    """Return the loss against size at several amounts of compute, each with its best size and interval."""
    compute = [row.train_flops for row in fit.observations]
    shown = np.array(budgets(compute, [row.n_params for row in fit.observations]))
    best, _ = fit.split(shown)
    draws, _ = fit.split(shown, fit.draws.laws())
    curves = []
    for i, budget in enumerate(shown):
        runs = _near(fit.observations, lambda row: row.train_flops, budget)
        reached = [row.n_params for row in runs]
        low, high = min([best[i] / WIDTH, *reached]), max([best[i] * WIDTH, *reached])
        grid = np.unique(np.append(np.geomspace(low, high, POINTS), best[i]))
        tokens = fit.cost.tokens(budget, grid)
        at = {"n_params": grid, "n_tokens": tokens, "train_flops": np.full_like(grid, budget)}
        loss = _loss(fit, at)
        curves.append(
            Curve(
                budget=float(budget),
                n_params=grid,
                loss=loss,
                interval=fit.draws.intervals(at, 0.9, fit.back_test.widen),
                runs=runs,
                best=Estimate(value=float(best[i]), interval=interval_of(draws[:, i])),
                best_loss=float(loss.min()),
            )
        )
    return curves


def equal_data(fit: FamilyFit) -> list[Curve]:
    """Return the loss against size at several amounts of data."""
    sizes = [row.n_params for row in fit.observations]
    grid = np.geomspace(*padded(sizes, 0.05), POINTS)
    curves = []
    for budget in budgets([row.n_tokens for row in fit.observations], sizes):
        at = {
            "n_params": grid,
            "n_tokens": np.full_like(grid, budget),
            "train_flops": budget * fit.cost.at(grid),
        }
        curves.append(
            Curve(
                budget=budget,
                n_params=grid,
                loss=_loss(fit, at),
                interval=fit.draws.intervals(at, 0.9, fit.back_test.widen),
                runs=_near(fit.observations, lambda row: row.n_tokens, budget),
            )
        )
    return curves


def _loss(fit: FamilyFit, at: dict[str, np.ndarray]) -> np.ndarray:
    return fit.expected(at)


def _near(
    rows: Sequence[Observation], amount: Callable[[Observation], float], budget: float
) -> list[Observation]:
    return [row for row in rows if abs(math.log(amount(row) / budget)) < math.log(ALIKE)]


def valley_plate(fit: FamilyFit, name: str, words: Words) -> Plate:
    """Draw loss against size at equal compute, the best size of each budget with its 90% interval."""
    curves = valleys(fit)

    def draw(canvas: Canvas) -> None:
        axes = _curves(canvas, curves, fit.observations, numbers.flop, words)
        best = [(c.best.value, c.best_loss) for c in curves if c.best]
        axes.plot(*zip(*best, strict=True), color=INK["muted"], lw=1, ls=(0, (2, 2)), zorder=3)
        for place, curve in enumerate(curves):
            _optimum(canvas, axes, curve, ramp_ink(place, len(curves)), words)

    alt = words("alt.valleys", family=words.family(fit.family))
    return plate(name, alt, draw, wide_height=460, narrow_height=400)


def equal_data_plate(fit: FamilyFit, name: str, words: Words) -> Plate:
    """Draw loss against size at equal data, with 90% bands."""
    curves = equal_data(fit)

    def draw(canvas: Canvas) -> None:
        axes = _curves(canvas, curves, fit.observations, numbers.count, words)
        for place, curve in enumerate(curves):
            ink = ramp_ink(place, len(curves))
            axes.fill_between(curve.n_params, *ends_of(curve.interval), color=ink, alpha=0.12, lw=0)

    alt = words("alt.equal_data", family=words.family(fit.family))
    return plate(name, alt, draw, wide_height=400, narrow_height=380)


def _curves(
    canvas: Canvas,
    curves: Sequence[Curve],
    rows: Sequence[Observation],
    form: Callable[[float], str],
    words: Words,
) -> Axes:
    """Draw the curves in the order of their budgets, their runs, all other runs faintly, and labels."""
    axes = dress(canvas.figure.add_axes(canvas.box(36, 76, 36, 48)))
    sizes = [*(row.n_params for row in rows), *(size for c in curves for size in (c.n_params[[0, -1]]))]
    losses = [*(row.loss for row in rows), *(loss for c in curves for loss in _essential(c))]
    log_axis(axes.xaxis, *padded(sizes, 0.02), count_tick, 4 if canvas.is_narrow else 8)
    log_axis(axes.yaxis, *padded(losses, 0.04), number_tick)
    near = {id(row) for curve in curves for row in curve.runs}
    other = [row for row in rows if id(row) not in near]
    _crowd(axes, other, INK["muted"], 0.35)
    for place, curve in enumerate(curves):
        ink = ramp_ink(place, len(curves))
        axes.plot(curve.n_params, curve.loss, color=ink, lw=1.6)
        if len(near) > CROWD:
            _crowd(axes, curve.runs, ink, 0.8)
            continue
        for row in curve.runs:
            tip = canvas.tip(run_tip(row, words))
            axes.plot([row.n_params], [row.loss], marker="o", ms=5, mew=0, color=ink, ls="", gid=tip)
    _label(axes, curves, form)
    name_axes(axes, words("axis.params"), words("axis.loss.plain"))
    return axes


def _crowd(axes: Axes, rows: Sequence[Observation], ink: str, alpha: float) -> None:
    """Draw runs small, and silent."""
    x, y = [row.n_params for row in rows], [row.loss for row in rows]
    axes.plot(x, y, marker="o", ms=3.5, mew=0, color=ink, alpha=alpha, ls="")


def _essential(curve: Curve) -> Sequence[float]:
    """Return losses that the axes have to hold: of a valley, its floor, a factor of three either way."""
    if curve.best is None:
        return [float(curve.loss.min())]
    floor = np.abs(np.log(curve.n_params / curve.best.value)) < math.log(3)
    ends: list[float] = [curve.best_loss, float(curve.loss[floor].max())]
    return ends


def _label(axes: Axes, curves: Sequence[Curve], form: Callable[[float], str]) -> None:
    """Write each budget where its curve leaves the axes."""
    top = axes.get_ylim()[1]
    ends = []
    for place, curve in enumerate(curves):
        inside = np.flatnonzero(curve.loss <= top)
        last = int(inside[-1]) if len(inside) else -1
        ends.append(
            (curve.n_params[last], curve.loss[last], form(curve.budget), ramp_ink(place, len(curves)))
        )
    label_ends(axes, ends)


def _optimum(canvas: Canvas, axes: Axes, curve: Curve, ink: str, words: Words) -> None:
    """Mark the best size of a valley: a diamond, and a bar over its 90% interval."""
    if curve.best is None:
        return
    span, y = curve.best.interval, curve.best_loss
    tip = canvas.tip(
        words(
            "tip.optimum",
            flop=numbers.flop(curve.budget),
            params=numbers.count(curve.best.value),
            interval=numbers.interval(span, numbers.count),
        )
    )
    axes.plot([span.low, span.high], [y, y], color=INK["ink"], lw=1.4, zorder=4)
    axes.plot([span.low, span.high], [y, y], marker="|", ms=8, mew=1.4, color=INK["ink"], ls="", zorder=4)
    axes.plot(
        [curve.best.value], [y], marker="D", ms=6.5, mew=1.2, mec=INK["ink"], mfc=ink, zorder=5, gid=tip
    )

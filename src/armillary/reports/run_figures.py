"""The plot of a run: its loss on training and validation data, and the learning rate under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from armillary.reports import numbers
from armillary.reports.axes import (
    count_tick,
    dress,
    flop_tick,
    label_ends,
    log_axis,
    name_axes,
    number_tick,
    padded,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words
from armillary.runs.run import Run

_STEPS = (1, 2, 5, 10)  # mantissas of evenly spaced ticks
_TRAIN, _VALIDATION = series_ink(0), series_ink(1)


@dataclass(frozen=True)
class History:
    """What metrics.jsonl says of one split, as columns in order of step."""

    n_tokens: Sequence[float]
    train_flops: Sequence[float]
    loss: Sequence[float]
    lr: Sequence[float]  # empty where none was recorded


def history(run: Run, split: str) -> History:
    """Return the records of ``split`` that have a loss."""
    rows = [row for row in run.metrics() if row.get("split") == split and "loss" in row]
    lr = [float(row["lr"]) for row in rows if "lr" in row]
    return History(
        n_tokens=[float(row["n_tokens"]) for row in rows],
        train_flops=[float(row["train_flops"]) for row in rows],
        loss=[float(row["loss"]) for row in rows],
        lr=lr if len(lr) == len(rows) else [],
    )


def counts_nats(config: Mapping[str, Any]) -> bool:
    """Return whether the loss of a run is -ln p of something; that of images that are drawn is not."""
    signature = config["model"].get("signature", {})
    return bool(signature.get("outputs") != "image")


def loss_plate(run: Run, unit: str, words: Words) -> Plate | None:
    """Draw the losses of ``run`` against data and compute, learning rate below; None before any record."""
    train, validation = history(run, "train"), history(run, "validation")
    if not train.loss:
        return None
    reach = 1.01 * max([*train.n_tokens, *validation.n_tokens])
    data = words("axis.data", unit=words.unit(unit))

    def draw(canvas: Canvas) -> None:
        right, low = 96.0, 158.0 if train.lr else 48.0
        axes = dress(canvas.figure.add_axes(canvas.box(46, right, 62, low)))
        _data_axis(axes, reach, canvas)
        _losses(axes, train, validation, words)
        name_axes(axes, "" if train.lr else data, words.loss_axis(unit if counts_nats(run.config) else ""))
        if train.lr:
            axes.tick_params(axis="x", labelbottom=False)
            under = dress(canvas.figure.add_axes(canvas.box(46, right, canvas.height - 108, 48)))
            _learning_rate(under, train)
            _data_axis(under, reach, canvas)
            name_axes(under, data, words("axis.lr"))
        _compute_axis(axes, train, reach, canvas, words)

    return plate("loss", words("alt.loss", name=run.name), draw, wide_height=480, narrow_height=440)


def _losses(axes: Axes, train: History, validation: History, words: Words) -> None:
    x, y = _evened(train.n_tokens, train.loss)
    log_axis(axes.yaxis, *padded([*y, *validation.loss], 0.06), number_tick)
    axes.plot(x, y, color=_TRAIN, lw=1.2, alpha=0.8)
    ends = [(x[-1], y[-1], words("split.train"), _TRAIN)]
    if validation.loss:
        axes.plot(validation.n_tokens, validation.loss, color=_VALIDATION, lw=1.8, marker="o", ms=4.5)
        last = validation.loss[-1]
        ends.append(
            (validation.n_tokens[-1], last, f"{words('split.validation')}\n{numbers.loss(last)}", _VALIDATION)
        )
    label_ends(axes, ends, gap=26)


def _evened(x: Sequence[float], y: Sequence[float], most: int = 240) -> tuple[list[float], list[float]]:
    """Return a curve with at most ``most`` points, means over equal spans; the first point is kept."""
    if len(x) <= most:
        return list(x), list(y)
    parts = np.array_split(np.arange(1, len(x)), most - 1)
    xs, ys = np.asarray(x), np.asarray(y)
    return [x[0], *(float(xs[p].mean()) for p in parts)], [y[0], *(float(ys[p].mean()) for p in parts)]


def _data_axis(axes: Axes, reach: float, canvas: Canvas) -> None:
    axes.set_xlim(0, reach)
    axes.xaxis.set_major_locator(MaxNLocator(4 if canvas.is_narrow else 8, steps=_STEPS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count_tick(value)))


def _compute_axis(axes: Axes, train: History, reach: float, canvas: Canvas, words: Words) -> None:
    """Say along the top how much compute had been spent when so much data had been seen."""
    spent = train.train_flops[-1]
    wanted = MaxNLocator(3 if canvas.is_narrow else 6, steps=_STEPS).tick_values(0, spent)
    ticks = [tick for tick in wanted if 0 < tick <= spent]
    top = dress(axes.twiny())
    top.grid(visible=False)
    top.spines["bottom"].set_visible(False)
    top.set_xlim(0, reach)
    places = np.interp(ticks, [0, *train.train_flops], [0, *train.n_tokens])
    top.set_xticks(places, [flop_tick(tick) for tick in ticks])
    top.tick_params(axis="x", length=0, pad=2)
    top.annotate(
        words("axis.flop"),
        (1, 1),
        xycoords="axes fraction",
        xytext=(0, 26),
        textcoords="offset points",
        ha="right",
        fontsize=12,
        color=INK["muted"],
    )


def _learning_rate(axes: Axes, train: History) -> None:
    axes.plot(train.n_tokens, train.lr, color=INK["muted"], lw=1.4)
    axes.set_ylim(0, 1.12 * max(train.lr))
    axes.set_yticks([0, max(train.lr)], ["0", numbers.plain(max(train.lr), 2)])

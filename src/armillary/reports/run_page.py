"""The report of a run: how good it is beside the baselines, how it learnt, what it took, its origin."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from armillary.core.files import read_json
from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers
from armillary.reports.commands import train_command
from armillary.reports.drawn_section import drawn_of
from armillary.reports.metric_table import OF_A_HUNDRED, Metrics, metric_table
from armillary.reports.output_section import outputs_of
from armillary.reports.page import Row, Stat, Table, columns_named, flattened, render
from armillary.reports.provenance_facts import provenance_facts
from armillary.reports.run_figures import counts_nats, history, loss_plate
from armillary.reports.words import Words
from armillary.runs.run import Run, Summary

# What a report leads with: the first of these that was measured, and whether more of it is better.
HEADLINES: Mapping[str, bool] = {
    "accuracy": True,
    "bleu": True,
    "rougeL": True,
    "wer": False,
    "frechet_distance": False,
    "bits_per_byte": False,
    "loss": False,
}
_BOUND = "oracle"  # begins the name of what knows the reference: no rival, but a bound


def run_page(run: Run, words: Words) -> str:
    """Return the page about ``run``; one that has not finished is shown as far as it is."""
    summary = run.summary if run.finished else None
    unit = summary.unit if summary else "token"
    baselines = _baselines(run)
    view = {
        "run": run,
        "task": run.config["task"]["kind"],
        "family": words.family(run.config["model"]["kind"]),
        "source": run.config["task"]["source"]["kind"],
        "loss": loss_plate(run, unit, words),
        "outputs": outputs_of(run, words),
        "drawn": drawn_of(run, words),
        "provenance": provenance_facts([run.provenance], words),
        "data": _data(run, words),
        "configuration": list(flattened(run.config)),
        "command": train_command(run.config),
        **(
            _measured(summary, baselines, words, nats=counts_nats(run.config))
            if summary
            else _unmeasured(run, words)
        ),
    }
    return render("run.html", words, **view)


def _measured(
    summary: Summary, baselines: Mapping[str, Metrics], words: Words, *, nats: bool
) -> dict[str, Any]:
    """What a finished run says: headline, figures, metrics beside the baselines, cost."""
    splits = _by_split(summary)
    judged = splits.get("test") or splits["validation"]
    split = words("split.test" if "test" in splits else "split.validation")
    name, value, rival = _headline(judged, baselines)
    metric = words.either(f"metric.{name}", name).removesuffix(" ↓")
    if rival is None:
        status, headline = (
            "finished",
            words("run.headline", metric=metric, value=_value(name, value), split=split),
        )
    else:
        better = (judged[name] > baselines[rival][name]) == HEADLINES[name]
        status = "ahead" if better else "behind"
        headline = words(
            f"run.headline.{status}",
            metric=metric,
            value=_value(name, value),
            baseline=rival,
            other=_value(name, baselines[rival][name]),
        )
    return {
        "status": status,
        "headline": headline,
        "lede": ("" if words.lang == "zh" else " ").join(_lede(name, judged, summary, words, nats=nats)),
        "stats": _stats(summary, words, nats=nats),
        "metrics": _metrics(splits, baselines, words),
        "apart": _apart(judged, words),
        "cost": _cost(summary, words),
    }


def _lede(name: str, judged: Metrics, summary: Summary, words: Words, *, nats: bool) -> Iterator[str]:
    """Yield the loss that training ended with, and the interval of the metric ``name`` where it has one."""
    loss, unit = numbers.loss(summary.loss), words.unit(summary.unit)
    yield words("run.lede", loss=loss, unit=unit) if nats else words("run.lede.plain", loss=loss)
    if f"{name}_low" in judged:
        ends = Interval(low=judged[f"{name}_low"], high=judged[f"{name}_high"], level=0.95)
        span = numbers.interval(ends, functools.partial(_value, name))
        yield words(
            "run.lede.interval", metric=words.either(f"metric.{name}", name).removesuffix(" ↓"), interval=span
        )


def _unmeasured(run: Run, words: Words) -> dict[str, Any]:
    """What can be said of a run that has not finished."""
    seen = history(run, "train")
    tokens = numbers.count(seen.n_tokens[-1]) if seen.n_tokens else "0"
    headline = words("run.unfinished")
    lede = words("run.unfinished.lede", tokens=tokens)
    return {
        "status": "unfinished",
        "headline": headline,
        "lede": lede,
        "stats": [],
        "metrics": None,
        "apart": None,
        "cost": [],
    }


def _by_split(summary: Summary) -> dict[str, dict[str, float]]:
    """Return the metrics by split: those without a prefix are of the validation split."""
    splits: dict[str, dict[str, float]] = {}
    for name, value in summary.metrics.items():
        split, slash, rest = name.partition("/")
        splits.setdefault(split if slash else "validation", {})[rest if slash else name] = value
    splits.setdefault("validation", {}).setdefault("loss", summary.loss)
    return splits


def _baselines(run: Run) -> dict[str, Metrics]:
    """Return the baselines' metrics: the run's own, or those of the ladder that it is a rung of."""
    for path in (run.path / "baselines.json", run.path.parent.parent / "baselines.json"):
        if path.is_file():
            found: dict[str, Metrics] = read_json(path)
            return found
    return {}


def _headline(judged: Metrics, baselines: Mapping[str, Metrics]) -> tuple[str, float, str | None]:
    """Return (metric, value, best baseline in it or None): the first metric that a baseline has too."""
    known = [name for name in HEADLINES if name in judged]
    for name in known:
        rivals = {
            rival: metrics[name]
            for rival, metrics in baselines.items()
            if name in metrics and not rival.startswith(_BOUND)
        }
        if rivals:
            best = max if HEADLINES[name] else min
            return name, judged[name], best(rivals, key=rivals.__getitem__)
    return known[0], judged[known[0]], None


def _value(name: str, value: float) -> str:
    if name in OF_A_HUNDRED:
        return f"{value:.1f}"
    return numbers.percent(value) if name in ("accuracy", "wer") else numbers.loss(value)


def _stats(summary: Summary, words: Words, *, nats: bool) -> list[Stat]:
    unit, seconds = words.unit(summary.unit), summary.seconds
    without = numbers.count(summary.n_params_non_embedding)
    speed = numbers.count(summary.n_tokens / seconds)
    return [
        Stat(
            words("stat.loss"),
            numbers.loss(summary.loss),
            words("stat.loss.note", unit=unit) if nats else "",
        ),
        Stat(words("stat.params"), numbers.count(summary.n_params), words("stat.params.note", n=without)),
        Stat(
            words("stat.seconds"), words.seconds(seconds), words("stat.seconds.note", speed=speed, unit=unit)
        ),
        Stat(
            words("stat.flop"),
            numbers.flop(summary.train_flops),
            words("stat.flop.note", rate=numbers.flop_rate(summary.train_flops / seconds)),
        ),
    ]


def _metrics(splits: Mapping[str, Metrics], baselines: Mapping[str, Metrics], words: Words) -> Any:
    """Return the run's metrics on each split, and the baselines' below; what not all measured is left out."""
    order = [split for split in ("test", "validation") if split in splits]
    models: list[tuple[str, Metrics, int | None]] = [
        (words("run.row", split=words(f"split.{split}")), splits[split], None) for split in order
    ]
    for name, metrics in baselines.items():
        said = words("run.bound" if name.startswith(_BOUND) else "run.baseline", name=name)
        models.append((said, metrics, None))
    whole = [name for name in splits[order[0]] if "@" not in name]
    shared = [name for name in whole if all(name in metrics for _, metrics, _ in models)]
    return metric_table(words("run.metrics"), models, shared, words)


def _apart(judged: Metrics, words: Words) -> Table | None:
    """Return the metrics of parts of a split, named METRIC@KIND=PART, or None where there are none."""
    rows = []
    for name, value in judged.items():
        metric, at, part = name.partition("@")
        if at:
            kind, _, which = part.partition("=")
            cells = [words.either(f"part.{kind}", kind), which, words.either(f"metric.{metric}", metric)]
            rows.append(Row([*cells, _value(metric, value)]))
    columns = columns_named(words, "apart part metric value")
    return Table(words("run.apart"), columns, rows) if rows else None


def _cost(summary: Summary, words: Words) -> Sequence[tuple[str, str]]:
    unit = words.unit(summary.unit)
    return [
        (words("cost.params"), f"{summary.n_params:,}"),
        (words("cost.params_non_embedding"), f"{summary.n_params_non_embedding:,}"),
        (words("cost.examples"), f"{summary.n_examples:,}"),
        (words("cost.units", unit=unit), f"{summary.n_tokens:,}"),
        (words("cost.flop"), f"{numbers.flop(summary.train_flops)} FLOP"),
        (words("cost.rate"), numbers.flop_rate(summary.train_flops / summary.seconds)),
        (words("cost.seconds"), words.seconds(summary.seconds)),
    ]


def _data(run: Run, words: Words) -> list[tuple[str, str]]:
    """Return the facts of the run's source: its kind, and what training wrote down of it."""
    path = run.path / "data.json"
    facts = [(words("source.kind"), run.config["task"]["source"]["kind"])]
    written = read_json(path) if path.is_file() else {}
    counts = written.pop("counts", {})
    for name, value in (written | counts).items():
        facts.append(
            (words.either(f"source.{name}", name), f"{value:,}" if isinstance(value, int) else str(value))
        )
    return facts

"""The report of a ladder: what it predicted, whether that held, who wins, what more would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from armillary.core.files import read_json
from armillary.reports import (
    check_figures,
    cost_tables,
    ladder_figures,
    ladder_tables,
    law_figures,
    law_tables,
    numbers,
    verdict,
)
from armillary.reports.commands import ladder_command
from armillary.reports.metric_table import Metrics
from armillary.reports.page import flattened, render
from armillary.reports.provenance_facts import provenance_facts
from armillary.reports.words import Words
from armillary.runs.run import Run
from armillary.scaling.analysis import FamilyAnalysis, LadderAnalysis

_TEST = "test/"  # metrics of the test split are stored under this prefix


def ladder_page(analysis: LadderAnalysis, folder: Path, words: Words) -> str:
    """Return the page about the ladder in ``folder``, analysed as ``analysis``."""
    view = _story(analysis, words) | _evidence(analysis, folder, words) | _origin(analysis, folder, words)
    return render("ladder.html", words, a=analysis, **view, sections=_sections(view))


def _story(analysis: LadderAnalysis, words: Words) -> dict[str, Any]:
    """What a lead reads: the verdict, the law, who wins, what it costs."""
    compared = analysis.comparison is not None
    priced = bool(analysis.costs) and verdict.relied_on(verdict.leader(analysis))
    return {
        "verdict": verdict.judge(analysis, words),
        "stats": verdict.stats(analysis, words),
        "law": law_figures.law_plate(analysis, words),
        "laws": law_tables.law_table(analysis, words),
        "winner": law_figures.winner_plate(analysis, words) if compared else None,
        "winner_title": law_tables.winner_title(analysis, words) if compared else "",
        "standings": law_tables.standing_table(analysis, words) if compared else None,
        "crossovers": law_tables.crossovers(analysis, words) if compared else [],
        "costs": cost_tables.cost_table(analysis, words) if priced else None,
        "choices": cost_tables.choice_table(analysis, words) if priced else None,
        "machines": cost_tables.machine_table(analysis, words) if priced else None,
        "cost_title": _cost_title(analysis, words) if priced else "",
    }


def _evidence(analysis: LadderAnalysis, folder: Path, words: Words) -> dict[str, Any]:
    """What a sceptic reads: baselines, back-tests, curves, every run."""
    best = {f.family: _test_metrics(folder, f) for f in analysis.families if f.observations}
    measured = {family: metrics for family, metrics in best.items() if metrics}
    return {
        "baselines_title": _baselines_title(analysis, measured, words),
        "baselines": ladder_tables.baseline_table(analysis, measured, words),
        "checks": ladder_tables.check_table(analysis, words),
        "steps": law_tables.step_table(analysis, words),
        "backtest": check_figures.back_test_plate(analysis, words),
        "records": law_tables.record_table(analysis, words),
        "residuals": check_figures.residual_plate(analysis, words),
        "curves": ladder_figures.curves_plate(analysis, words),
        "runs": ladder_tables.run_table(analysis, words),
    }


def _origin(analysis: LadderAnalysis, folder: Path, words: Words) -> dict[str, Any]:
    """What someone who repeats it reads: data, machine, versions, configuration, commands."""
    record = read_json(folder / "ladder.json")
    source = analysis.source
    facts = [(words("source.kind"), source.kind)]
    if source.n_tokens:
        facts.append((words("source.size", unit=words.unit(analysis.unit)), numbers.count(source.n_tokens)))
    facts += [(words("source.licence"), source.licence), (words("source.citation"), source.citation)]
    runs = [Run.open(folder / "rungs" / o.name) for f in analysis.families for o in f.observations]
    return {
        "source": facts,
        "provenance": provenance_facts([run.provenance for run in runs], words),
        "configuration": list(flattened(record["config"])),
        "folder": folder.name,
        "command": ladder_command(record["config"]),
        "n_runs": len(runs),
    }


def _sections(view: Mapping[str, Any]) -> Sequence[str]:
    """Return the sections that the page has, in order."""
    optional = {"winner": view["winner"], "cost": view["costs"], "baselines": view["baselines"]}
    names = ["law", "winner", "cost", "baselines", "backtest", "curves", "runs", "sources", "reproduce"]
    return [name for name in names if name not in optional or optional[name] is not None]


def _cost_title(analysis: LadderAnalysis, words: Words) -> str:
    scales = words("list.join").join(numbers.times(cost.scale) for cost in analysis.costs)
    return words("cost.title", family=words.family(analysis.costs[0].family), scales=scales)


def _baselines_title(analysis: LadderAnalysis, best: Mapping[str, Metrics], words: Words) -> str:
    """Return the answer to whether a neural model is worth it, by the loss on the test split."""
    rivals = {name: metrics["loss"] for name, metrics in analysis.baselines.items() if "loss" in metrics}
    models = {family: metrics["loss"] for family, metrics in best.items() if "loss" in metrics}
    if not rivals or not models:
        return words("baselines.title")
    baseline, family = min(rivals, key=rivals.__getitem__), min(models, key=models.__getitem__)
    gap = models[family] / rivals[baseline] - 1
    key = "baselines.better" if gap < 0 else "baselines.worse"
    return words(key, family=words.family(family), baseline=baseline, gap=f"{abs(gap):.0%}")


def _test_metrics(folder: Path, family: FamilyAnalysis) -> Metrics:
    """Return the test metrics of the family's run of the lowest validation loss; empty without any."""
    best = min(family.observations, key=lambda o: o.loss)
    metrics = Run.open(folder / "rungs" / best.name).summary.metrics
    return {name.removeprefix(_TEST): value for name, value in metrics.items() if name.startswith(_TEST)}

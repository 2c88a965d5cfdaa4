"""The model card of a finished run (Mitchell et al. 2019): data, results, cost, limits, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from armillary.core.units import format_count, format_flop, format_seconds
from armillary.runs.run import Run, Summary
from armillary.training.config import RunConfig

USE = """\
## Use

In this folder:

```sh
armillary predict . INPUT
armillary evaluate .
```

`model.safetensors` holds the weights, `config.json` the model's shape, and the files beside them what turns
raw input into tensors."""


def model_card(
    run: Run,
    config: RunConfig,
    summary: Summary,
    counts: Mapping[str, int],
    *,
    library: str = "armillary",
    use: str = USE,
) -> str:
    """Return README.md of ``run``: its front matter, what it is in plain words, and every setting.

    ``counts`` are those of ``Task.report``; ``library`` is what opens the model, and ``use`` says how.
    """
    sections = (
        _front_matter(run, config, library),
        _lead(run, config, summary) + _rounding(run, config, library),
        use,
        _data(config, counts),
        _results(config, summary),
        _cost(run, summary),
        _limits(config),
        _settings(run),
    )
    return "\n\n".join(sections) + "\n"


def _front_matter(run: Run, config: RunConfig, library: str) -> str:
    fields = {
        "library_name": library,
        "pipeline_tag": config.task.kind,
        "tags": [config.model.kind, config.task.source.kind],
        "model_name": run.name,
    }
    return "\n".join(("---", *(f"{key}: {json.dumps(value)}" for key, value in fields.items()), "---"))


def _lead(run: Run, config: RunConfig, summary: Summary) -> str:
    task = config.task
    headline = summary.metrics.get(f"test/{task.headline}")
    result = f", {task.headline} {headline:.4g} on the test split" if headline is not None else ""
    start = "from scratch" if config.start is None else f"from the weights of {config.start.name}"
    return (
        f"# {run.name}\n\n"
        f"A {config.model.kind} of {format_count(summary.n_params)} parameters for {task.kind}, trained "
        f"{start} on {task.source.kind}{result}."
    )


def _rounding(run: Run, config: RunConfig, library: str) -> str:
    """Say how the weights are kept and when they were rounded, where they are."""
    scheme = config.quantization
    if scheme is None:
        return ""
    while_learning = f"trained with weights rounded to {scheme.label}"
    whose = Path(run.parent).name if run.parent and run.parent != str(config.start) else "the last step"
    after = f"the weights of {whose} rounded to {scheme.label}"
    kept = (
        "kept as packed codes with scales; they are multiplied out when the run is opened, so the file is "
        "smaller and answers take as long"
    )
    here = kept if library == "armillary" else "multiplied out here to ordinary numbers"
    return f" Quantized: {while_learning if scheme.aware else after}, and {here}."


def _data(config: RunConfig, counts: Mapping[str, int]) -> str:
    source = config.task.source
    return (
        f"## Data\n\nThe training split of `{source.kind}`; validation and test examples are not in it.\n\n"
        f"- Licence: {source.licence}\n- Source: {source.citation}\n"
        f"- Examples: {', '.join(f'{name} {count:,}' for name, count in counts.items())}"
    )


def _results(config: RunConfig, summary: Summary) -> str:
    validation = {k: v for k, v in summary.metrics.items() if "/" not in k}
    test = {k.removeprefix("test/"): v for k, v in summary.metrics.items() if k.startswith("test/")}
    names = [*validation, *(name for name in test if name not in validation)]
    rows = ((name, _number(validation, name), _number(test, name)) for name in names)
    return (
        f"## Results\n\n{_table(('metric', 'validation', 'test'), rows)}\n\n"
        f"`loss` is in nats per {config.task.unit}."
    )


def _number(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.5g}" if name in metrics else ""


def _cost(run: Run, summary: Summary) -> str:
    made = run.provenance
    rows = (
        ("parameters", f"{summary.n_params:,}"),
        ("parameters without embeddings", f"{summary.n_params_non_embedding:,}"),
        ("examples seen", f"{summary.n_examples:,}"),
        (f"{summary.unit}s seen", f"{summary.n_tokens:,}"),
        ("compute", f"{format_flop(summary.train_flops)} FLOP"),
        ("time", format_seconds(summary.seconds)),
        ("machine", f"{made['processor']}, {made['n_cores']} cores"),
        ("software", f"armillary {made['armillary']}, torch {made['packages']['torch']}"),
    )
    return f"## Cost\n\n{_table(('training', ''), rows)}"


def _limits(config: RunConfig) -> str:
    return (
        "## Limits\n\n"
        f"Trained on one source, {config.task.source.kind}; what it does on other input is not known. It "
        "repeats the errors and the leanings of that source. Judge it on your own data before relying on it."
    )


def _settings(run: Run) -> str:
    settings = json.dumps(run.config, indent=2, ensure_ascii=False)
    lead = "On such a machine, this and the data make the same weights again."
    return f"## Every setting\n\n{lead}\n\n```json\n{settings}\n```"


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)

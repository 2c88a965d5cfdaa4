"""The command lines that make a run, a ladder or a plan again from what it recorded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from armillary.scaling.planning.plan import Plan

_DERIVED = ("task.kind", "model.signature.")  # the subject of the command; what the task says of the model


def train_command(config: Mapping[str, Any]) -> str:
    """Return the command that trains the run of ``config`` again."""
    return _joined(["armillary", "train", config["task"]["kind"], *_assignments(config)])


def ladder_command(config: Mapping[str, Any]) -> str:
    """Return the command that trains the ladder of ``config`` again; families and sizes replace the model."""
    base = {name: value for name, value in config["base"].items() if name != "model"}
    words = ["armillary", "ladder", base["task"]["kind"], *_assignments(base)]
    words += ["--families", ",".join(config["families"])]
    words += ["--sizes", _numbers(config["sizes"]), "--tokens", _numbers(config["n_tokens"])]
    held_out = config["held_out"]
    if held_out:
        words += ["--held-out", f"{_number(held_out['size'])}:{_number(held_out['n_tokens'])}"]
        words += ["--held-out-families", str(held_out["families"])]
    else:
        words += ["--held-out-families", "0"]
    return _joined(words + (["--tune"] if config["tune"] else []))


def plan_command(plan: Plan) -> str:
    """Return the command that makes ``plan`` again, from the published law or from a fit file."""
    law, budget = plan.law, plan.budget
    words = ["armillary", "plan", "fit.json" if law.n_observations else law.name]
    words += [f"--{budget.kind}", f"{budget.amount:g}"]
    if plan.spending:
        words += ["--on", plan.spending.device, "--devices", str(plan.spending.n_devices)]
    if plan.lifetime:
        words += ["--inference-tokens", f"{plan.lifetime.inference_tokens:g}"]
    if plan.data:
        words += ["--data", f"{plan.data.n_unique_tokens:g}"]
    if plan.next_run:
        words += ["--next-run", f"{plan.next_run.largest_cost:g}"]
    return _joined(words)


def _assignments(data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield ``name=value`` for every field that is set, by dotted path."""
    for name, value in data.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _assignments(value, f"{path}.")
        elif value not in (None, "", []) and not path.startswith(_DERIVED):
            yield f"{path}={_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and value < 1e15 else repr(value)


def _numbers(values: Sequence[float]) -> str:
    return ",".join(map(_number, values))


def _joined(words: Sequence[str], width: int = 100) -> str:
    """Return the words quoted for a shell, broken over lines of at most about ``width`` characters."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("   ")
        lines[-1] += (" " if lines[-1] else "") + word
    return " \\\n".join(lines)

"""Contenders in turn, several rounds, so that a machine that slows down slows all of them."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One way to do the work: ``lap(n)`` does ``n`` steps and returns the seconds they took."""

    name: str
    lap: Callable[[int], float]


@dataclass(frozen=True)
class Result:
    """What a race measured."""

    title: str
    unit: str
    rates: dict[str, float]  # median units per second
    ratios: dict[str, tuple[float, float, float]]  # ours over theirs, round by round: lowest, median, highest

    def markdown(self) -> str:
        """Return the result as rows of a table."""
        lines = [
            f"### {self.title}\n",
            f"| | {self.unit}/s | ours is so many times as fast |",
            "|---|---:|---:|",
        ]
        for name, rate in self.rates.items():
            ratio = self.ratios.get(name)
            shown = f"{ratio[1]:.2f} ({ratio[0]:.2f} to {ratio[2]:.2f})" if ratio else ""
            lines.append(f"| {name} | {rate:,.0f} | {shown} |")
        return "\n".join(lines) + "\n"


def timed(steps: Callable[[int], None]) -> Callable[[int], float]:
    """Return ``steps`` as a lap: it does n steps, and the clock around it says how long."""

    def lap(n: int) -> float:
        start = time.perf_counter()
        steps(n)
        return time.perf_counter() - start

    return lap


def race(
    title: str, unit: str, contenders: Sequence[Contender], *, units_per_step: float, steps: int, rounds: int
) -> Result:
    """Run ``contenders`` (the first is ours) in turn for ``rounds`` after one lap of warm-up each."""
    for contender in contenders:
        contender.lap(max(2, steps // 4))
    seconds: dict[str, list[float]] = {c.name: [] for c in contenders}
    for number in range(rounds):
        order = contenders if number % 2 == 0 else tuple(reversed(contenders))
        for contender in order:
            seconds[contender.name].append(contender.lap(steps))
            print(
                f"{title}: {contender.name} {seconds[contender.name][-1]:.2f} s", file=sys.stderr, flush=True
            )
    ours = seconds[contenders[0].name]
    ratios = {}
    for contender in contenders[1:]:
        by_round = sorted(t / o for t, o in zip(seconds[contender.name], ours, strict=True))
        ratios[contender.name] = (by_round[0], statistics.median(by_round), by_round[-1])
    rates = {name: units_per_step * steps / statistics.median(s) for name, s in seconds.items()}
    return Result(title, unit, rates, ratios)

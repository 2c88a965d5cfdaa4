"""The ladder: the same task at rising sizes and data budgets, and one larger model held out.

The only part of ``scaling`` that trains.
"""

from armillary.scaling.ladder.climb import climb, reopen
from armillary.scaling.ladder.config import HeldOut, LadderConfig, parse_held_out, parse_sizes
from armillary.scaling.ladder.demo import demo_ladder
from armillary.scaling.ladder.dry_run import dry_run
from armillary.scaling.ladder.rungs import Rung, fitted_rungs, held_out_rungs

__all__ = [
    "HeldOut",
    "LadderConfig",
    "Rung",
    "climb",
    "demo_ladder",
    "dry_run",
    "fitted_rungs",
    "held_out_rungs",
    "parse_held_out",
    "parse_sizes",
    "reopen",
]

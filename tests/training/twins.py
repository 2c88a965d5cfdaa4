"""Train the toy on two processes of this machine: ``python twins.py FOLDER STRATEGY [BUDGET]``.

With a BUDGET the run is one that was interrupted, and goes on.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from armillary.training.trainer import train


def main(path: Path, strategy: str) -> None:
    spec = importlib.util.spec_from_file_location("toys", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    toys = sys.modules["toys"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(toys)
    config = toys.toy_config(**toys.PLAIN, devices=2, strategy=strategy, accumulate=2, ema=0.9)
    train(config, path, resume=(path / "run.json").exists())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

"""One way in for observations of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.scaling.observations import LOSS, Observations, from_ladder, from_runs
from armillary.scaling.tables import read_table


def read_observations(path: Path, columns: Mapping[str, str] | None = None) -> Observations:
    """Read a ladder's folder, any folder of runs, or a table (CSV, TSV, JSON lines, Parquet).

    ``columns`` says under which names a table has n_params, n_tokens, train_flops, loss, family; of runs,
    which of their metrics is taken for the loss.  Raises RequestError or DataError when ``path`` is none of
    these or nothing in it can be used.
    """
    columns = columns or {}
    if path.is_file():
        return read_table(path, columns)
    if set(columns) - {LOSS}:
        raise RequestError(
            f"--columns names the columns of a table, and {path} is not a file; of runs it names the metric "
            "that is taken for the loss, alone: loss=test/frechet_distance"
        )
    read = from_ladder if (path / "ladder.json").is_file() else from_runs
    return read(path, columns.get(LOSS, LOSS))

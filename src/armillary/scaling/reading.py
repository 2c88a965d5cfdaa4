"""One way in for observations of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.scaling.observations import Observations, from_ladder, from_runs
from armillary.scaling.tables import read_table


def read_observations(path: Path, columns: Mapping[str, str] | None = None) -> Observations:
    """Read a ladder's folder, any folder of runs, or a table (CSV, TSV, JSON lines, Parquet).

    ``columns`` says under which names a table has n_params, n_tokens, train_flops, loss, family.
    Raises RequestError or DataError when ``path`` is none of these or nothing in it can be used.
    """
    if path.is_file():
        return read_table(path, columns or {})
    if columns:
        raise RequestError(f"--columns names the columns of a table, and {path} is not a file")
    if (path / "ladder.json").is_file():
        return from_ladder(path)
    return from_runs(path)

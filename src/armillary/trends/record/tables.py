"""Which table tells of a quantity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from armillary.core.errors import RequestError, UnknownNameError
from armillary.trends.record.shipped import hardware, measures, models, quantities
from armillary.trends.rows import Table
from armillary.trends.table import read_table


def table_of(name: str, path: Path | None = None) -> tuple[Table, bool]:
    """Return the table that tells of the quantity ``name``, and whether its rows are models.

    It is the record, or a user's table at ``path``, which may have quantities of its own.  Raises
    UnknownNameError for a quantity that no table of the record has.
    """
    known = quantities()
    if path is not None:
        if name in known and known[name].kind == "model":
            return models(path), True
        return read_table(path, {} if name in known else {name: name}), False
    if name not in known:
        raise UnknownNameError("quantity", name, known)
    kind = known[name].kind
    if kind == "cluster":
        raise RequestError(f"the record has no rows of {name}; give a table of AI supercomputers with --data")
    tables: dict[str, Callable[[], Table]] = {"model": models, "hardware": hardware, "measure": measures}
    return tables[kind](), kind == "model"

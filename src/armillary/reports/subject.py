"""What a report is about, told by what a folder holds."""

from __future__ import annotations

from pathlib import Path

from armillary.core.errors import RequestError
from armillary.core.files import write_text
from armillary.reports.ladder_page import ladder_page
from armillary.reports.run_page import run_page
from armillary.reports.words import Words
from armillary.runs.run import Run
from armillary.scaling.analysis import analyse


def report(subject: Path | Run, out: Path, lang: str = "en") -> Path:
    """Write one HTML page about a run or a ladder to ``out`` and return ``out``.

    The page needs nothing else: it opens offline, in light and dark, on a desk and on a phone.  ``lang``
    is "en" or "zh".  Raises RequestError when ``subject`` is neither a run nor a ladder,
    UnknownNameError for another language, and CheckpointError when a file of it is damaged.
    """
    words = Words(lang)
    path = subject.path if isinstance(subject, Run) else Path(subject)
    if (path / "run.json").is_file():
        page = run_page(Run.open(path), words)
    elif (path / "ladder.json").is_file():
        page = ladder_page(analyse(path), path, words)
    else:
        raise RequestError(
            f"{path} is neither a run (run.json) nor a ladder (ladder.json); "
            "`armillary list runs` shows what there is"
        )
    write_text(out, page)
    return out

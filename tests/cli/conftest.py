import json

import pytest

from armillary.cli.main import main


@pytest.fixture
def ask(capsys):
    """Return a function that runs the command line: (exit status, standard output, standard error)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def ask_json(ask):
    """Return a function that runs the command line with --json and returns the one object it printed."""

    def run(*arguments: object) -> dict[str, object]:
        status, out, err = ask(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)

    return run

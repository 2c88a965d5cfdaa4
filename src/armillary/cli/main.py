"""The command ``armillary``: verbs, and the one place where an error becomes a line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

import armillary
from armillary.cli.audit import audit
from armillary.cli.demo import demo
from armillary.cli.evaluate import evaluate
from armillary.cli.explain import explain
from armillary.cli.export import export
from armillary.cli.extrapolate import extrapolate
from armillary.cli.fit import fit
from armillary.cli.ladder import ladder
from armillary.cli.list import list_
from armillary.cli.plan import plan
from armillary.cli.predict import predict
from armillary.cli.quantize import quantize
from armillary.cli.report import report
from armillary.cli.train import train
from armillary.cli.trends import trends
from armillary.core.errors import ArmillaryError

# typer carries its own copy of click and exports no name for the base of its errors
ClickException: Any = typer.BadParameter.__mro__[2]

VERBS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "train": train,
    "evaluate": evaluate,
    "predict": predict,
    "explain": explain,
    "quantize": quantize,
    "export": export,
    "ladder": ladder,
    "fit": fit,
    "extrapolate": extrapolate,
    "plan": plan,
    "audit": audit,
    "trends": trends,
    "report": report,
    "list": list_,
}

app = typer.Typer(
    name="armillary",
    help="Train small working models, learn how they scale, decide about the large one before paying for it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _name, _verb in VERBS.items():
    app.command(_name)(_verb)


def _version(asked: bool | None) -> None:
    if asked:
        print(f"armillary {armillary.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = None,
) -> None:
    """Train small working models, learn how they scale, decide about the large one before paying for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = app(args=words or ["--help"], standalone_mode=False)
        return status if isinstance(status, int) else 0
    except ArmillaryError as error:
        return _say(str(error), error.exit_status)
    except ClickException as error:
        verb = words[0] if words and words[0] in VERBS else ""
        return _say(f"{error.format_message()} (see armillary {verb} --help)", 2)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", 130)
    except BrokenPipeError:  # the reader of our output went away: not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _say(line: str, status: int) -> int:
    print("armillary: " + " ".join(line.split()), file=sys.stderr)
    return status

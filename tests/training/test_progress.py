import io
import math

import pytest
from rich.console import Console

from armillary.training.logbook import Seen
from armillary.training.pace import Pace
from armillary.training.progress import Bar, Lines, Report, Silent, progress_for

REPORT = Report(
    step=120,
    progress=0.25,
    loss=2.34567,
    unit="token",
    tokens_per_second=51_234,
    flops_per_second=4.5e10,
    peak=9e10,
    seconds_left=185,
)


def test_a_line_says_loss_speed_efficiency_and_time_left() -> None:
    line = REPORT.line()
    for part in (
        "step 120",
        "loss 2.3457",
        "51.2k tokens/s",
        "4.5e10 FLOP/s (50% of matmul peak)",
        "3 min 05 s left",
    ):
        assert part in line


def test_what_is_not_known_yet_is_a_dash() -> None:
    early = Report(**{**vars(REPORT), "loss": math.nan, "seconds_left": math.inf})
    assert "loss -" in early.line()
    assert "- left" in early.line()


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 16.0, 16.0, 17.0])
    monkeypatch.setattr("armillary.training.progress.time.monotonic", lambda: next(clock))
    lines = Lines(every=15.0)
    lines.start("training")
    for _ in range(3):
        lines.update(REPORT)
    lines.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["training", f" 25%  {REPORT.line()}"]


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.start("training")
    silent.update(REPORT)
    silent.say("step")
    silent.close()
    assert capsys.readouterr() == ("", "")
    assert not silent.shows


def test_the_bar_draws_the_report() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    bar = Bar(console)
    bar.start("training")
    bar.update(REPORT)
    bar.say("[an evaluation]")
    bar.close()
    drawn = console.file.getvalue()
    assert "25%" in drawn
    assert "loss 2.3457" in drawn
    assert "[an evaluation]" in drawn


def test_what_is_shown_suits_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(progress_for(quiet=True), Silent)
    assert isinstance(progress_for(), Lines)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(progress_for(), Bar)


def test_speeds_leave_pauses_out_and_the_time_left_does_not() -> None:
    pace = Pace(Seen(step=10, n_tokens=1000, train_flops=1e6, seconds=5.0), progress=0.1, peak=1e9)
    pace.pause(2.0)
    report = pace.report(Seen(step=20, n_tokens=3000, train_flops=3e6, seconds=9.0), 0.3, 1.0, "token")
    assert report.tokens_per_second == 2000 / 2.0
    assert report.flops_per_second == 2e6 / 2.0
    assert report.seconds_left == pytest.approx(4.0 / 0.2 * 0.7)


def test_reports_are_due_twice_a_second() -> None:
    pace = Pace(Seen(), progress=0.0, peak=1e9)
    assert [pace.due(seconds) for seconds in (0.4, 0.6, 0.9, 1.1)] == [False, True, False, True]

"""What engines hear is judged on one form, timed in turn, and told by group."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from benchmarks.speech import ENGINES, Apart, Engine, in_words, recognition
from finished_runs import finished_run

from armillary.core.errors import RequestError, UnknownNameError
from armillary.data.audio import RATE
from armillary.data.base import Recording
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from benchmarks import speech

SAID = {0.25: "Press 1", 0.5: "extension eighteen", 0.75: "sierra"}  # by loudness
GROUPS = ("phrases", "digits", "digits")
RECORDINGS = [
    Recording(np.full(RATE // 2, level, np.float32), text, group=group)
    for (level, text), group in zip(SAID.items(), GROUPS, strict=True)
]


def perfect(_: Path, __: str) -> speech.Hear:
    return lambda samples: SAID[float(samples[0])]


def digital(_: Path, __: str) -> speech.Hear:
    """An engine that writes digits and knows no sierra."""
    heard = {0.25: "press one.", 0.5: "Extension 18", 0.75: "sahara"}
    return lambda samples: heard[float(samples[0])]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Engine]:
    stubs = {
        "Armillary": Engine(perfect),
        "digital": Engine(digital),
        "absent": Engine(perfect, ("a-package-that-nobody-has",)),
        "english": Engine(perfect, (), ("en",)),
    }
    monkeypatch.setattr(speech, "ENGINES", stubs)
    speech._engine.cache_clear()
    return stubs


def raced(names: list[str], left_out: dict[str, str] | None = None) -> speech.Recognition:
    with ThreadPoolExecutor(1) as here:
        waves = [recording.audio for recording in RECORDINGS]
        apart = {name: Apart(name, Path("run"), "en", waves, here) for name in names}
        return recognition("Race", RECORDINGS, "en", apart, left_out or {}, rounds=2)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("press 1, or 2", "press one, or two"),
        ("18 of 40", "eighteen of forty"),
        ("the 3rd and the 21st", "the third and the twenty-first"),
        ("105 calls", "one hundred five calls"),
        ("1,200", "one thousand, two hundred"),
        ("H323 and 3D", "H323 and 3D"),
        ("no number", "no number"),
    ],
)
def test_numbers_come_in_words(written: str, wanted: str) -> None:
    assert in_words(written, "en") == wanted


def test_numbers_come_in_the_words_of_the_language() -> None:
    assert in_words("tecla 18", "es") == "tecla dieciocho"
    assert in_words("tecla 1", "es") == "tecla uno"


def test_digits_cost_an_engine_nothing_and_a_wrong_word_one_error(engines: dict[str, Engine]) -> None:
    found = raced(["Armillary", "digital"])
    assert found.metrics("Armillary")["wer"] == 0
    assert found.metrics("digital")["wer"] == pytest.approx(1 / 5)
    assert found.metrics("digital", "phrases")["wer"] == 0
    assert found.metrics("digital", "digits")["wer"] == pytest.approx(1 / 3)
    assert found.metrics("digital")["exact_matches"] == pytest.approx(2 / 3)


def test_speed_is_measured_in_seconds_of_sound(
    engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {"Armillary": 0.03, "digital": 0.3}
    real = Apart.lap

    def slowed(apart: Apart, n: int) -> float:
        real(apart, n)
        return seconds[apart._asked[0]]

    monkeypatch.setattr(Apart, "lap", slowed)
    speed = raced(["Armillary", "digital"]).speed
    assert speed.rates == pytest.approx({"Armillary": 1.5 / 0.03, "digital": 1.5 / 0.3})
    assert speed.ratios["digital"] == pytest.approx((10, 10, 10))


def test_the_report_has_all_engines_groups_and_who_was_left_out(engines: dict[str, Engine]) -> None:
    report = raced(["Armillary", "digital"], {"absent": "not installed: a-package"}).markdown()
    assert "Race: 3 recordings, 2 s" in report
    assert "| digital | 20.0 (" in report
    assert "| WER, % | digits (2) | phrases (1) |" in report
    assert "absent was left out (not installed: a-package)." in report


def test_an_engine_takes_part_where_it_is_installed_and_knows_the_language(
    engines: dict[str, Engine],
) -> None:
    assert engines["absent"].missing("en") == "not installed: a-package-that-nobody-has"
    assert engines["english"].missing("en") == ""
    assert engines["english"].missing("fr") == "has no model of the language fr"
    assert ENGINES["Armillary"].missing("zh") == ""


def test_an_unknown_engine_is_named_with_those_known() -> None:
    with pytest.raises(UnknownNameError, match="pocketsphynx"):
        speech.main(["--run", "nowhere", "--engines", "pocketsphynx"])


def test_a_run_of_another_task_is_refused(tmp_path: Path) -> None:
    run = finished_run(tmp_path, "text-generation")
    with pytest.raises(RequestError, match="text-generation"):
        speech.main(["--run", str(run.path)])


def test_our_engine_hears_as_the_run_answers(tmp_path: Path) -> None:
    run = finished_run(tmp_path, "automatic-speech-recognition", "cnn")
    task = RunConfig.from_dict(Run.open(run.path).config).task
    wave = task.source.split("test")[0].audio
    text = ENGINES["Armillary"].make(run.path, "en")(wave)
    assert text == speech.open_model(run.path).answer([wave])[0]
    silent = ENGINES["Armillary"].make(run.path, "en")(np.zeros(RATE, np.float32))
    assert silent == ""

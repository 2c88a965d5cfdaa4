from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from armillary.cli.main import main

CLAIM = "GPT-3 took 1.75 million GPU-days to train"
CLAIMED = {"kind", "text", "unit", "base_per_unit", "value", "low", "high"}
EXPECTED = {"expected_low", "expected_high", "possible_low", "possible_high", "record"}
FOUND = {"verdict", "factor", "implied_utilisation", "arithmetic", "summary", "plausible_if"}


def test_a_claim_is_answered_with_verdict_arithmetic_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", CLAIM]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("GPT-3 175B: 1,750,000 GPU-days: about 12 times too high; plausible if")
    assert "29,074 GPU-days" in printed
    assert "n_tokens = 3e+11 [arXiv:2005.14165" in printed


def test_json_is_one_object_with_the_documented_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", CLAIM, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"language", "verdict", "utilisation", "claims"}
    (claim,) = answer["claims"]
    assert set(claim) == {"text", "model", "hardware", "verdict", "summary", "checks", "notes", "sources"}
    (check,) = claim["checks"]
    assert set(check) == CLAIMED | EXPECTED | FOUND
    assert set(check["plausible_if"][0]) == {"slip", "value", "kind", "unit", "text"}
    assert set(claim["sources"][0]) == {"model", "quantity", "value", "source"}


def test_files_and_standard_input_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "article.txt"
    page.write_text(f"{CLAIM}.\nPaLM took 2.5e24 FLOP.\n", encoding="utf-8")
    assert main(["audit", str(page)]) == 0
    from_file = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(page.read_text(encoding="utf-8")))
    assert main(["audit", "-"]) == 0
    assert capsys.readouterr().out == from_file
    assert "PaLM 540B: 2.5e24 FLOP: plausible" in from_file


def test_the_language_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", CLAIM, "--lang", "zh"]) == 0
    assert "约偏高 12 倍" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["audit", "hello world"], ["audit", CLAIM, "--lang", "fr"], ["audit", "missing.txt"], ["audit", ""]],
)
def test_what_cannot_be_audited_is_one_line_and_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_files_that_are_no_text_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "picture.png"
    page.write_bytes(b"\x89PNG\xff\xfe\x00")
    assert main(["audit", str(page)]) == 2
    assert "UTF-8" in capsys.readouterr().err

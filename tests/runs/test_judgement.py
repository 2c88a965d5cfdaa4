import json

import pytest

from armillary.core.errors import CheckpointError, RequestError
from armillary.runs.judgement import (
    Alignment,
    Judged,
    Judgement,
    judgement_path,
    media_path,
    read_judgement,
    write_judgement,
)
from armillary.runs.run import Run

ALIGNED = Alignment(("打", "开", ""), ("open", ""), ((0.5, 0.25, 0.25), (0.0, 0.0, 1.0)))
EXAMPLES = (
    Judged("打开", "open", "open", 100.0, "page 1", ALIGNED),
    Judged("a\u2028b\x85c\r\nd\x00", "😀", "", 0.0),
)
WHOLE = Judgement("test", {"loss": 1.5, "bleu": 30.0}, "chrf", EXAMPLES)


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"task": {"kind": "translation"}})


def test_what_is_written_is_read(run):
    path = write_judgement(run, WHOLE)
    assert path == run.path / "outputs" / "test.jsonl"
    assert read_judgement(run) == WHOLE
    assert path.read_bytes().count(b"\n") == len(path.read_text().splitlines()) == 3
    assert set(json.loads(path.read_text().splitlines()[2])) == {"source", "reference", "output", "score"}


def test_files_are_kept_beside_the_outputs_and_nowhere_else(run):
    heard = Judged("clip.wav", "one", "two", 0.0, media="0.mp3")
    judgement = Judgement("test", {}, "characters", (heard,), "recordings", {"0.mp3": b"sound"})
    write_judgement(run, judgement)
    assert read_judgement(run) == judgement
    assert media_path(run, "test", "0.mp3").read_bytes() == b"sound"
    assert media_path(run, "test", "../../secret") == run.path / "outputs" / "test" / "secret"


def test_the_fingerprint_is_that_of_the_examples_in_their_order():
    better = Judgement("test", {}, "chrf", tuple(Judged(e.source, e.reference, "x", 1.0) for e in EXAMPLES))
    assert better.fingerprint == WHOLE.fingerprint
    assert Judgement("test", {}, "chrf", EXAMPLES[::-1]).fingerprint != WHOLE.fingerprint
    swapped = (Judged("打开open", "", "", 0.0), EXAMPLES[1])
    assert Judgement("test", {}, "chrf", swapped).fingerprint != WHOLE.fingerprint


def test_a_split_of_which_nothing_is_kept(run):
    with pytest.raises(RequestError, match=r"keeps no outputs on the validation split; .*--split validation"):
        read_judgement(run, "validation")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"format": 1', '"format": 9', 1), "format 9 and not 1"),
        (lambda text: text.rsplit("{", 1)[0], "not whole"),
        (lambda text: text[:-20], "cannot read"),
        (lambda text: text.replace('"score": 0.0', '"points": 0.0'), "cannot read"),
        (lambda _: "", "cannot read"),
        (lambda text: text.replace("open", "shut"), "not whole"),
    ],
)
def test_a_damaged_file_is_named(run, change, said):
    path = write_judgement(run, WHOLE)
    path.write_text(change(path.read_text()))
    with pytest.raises(CheckpointError, match=said) as caught:
        read_judgement(run)
    assert str(path) in str(caught.value)
    assert judgement_path(run, "test") == path

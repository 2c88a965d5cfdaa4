import numpy as np
import pytest

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, Recording
from armillary.data.recording_splits import hold_out_recordings
from armillary.data.splits import HoldOut

SOUND = np.zeros(160, np.float32)
WORDS = ["apple", "river", "stone", "cloud", "engine", "window", "garden", "silver", "planet", "market"]


def split(said, **how):
    recordings = [Recording(SOUND, text, speaker) for speaker, text in said]
    splits = hold_out_recordings(recordings, [str(i) for i in range(len(said))], HoldOut(), **how)
    assert sum(len(splits[name]) for name in SPLITS) == len(said)
    assert all(len(splits[name]) for name in SPLITS)
    return splits


def test_many_speakers_share_no_split():
    splits = split([(f"s{i % 20}", WORDS[i % 10]) for i in range(400)])
    speakers = [{r.speaker for r in splits[name]} for name in SPLITS]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 20
    assert splits.report["n_test_speakers"] == len(speakers[2]) == 2
    assert splits.report["n_test_speakers_in_training"] == 0


def test_of_few_speakers_test_alone_has_its_own():
    splits = split([(f"s{i % 4}", f"{WORDS[i % 10]} {WORDS[i // 10]}") for i in range(100)])
    speakers = [{r.speaker for r in splits[name]} for name in SPLITS]
    assert (len(speakers[0]), len(speakers[2])) == (3, 1)
    assert speakers[1] <= speakers[0]
    assert splits.report["n_test_speakers_in_training"] == 0


def test_clips_without_speaker_are_for_training():
    splits = split([(f"s{i % 5}" if i % 2 else "", WORDS[i % 10]) for i in range(100)])
    assert sum(r.speaker == "" for r in splits["train"]) == 50


def test_one_speaker_is_split_by_text():
    texts = [f"{a} {b} {c}" for a in WORDS[:5] for b in WORDS[5:] for c in WORDS[2:6]]
    splits = split([("", text) for text in [*texts, *texts[:20]]])
    found = [{r.text for r in splits[name]} for name in SPLITS]
    assert sum(map(len, found)) == len(set.union(*found))
    assert splits.report["n_test_texts_in_training"] == 0


def test_a_small_vocabulary_is_split_by_clip():
    splits = split([("", word) for word in WORDS for _ in range(10)])
    assert {r.text for r in splits["train"]} == {r.text for r in splits["test"]} == set(WORDS)
    assert splits.report["n_test_texts_in_training"] == len(splits["test"]) == 10


def test_what_was_asked_for_is_done():
    said = [(f"s{i % 5}", WORDS[i % 10]) for i in range(200)]
    assert split(said, by="text").report["n_test_texts_in_training"] == 0
    assert split(said, by="clip").report["n_test_speakers"] == 5
    with pytest.raises(DataError, match=r"takes 3 known speakers, and there are 2; .*task\.source\.by=text"):
        split([(f"s{i % 2}", WORDS[i % 10]) for i in range(50)], by="speaker")


def test_the_order_of_files_has_no_say():
    said = [(f"s{i % 20}", WORDS[i % 10]) for i in range(200)]
    recordings = [Recording(SOUND, text, speaker) for speaker, text in said]
    names = [f"{i}.wav" for i in range(200)]
    first = hold_out_recordings(recordings, names, HoldOut())
    again = hold_out_recordings(recordings[::-1], names[::-1], HoldOut())
    assert all(first[name] == again[name] for name in SPLITS)


def test_nothing_cannot_be_split():
    with pytest.raises(DataError, match="no recordings"):
        hold_out_recordings([], [], HoldOut())

import gzip

import numpy as np
import pytest
import soundfile

from armillary.core.errors import DataError
from armillary.data.base import SPLITS
from armillary.data.sources import AsteriskSounds

WORDS = ["apple", "river", "stone", "cloud", "engine", "window", "garden", "silver", "planet", "market"]
TEXTS = {f"phrase-{i}": f"{WORDS[i % 10]} {WORDS[i // 10]} {WORDS[(3 * i) % 10]}." for i in range(30)}
TEXTS |= {"phrase-7": "the fourtieth caller"}
TEXTS |= {f"digits/{i}": word for i, word in enumerate(WORDS)} | {"letters/dash": "dash [-]"}
DROPPED = {
    "beep": "[this is a simple beep tone]",
    "silence/1": "(1 second of silence)",
    "vm-intro": "Please leave a message. (simple tone sound plays)",
    "dots": "...",
}


@pytest.fixture
def folder(tmp_path):
    sounds = tmp_path / "usr/share/asterisk/sounds/en_US_f_Allison"
    for name in [*TEXTS, *DROPPED, "untold", "twice"]:
        (sounds / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(sounds / f"{name}.wav", np.zeros(800), 8_000)
    soundfile.write(sounds / "phrase-0.wav", np.zeros(8_000), 8_000)
    listed = [*TEXTS.items(), *DROPPED.items(), ("twice", "one"), ("twice", "two"), ("gone", "nothing")]
    listed += [("digits/1", "river")]
    lines = ["\ufeff; Core Asterisk Sounds", "", *(f"{name}: {text}" for name, text in listed)]
    document = tmp_path / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    document.parent.mkdir(parents=True)
    document.write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_clips_have_their_words(folder):
    source = AsteriskSounds(path=folder)
    found = {r.audio.stem: r for name in SPLITS for r in source.split(name)}
    cleaned = {"dash [-]": "dash", "the fourtieth caller": "the fortieth caller"}
    assert {r.text for r in found.values()} == {cleaned.get(text, text) for text in TEXTS.values()}
    assert (found["dash"].text, found["dash"].group) == ("dash", "letters")
    assert (found["1"].text, found["1"].group, found["1"].speaker) == ("river", "digits", "Allison")
    assert found["phrase-3"].group == "phrases"


def test_what_is_left_out_is_counted(folder):
    report = AsteriskSounds(path=folder, longest=0.5).report()
    assert report["n_recordings"] == len(TEXTS) + len(DROPPED) + 2
    assert report["n_without_speech"] == 2
    assert report["n_with_a_remark"] == 1
    assert report["n_without_transcript"] == 2  # nobody lists one; of the other, dots are all that is listed
    assert report["n_with_two_transcripts"] == 1
    assert report["n_too_long"] == 1
    assert report["n_test_texts_in_training"] == 0
    assert sum(report[f"n_{name}"] for name in SPLITS) == len(TEXTS) - 1


def test_files_that_are_not_there_are_named(folder, monkeypatch):
    with pytest.raises(DataError, match=r"has no core-sounds-fr\.txt\.gz under usr/share/doc"):
        AsteriskSounds(path=folder, language="fr").read()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"asterisk-core-sounds-it can only .*: task\.source\.path=FOLDER"):
        AsteriskSounds(language="it").read()


@pytest.mark.network
@pytest.mark.parametrize("language", ["en", "es", "fr", "it", "ru"])
def test_debians_packages_have_hundreds_of_clips(language):
    report = AsteriskSounds(language=language).report()
    assert 450 < sum(report[f"n_{name}"] for name in SPLITS) < 620
    assert report["n_test"] > 80

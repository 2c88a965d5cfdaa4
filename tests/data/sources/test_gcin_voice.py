import pytest

from armillary.core.errors import DataError
from armillary.data.base import SPLITS
from armillary.data.sources import GcinVoice

SYLLABLES = [
    "ㄇㄚ",
    "ㄇㄚ2",
    "ㄇㄚ3",
    "ㄇㄚ4",
    "ㄇㄚ1",
    "ㄓ",
    "ㄕ4",
    "ㄊㄢ3",
    "ㄌㄜ4",
    "ㄩㄢ",
    "ㄅㄤ",
    "ㄒㄧㄝ2",
]


@pytest.fixture
def folder(tmp_path):
    for syllable in [*SYLLABLES, "ㄅ", "ㄉ1", "noise"]:
        (tmp_path / syllable).mkdir()
        for speaker in "35" if syllable in SYLLABLES else "3":
            (tmp_path / syllable / f"{speaker}.ogg").touch()
    return tmp_path


def test_the_tone_is_the_last_character(folder):
    source = GcinVoice(path=folder)
    by_name = {r.audio.parent.name: r.text for r in source.split("test")}
    tones = [by_name[name] for name in SYLLABLES[:5]]
    assert tones == ["ㄇㄚˉ", "ㄇㄚˊ", "ㄇㄚˇ", "ㄇㄚˋ", "ㄇㄚ˙"]
    assert (by_name["ㄓ"], by_name["ㄕ4"]) == ("ㄓˉ", "ㄕˋ")


@pytest.mark.parametrize("speaker", ["Edward Liu", "Chu Lo"])
def test_the_speaker_of_test_is_not_in_training(folder, speaker):
    source = GcinVoice(path=folder, test_speaker=speaker)
    assert {r.speaker for r in source.split("test")} == {speaker}
    assert speaker not in {r.speaker for name in SPLITS[:2] for r in source.split(name)}
    report = source.report()
    assert report["n_test_speakers_in_training"] == 0
    assert (report["n_test"], report["n_train"] + report["n_validation"]) == (12, 12)


def test_names_of_letters_and_other_files_are_counted(folder):
    report = GcinVoice(path=folder).report()
    assert (report["n_recordings"], report["n_names_of_letters"], report["n_other_files"]) == (27, 2, 1)


def test_a_folder_without_syllables_and_a_machine_without_apt(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="has 0 clips of Edward Liu; syllables are folders"):
        GcinVoice(path=tmp_path).read()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"gcin-voice can only .*task\.source\.path=FOLDER"):
        GcinVoice().read()


@pytest.mark.network
def test_debians_package_has_two_speakers():
    report = GcinVoice().report()
    assert (report["n_recordings"], report["n_test"]) == (2358, 1158)
    assert report["n_train"] > 1000

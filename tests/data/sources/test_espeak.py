import pytest

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SPLITS
from armillary.data.sources import Espeak
from armillary.data.sources.espeak import TEXTS

pytest.importorskip("espeakng_loader", reason="eSpeak NG is an extra")


@pytest.mark.parametrize("language", TEXTS)
def test_clips_are_synthetic_and_voices_of_test_are_new(language):
    source = Espeak(language=language, n_clips=60)
    clips = [r for name in SPLITS for r in source.split(name)]
    assert all(r.synthetic and r.text in TEXTS[language] for r in clips)
    assert (source.report()["n_synthetic"], source.report()["n_test_speakers_in_training"]) == (60, 0)
    assert len({r.speaker for r in clips}) > 5


def test_texts_of_ones_own(tmp_path):
    (tmp_path / "texts").write_text("guten Tag\n\nauf  Wiedersehen\nDoktor\t Dr.\n", encoding="utf-8")
    source = Espeak(language="de", texts=tmp_path / "texts", n_clips=40)
    clips = [r for name in SPLITS for r in source.split(name)]
    assert {r.text for r in clips} == {"guten Tag", "auf Wiedersehen", "Dr."}
    assert all(r.speaker.startswith("de+") for r in clips)


def test_of_mandarin_syllables_the_tone_may_be_all_that_is_written():
    source = Espeak(language="zh", heard="tone", n_clips=80)
    clips = [r for name in SPLITS for r in source.split(name)]
    assert {r.text for r in clips} == {"ˉ", "ˊ", "ˇ", "ˋ"}
    with pytest.raises(ConfigError, match="of Mandarin: language=zh and no texts"):
        Espeak(language="en", heard="tone")


def test_numbers_are_spelled_once():
    assert all(len(set(texts)) == len(texts) for texts in TEXTS.values())
    assert {"seven", "thirteen", "ninety nine"} <= set(TEXTS["en"])
    assert {"七", "十三", "九十九"} <= set(TEXTS["zh"])


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"of our own in en, zh, none in 'de'; .*task\.source\.texts=FILE"):
        Espeak(language="de").read()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(DataError, match="empty has no text in it"):
        Espeak(texts=tmp_path / "empty").read()
    with pytest.raises(ConfigError, match="30 clips are the fewest"):
        Espeak(n_clips=3)

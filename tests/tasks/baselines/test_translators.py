import pytest

from armillary.data.base import TextPair
from armillary.tasks.baselines.translators import baseline_translations, nearest, translation_baselines

TRAIN = [
    TextPair("open the file", "die Datei öffnen"),
    TextPair("close the file", "die Datei schließen"),
    TextPair("open the window", "das Fenster öffnen"),
    TextPair("close", "schließen"),
    TextPair("file", "Datei"),
] * 3


def test_the_memory_gives_the_translation_of_the_most_similar_source():
    known, translations = [p.source for p in TRAIN], [p.target for p in TRAIN]
    found = nearest(known, translations, ["Open this window!", "close", "unheard of", ""])
    assert found == ["das Fenster öffnen", "schließen", "", ""]


def test_many_texts_are_looked_up_in_parts(monkeypatch):
    known, translations = [p.source for p in TRAIN], [p.target for p in TRAIN]
    monkeypatch.setattr("armillary.tasks.baselines.translators.AT_A_TIME", 2)
    assert nearest(known, translations, known) == translations


def test_the_memory_of_what_it_was_taught_is_perfect_and_copying_keeps_numbers():
    metrics = translation_baselines(TRAIN, [*TRAIN[:5], TextPair("file 7", "Datei 7")])
    assert metrics["nearest"]["exact_matches"] == pytest.approx(5 / 6)
    assert metrics["copy"]["copied"] == 1
    assert metrics["copy"]["chrf"] < metrics["dictionary"]["chrf"] < metrics["nearest"]["chrf"]


def test_the_dictionary_exchanges_the_words_it_knows():
    written = baseline_translations(TRAIN, ["close file 7"])
    assert written["dictionary"] == ["schließen Datei 7"]
    assert written["copy"] == ["close file 7"]

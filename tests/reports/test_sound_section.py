import base64

from armillary.reports.output_section import outputs_of
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, Judgement, write_judgement
from armillary.runs.run import Run

EN = Words("en")


def test_recordings_are_heard_on_the_page(tmp_path):
    run = Run.create(tmp_path / "run", {"task": {"kind": "automatic-speech-recognition"}})
    examples = (
        Judged("a.wav", "one two", "one two", 100.0, "speaker 1", media="0.mp3"),
        Judged("b.wav", "three", "free", 60.0),
    )
    write_judgement(run, Judgement("test", {}, "characters", examples, "recordings", {"0.mp3": b"sound"}))
    view = outputs_of(run, EN)
    sounds = {card.lines[0].text: card.sound for _, cards in view.samples for card in cards}
    assert sounds == {"a.wav": "data:audio/mpeg;base64," + base64.b64encode(b"sound").decode(), "b.wav": ""}
    assert {card.lines[0].name for _, cards in view.samples for card in cards} == {"File"}
    assert "what was said" in view.length_caption
    assert len(view.errors.rows) == 4

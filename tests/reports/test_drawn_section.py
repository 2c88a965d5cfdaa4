import base64

from armillary.reports.drawn_section import drawn_of
from armillary.reports.output_section import outputs_of
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, Judgement, write_judgement
from armillary.runs.run import Run

EN = Words("en")


def test_images_stand_with_their_captions(tmp_path):
    run = Run.create(tmp_path / "run", {"task": {"kind": "text-to-image"}})
    assert drawn_of(run, EN) is None
    examples = (
        Judged("数字三", "3", "3", 100.0, media="0.png"),
        Judged("the digit four", "4", "9", 0.0, media="1.png"),
        Judged("lost", "4", "4", 100.0, media="2.png"),
    )
    files = {"0.png": b"three", "1.png": b"four"}
    write_judgement(run, Judgement("test", {}, "recognised", examples, "captions", files))
    drawn = drawn_of(run, EN)
    assert [(image.caption, image.seen) for image in drawn.images] == [
        ("数字三", ""),
        ("the digit four", "9"),
    ]
    assert drawn.images[0].source == "data:image/png;base64," + base64.b64encode(b"three").decode()
    assert drawn.images[0].lang == "zh-Hans"
    assert drawn.stages == []
    run.add_picture(500, b"later")
    run.add_picture(20, b"early")
    stages = drawn_of(run, EN).stages
    assert [stage.step for stage in stages] == ["20", "500"]
    assert stages[0].source.endswith(base64.b64encode(b"early").decode())
    assert outputs_of(run, EN) is None

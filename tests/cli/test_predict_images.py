import base64
import json

from documented import departures

from armillary.cli.predict_output import show_images

PNG = base64.b64encode(b"a picture").decode()


def test_images_are_written_under_their_captions(tmp_path, capsys):
    answers = [
        {"caption": "a digit: seven!", "seed": 0, "png": PNG},
        {"caption": "数字三", "seed": 1, "png": PNG},
        {"caption": "?/..", "seed": 2, "png": PNG},
    ]
    show_images("runs/x", answers, tmp_path / "out", as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert departures("armillary predict, of text-to-image", shown) == []
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a-digit-seven-0.png", "image-2.png", "数字三-1.png"]
    assert (tmp_path / "out" / "数字三-1.png").read_bytes() == b"a picture"
    assert [answer["path"] for answer in shown["answers"]][1] == str(tmp_path / "out" / "数字三-1.png")


def test_where_no_folder_is_named_there_is_one(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    show_images("runs/x", [{"caption": "one", "seed": 3, "png": PNG}], None, as_json=False)
    assert capsys.readouterr().out == "drawn/one-3.png\n"
    assert (tmp_path / "drawn/one-3.png").is_file()

import json
import subprocess
import sys

import pytest
import torch
from documented import departures
from finished_runs import finished_run
from safetensors.torch import load_file

from armillary.cli.main import main
from armillary.compression import quantize
from armillary.core.errors import ConfigError, ExportError, MissingExtraError, RequestError
from armillary.export import EXPORTERS, CTranslate2, HuggingFace, export, huggingface
from armillary.inference import open_model
from armillary.models.quantization import Quantization
from armillary.runs.run import Run

TEXTS = [
    "the old star",
    "  salt and butter ",
    "\x07 \U0001f600 12 北京",
    "<|endoftext|> is text",
    "tide " * 60,
]

ALONE = """
import json, sys
sys.modules["armillary"] = None
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
folder, texts = sys.argv[1], json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSeq2SeqLM.from_pretrained(folder).double()
inputs = tokenizer(texts, return_tensors="pt", padding=True, truncation=True)
print(json.dumps(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return finished_run(tmp_path_factory.mktemp("summarization"), "summarization")


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """The folder for Hugging Face's transformers."""
    return export(run, HuggingFace(), tmp_path_factory.mktemp("out") / "folder")


def test_the_folder_answers_alike(exported):
    parity = exported.parity
    assert parity.examples == "test split"
    assert parity.largest_difference < 1e-4  # its norms are in single precision
    assert parity.exported_loss == pytest.approx(parity.loss)
    assert (parity.equal_greedy, parity.equal_beams) == (1, 1)
    assert parity.metric == "rougeL"
    assert parity.score == parity.exported_score


def test_a_process_without_armillary_opens_it_and_writes_the_same(run, exported):
    model = open_model(run)
    model.module.double()
    answers = [answer if isinstance(answer, str) else answer["text"] for answer in model.answer(TEXTS)]
    words = [sys.executable, "-c", ALONE, str(exported.path), json.dumps(TEXTS)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == answers


def test_the_codes_of_a_quantized_run_are_multiplied_out_and_the_export_says_so(run, tmp_path, capsys):
    four = quantize(run, Quantization(bits="4"), tmp_path / "four")
    assert main(["export", str(four.path), "huggingface", "--out", str(tmp_path / "folder")]) == 0
    said = capsys.readouterr().out
    assert "the codes of 4bit were multiplied out: the folder has no packed weights" in said
    assert "multiplied out here to ordinary numbers" in (tmp_path / "folder" / "README.md").read_text()
    assert {t.dtype for t in load_file(tmp_path / "folder" / "model.safetensors").values()} == {torch.float32}


def test_the_card_is_the_librarys_and_needs_no_source(exported):
    card = (exported.path / "README.md").read_text()
    assert 'library_name: "transformers"' in card
    assert "AutoModelForSeq2SeqLM" in card
    assert "armillary predict" not in card


def test_ctranslate2s_own_converter_takes_the_folder(run, exported, tmp_path):
    import ctranslate2

    from armillary.export.huggingface import HuggingFaceModel

    ctranslate2.converters.TransformersConverter(str(exported.path)).convert(str(tmp_path / "ct2"))
    task = open_model(run).task
    opened = HuggingFaceModel(exported.path, task)
    rows, spelled = opened.encode(TEXTS), task.learnt_tokenizer.spelled()
    translator = ctranslate2.Translator(str(tmp_path / "ct2"))
    found = translator.translate_batch(
        [[spelled[i] for i in row] for row in rows],
        beam_size=1,
        max_decoding_length=task.max_target,
        min_decoding_length=0,
    )
    theirs = [[spelled.index(token) for token in one.hypotheses[0]] for one in found]
    assert theirs == opened.best(rows, task.writing.replace(n_beams=1))


def test_an_export_for_ctranslate2_says_what_rounding_cost(run, tmp_path):
    rounded = export(run, CTranslate2(), tmp_path / "int8").parity
    exact = export(run, CTranslate2(quantization="float32"), tmp_path / "float32").parity
    assert exact.largest_difference < 1e-4 < rounded.largest_difference
    assert rounded.exported_loss == pytest.approx(rounded.loss, abs=0.02)
    sizes = [(tmp_path / name / "model.bin").stat().st_size for name in ("int8", "float32")]
    assert sizes[0] < sizes[1]
    with pytest.raises(ConfigError, match="int8"):
        CTranslate2().override("quantization=int4")


@pytest.mark.parametrize("name", EXPORTERS)
def test_nothing_is_left_of_an_export_that_differs(name, run, tmp_path, monkeypatch):
    opened = EXPORTERS[name].opened

    def spoilt(self, folder, task):
        export = opened(self, folder, task)
        log_probs = export.log_probs
        monkeypatch.setattr(export, "log_probs", lambda *asked: [p - 0.1 for p in log_probs(*asked)])
        return export

    monkeypatch.setattr(EXPORTERS[name], "opened", spoilt)
    with pytest.raises(ExportError, match="would answer differently"):
        export(run, EXPORTERS[name](), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_other_tokens_are_a_difference_too(run, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface, "generation_config", _of_one_token)
    with pytest.raises(ExportError, match="texts are equal"):
        export(run, HuggingFace(), tmp_path / "out")


def _of_one_token(writing, max_tokens, end_of_text):
    marks = ("eos_token_id", "pad_token_id", "decoder_start_token_id")
    fields = dict.fromkeys(marks, end_of_text)
    return fields | {"max_length": 2, "num_beams": writing.n_beams}


def test_a_run_whose_source_is_gone_is_compared_on_made_up_texts(run, tmp_path, monkeypatch):
    def gone(self, name):
        raise RequestError("the source is gone")

    monkeypatch.setattr(type(open_model(run).task.source), "split", gone)
    parity = export(run, CTranslate2(quantization="float32"), tmp_path / "out").parity
    assert parity.examples == "made up"
    assert parity.metric is parity.score is None
    assert parity.n_texts == 64


@pytest.mark.parametrize(
    ("task", "kind", "fields", "said"),
    [
        ("translation", "transformer", {"copy": True}, "model.copy=false; no other format can either"),
        ("translation", "lstm", {}, "model=classic-transformer.*; no other format can either"),
        (
            "translation",
            "transformer",
            {"positions": "rope", "norm": "layer", "activation": "gelu", "bias": True},
            "positions=relative model.norm=rms model.activation=swiglu model.bias=false; ctranslate2 can",
        ),
        ("text-generation", "transformer", {}, "ctranslate2 and huggingface take runs of translation"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_line(task, kind, fields, said, tmp_path):
    run = finished_run(tmp_path, task, kind, **fields)
    with pytest.raises(RequestError, match=said):
        export(run, HuggingFace(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="holds something already"):
        export(run, HuggingFace(), tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_missing_library_is_one_line(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[export\]"):
        export(run, HuggingFace(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_says_how_alike_they_are(run, tmp_path, capsys):
    words = ["export", str(run.path), "ctranslate2", "quantization=float32", "--out", str(tmp_path / "out")]
    assert main([*words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert departures("armillary export", facts) == []
    assert facts["out"] == str(tmp_path / "out")
    assert facts["parity"]["equal_greedy"] >= 0.95
    assert main(["export", str(run.path), "onyx"]) == 2
    assert "no export format is called 'onyx'" in capsys.readouterr().err

from pathlib import Path

import pytest
import torch
from finished_runs import drawn, finished_run

from armillary.core.errors import ConfigError, RequestError, StoppedError, UnknownNameError
from armillary.inference import answer_file, open_model
from armillary.runs.run import Run
from armillary.training.finished import WEIGHTS
from armillary.training.weights import write_tensors

TEXTS = ["the old star", "salt and butter\n\nthe tide", "\x07 \U0001f600 12 北京", ""]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return finished_run(tmp_path_factory.mktemp("translation"), "translation")


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ctranslate2"


def test_it_answers_as_torch_does_but_for_rounding(run):
    exact, fast = open_model(run), open_model(run, engine="ctranslate2")
    texts = TEXTS + [f"the star {i} of the {'old ' * (i % 5)}tide" for i in range(40)]
    ours, theirs = (model.answer(texts, max_tokens=2) for model in (exact, fast))
    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) >= 0.5 * len(ours)
    assert [answer.count("\n") for answer in theirs] == [text.count("\n") for text in texts]
    assert fast.engine == "ctranslate2"


def test_it_judges_its_own_texts_and_the_loss_of_the_weights(run):
    exact, fast = (open_model(run, engine=engine) for engine in ("torch", "ctranslate2"))
    task = exact.task.replace(judged_examples=8).restored(run.path)
    one, other = (task.judge(model.module, "test") for model in (exact, fast))
    assert other.metrics["loss"] == pytest.approx(one.metrics["loss"])
    assert [e.output for e in other.examples] == task.hypotheses(fast.module, task.judged_of("test"))
    assert task.alignment(fast.module, "a", "b") == task.alignment(exact.module, "a", "b")


def test_a_conversion_is_kept_until_the_weights_change(run, kept):
    open_model(run, engine="ctranslate2")
    (first,) = kept.iterdir()
    made = (first / "model.bin").stat().st_mtime_ns
    open_model(run, engine="ctranslate2")
    assert [path.name for path in kept.iterdir()] == [first.name]
    assert (first / "model.bin").stat().st_mtime_ns == made
    weights = run.path / WEIGHTS
    whole = weights.read_bytes()
    write_tensors(weights, drawn(open_model(run).module, seed=1).state_dict())
    try:
        open_model(run, engine="ctranslate2")
    finally:
        weights.write_bytes(whole)
    assert len(list(kept.iterdir())) == 2


def test_what_it_cannot_do_is_refused(run, tmp_path):
    fast = open_model(run, engine="ctranslate2")
    with pytest.raises(ConfigError, match="temperature=0, or the engine torch"):
        fast.answer(["a"], n_beams=1, temperature=1.0)
    with pytest.raises(RequestError, match="engine torch"):
        list(fast.stream("a"))
    with pytest.raises(UnknownNameError, match="did you mean 'ctranslate2'"):
        open_model(run, engine="ctranslate")
    with pytest.raises(ConfigError, match="device='nowhere' cannot be used here"):
        open_model(run, engine="ctranslate2", device="nowhere")
    with pytest.raises(ConfigError, match="model=transformer"):
        open_model(finished_run(tmp_path, "summarization", "lstm"), engine="ctranslate2")


def test_a_file_half_answered_by_one_engine_is_not_gone_on_with_by_another(run, tmp_path):
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("one\ntwo\n")
    for engine in ("torch", "ctranslate2"):
        model = open_model(run, engine=engine)
        with pytest.raises(StoppedError):
            answer_file(model, source, out, {}, _stop_after_the_first, print)
    assert len({part.name for part in tmp_path.glob("out.txt.*.part")}) == 2


def _stop_after_the_first(done, total):
    if done:
        raise KeyboardInterrupt


@pytest.mark.parametrize("n_threads", [1, 2])
def test_threads_of_torch_stay_what_they_were(run, n_threads):
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        assert open_model(run, engine="ctranslate2").answer(["the old star"], max_tokens=4)
        assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)

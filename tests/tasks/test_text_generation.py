import math

import numpy as np
import pytest
import torch
from tiny_tasks import guess, text_generation, tiny_model
from torch import nn

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import Document
from armillary.data.sources import TextFiles
from armillary.data.tokenizers import ByteConfig
from armillary.tasks import TextGeneration


@pytest.fixture(scope="module")
def task(folder) -> TextGeneration:
    return text_generation(folder).task


class Watcher(nn.Module):
    """Remembers every token it was shown, by row, and says all tokens are equally likely."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.calls: list[tuple[torch.Tensor, int]] = []

    def forward(self, tokens, state=None, wanted=None):
        n_before = 0 if state is None else state
        self.calls.append((tokens, n_before))
        scores = torch.zeros(*tokens.shape, self.vocab_size)
        return scores if wanted is None else wanted.loss(scores), n_before + tokens.shape[1]


class Typist(nn.Module):
    """Writes a given text after any prompt, whatever it is."""

    def __init__(self, ids: list[int], vocab_size: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.nn.functional.one_hot(torch.tensor(ids), vocab_size) * 100.0)

    def initial_state(self, _: int) -> int:
        return 0

    def forward(self, tokens, state):
        return self.table[state].expand(*tokens.shape, -1), state + 1


def test_training_windows_cover_the_text_once_an_epoch(task):
    batches, tokens = task.training_batches(10, seed=0), task.tokens("train")
    n_windows = (len(tokens) - 1) // 24
    seen = torch.cat([batches[step].targets for step in range(batches.steps_per_epoch)])
    windows = {tuple(row) for row in seen.tolist()}
    expected = {tuple(tokens[i * 24 + 1 : i * 24 + 25].tolist()) for i in range(n_windows)}
    assert windows == expected
    batch = batches[3]
    assert torch.equal(batch.inputs[:, 1:], batch.targets[:, :-1])


@pytest.mark.parametrize("order", ["windows", "stream"])
@pytest.mark.parametrize("evaluation_tokens", [100, 700, 10**9])
def test_the_tokens_that_are_judged_are_spread_evenly_and_judged_once(task, order, evaluation_tokens):
    task = task.replace(order=order, evaluation_tokens=evaluation_tokens)
    tokens = task.tokens("test")
    layout = task._layout(len(tokens))
    stretch = layout.n_windows * layout.length
    places = (layout.starts[:, None] + 1 + np.arange(stretch)).ravel()
    assert len(set(places.tolist())) == len(places)
    assert places.max() < len(tokens)
    wanted = min(evaluation_tokens, len(tokens) - 1)
    assert wanted - len(layout.starts) * layout.length < len(places) <= wanted
    gaps = np.diff(layout.starts)
    assert gaps.max(initial=0) - gaps.min(initial=gaps.max(initial=0)) <= 1
    judged = torch.cat([batch.targets.flatten() for batch in task.evaluation_batches("test", 7)])
    assert sorted(judged.tolist()) == sorted(tokens[places].tolist())


def test_state_is_carried_through_a_stretch_and_no_further(task):
    stream = task.replace(order="stream")
    watcher = Watcher(stream.signature().vocab_size)
    stream.evaluate(watcher, "test")
    layout = stream._layout(len(stream.tokens("test")))
    assert layout.n_windows > 1
    assert [n_before for _, n_before in watcher.calls] == [24 * i for i in range(layout.n_windows)]
    for (before, _), (after, _) in zip(watcher.calls, watcher.calls[1:], strict=False):
        assert after.shape == before.shape
    shown = torch.cat([tokens for tokens, _ in watcher.calls], dim=1)
    assert shown[1].tolist() == stream.tokens("test")[layout.starts[1] :][: shown.shape[1]].tolist()


def test_separate_windows_are_judged_without_state(task):
    watcher = Watcher(task.signature().vocab_size)
    task.evaluate(watcher, "test", batch_size=16)
    assert {n_before for _, n_before in watcher.calls} == {0}
    _, state = task.loss(watcher, task.training_batches(4, seed=0)[0])
    assert state is None
    _, state = task.replace(order="stream").loss(watcher, task.training_batches(4, seed=0)[0], 5)
    assert state == 5 + 24


def test_window_after_window_a_recurrent_model_reads_a_stretch_as_if_at_once(task):
    stream, model = task.replace(order="stream"), tiny_model(task, "lstm").eval()
    tokens = stream.tokens("test")
    layout = stream._layout(len(tokens))
    rows = torch.from_numpy(
        tokens[layout.starts[:, None] + np.arange(layout.n_windows * 24 + 1)].astype(np.int64)
    )
    with torch.no_grad():
        logits, _ = model(rows[:, :-1])
    at_once = nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    assert stream.evaluate(model, "test")["loss"] == pytest.approx(at_once.item(), rel=1e-5)
    assert task.evaluate(model, "test")["loss"] != pytest.approx(at_once.item(), rel=1e-5)


def test_evaluation_bounds_the_memory_of_scores(task, monkeypatch):
    monkeypatch.setattr("armillary.tasks.text_generation.SCORES", 3 * 24 * task.learnt_tokenizer.vocab_size)
    watcher = Watcher(task.signature().vocab_size)
    task.evaluate(watcher, "test", batch_size=1000)
    assert max(len(tokens) for tokens, _ in watcher.calls) == 4


def test_bits_per_byte_by_hand(task):
    tokenizer = task.learnt_tokenizer
    targets = torch.cat([batch.targets.flatten() for batch in task.evaluation_batches("validation", 64)])
    text = sum(
        len(tokenizer.decode([i]).encode()) for i in targets.tolist()
    )  # plain ASCII: no cut characters
    metrics = task.evaluate(guess(task), "validation")
    nats = math.log(tokenizer.vocab_size) * len(targets)
    assert metrics["bits_per_byte"] == pytest.approx(nats / math.log(2) / text)
    assert metrics["perplexity"] == pytest.approx(tokenizer.vocab_size, rel=1e-5)


def test_the_unigram_baseline_is_judged_on_the_tokens_that_models_are(task):
    from armillary.tasks.baselines.ngram import NgramModel

    unigram = NgramModel.train(task.tokens("train"), task.learnt_tokenizer.vocab_size, order=1)
    log_probs = unigram.log_probs(np.arange(task.learnt_tokenizer.vocab_size)[:, None])[:, 0]
    model = guess(task, torch.from_numpy(log_probs).float())
    scores = task.baseline()
    assert scores["1-gram"] == pytest.approx(task.evaluate(model, "test"), rel=1e-5)
    assert list(scores) == ["1-gram", "5-gram"]
    assert scores["5-gram"]["loss"] < scores["1-gram"]["loss"]


def test_bytes_get_longer_grams(task):
    assert list(task.replace(tokenizer=ByteConfig()).baseline()) == ["1-gram", "8-gram"]


def test_answers_are_repeatable_and_made_of_the_pieces_of_the_stream(task):
    model = tiny_model(task)
    options = {"max_tokens": 12, "temperature": 0.8, "top_k": 20, "seed": 3}
    (answer,) = task.answer(model, ["the old star"], **options)
    assert task.answer(model, ["the old star"], **options) == [answer]
    assert "".join(task.stream(model, "the old star", **options)) == answer
    assert task.answer(model, ["the old star"], **(options | {"seed": 4})) != [answer]
    greedy = task.answer(model, ["the", "the"], max_tokens=5, temperature=0)
    assert greedy[0] == greedy[1]


def test_characters_of_several_bytes_come_whole_and_the_end_mark_ends(task):
    task = task.replace(tokenizer=ByteConfig())
    mark = task.learnt_tokenizer.end_of_text
    model = Typist([*"浑天仪 ok".encode(), mark, 65, 66], task.learnt_tokenizer.vocab_size)
    assert list(task.stream(model, "x", temperature=0)) == ["浑", "天", "仪", " ", "o", "k"]
    assert task.answer(model, ["x"], temperature=0) == ["浑天仪 ok"]
    assert task.answer(model, ["x"], temperature=0, max_tokens=4) == ["浑\ufffd"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"temperature": -1.0}, "temperature takes 0"), ({"stop": 3}, "'stop'"), ({"top_k": "many"}, "top_k")],
)
def test_wrong_options_are_refused(task, options, message):
    with pytest.raises(ConfigError, match=message):
        task.answer(guess(task), ["the"], **options)


def test_wrong_fields_are_refused(task):
    with pytest.raises(ConfigError, match="context=0"):
        task.replace(context=0)


def test_a_split_shorter_than_a_window_is_judged_whole(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("\n\n".join(f"Line {i} of a short text." for i in range(12)))
    task = TextGeneration(source=TextFiles(path=path), tokenizer=ByteConfig(), context=4096)
    targets = [batch.targets for batch in task.evaluation_batches("test", 8)]
    assert len(targets) == 1
    assert targets[0].shape == (1, len(task.tokens("test")) - 1)
    assert task.training_batches(3, seed=0)[0].inputs.shape == (3, len(task.tokens("train")) - 1)


def test_a_split_without_text_is_refused(task, monkeypatch):
    monkeypatch.setattr(TextFiles, "split", lambda _, name: [Document("" if name == "test" else "ab")])
    with pytest.raises(DataError, match="test split of text-files has no text"):
        task.replace().tokens("test")

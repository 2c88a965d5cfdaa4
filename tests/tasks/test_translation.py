"""Translation as text: what goes in comes out whole, line by line, part by part."""

from dataclasses import replace

import pytest
import torch
from tiny_tasks import learn, tiny_model, translation

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import TextPair
from armillary.data.copied_spans import spans
from armillary.models.generation import Writing, Written


class Echo:
    """A writer that writes what it reads, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def write_all(self, rows, writing, stop, max_tokens):
        self.asked.append((len(rows), writing))
        assert all(row[-1] == stop and len(row) <= max_tokens for row in rows)
        return [[Written(row[:-1].tolist(), -1.0)] * writing.n_best for row in rows]


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return translation(tmp_path_factory.mktemp("data")).task


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one line",
        "two\nlines",
        "\n\nempty lines around\n\n",
        "emoji \U0001f600, 北京, \x07 bell, nul \x00, tab\there",
        "مرحبا Привет こんにちは",
        "https://example.org/a?b=c&d=1 at 12:30, 3.14",
    ],
)
def test_lines_are_kept_and_every_character_survives(task, text):
    (answer,) = task.answer(Echo(), [text])
    assert answer == text


def test_a_line_of_ten_thousand_characters_is_translated_in_parts(task):
    text = "A sentence of a few words. " * 380
    echo = Echo()
    (answer,) = task.answer(echo, [text])
    assert answer == text.strip()
    assert echo.asked[0][0] > 100


def test_a_chinese_text_in_parts_is_joined_without_spaces(task):
    text = "把星星的轨道画在天球上。" * 40
    assert task.answer(Echo(), [text]) == [text]


def test_a_character_that_never_ends_is_cut_anywhere(task):
    assert task.answer(Echo(), ["啊" * 3000]) == ["啊" * 3000]


def test_several_answers_come_with_scores(task):
    (answer,) = task.answer(Echo(), ["the star"], n_beams=2, n_best=2)
    assert answer == {
        "text": "the star",
        "score": -1.0,
        "alternatives": [{"text": "the star", "score": -1.0}],
        "note": "",
    }


def test_nothing_is_asked_for_blank_texts(task):
    echo = Echo()
    assert task.answer(echo, ["", " ", "\n"]) == ["", "", "\n"]
    assert echo.asked == []


def test_options_are_checked(task):
    with pytest.raises(ConfigError, match="n_beam"):
        task.answer(Echo(), ["the star"], n_beam=2)
    with pytest.raises(DataError, match="int"):
        task.answer(Echo(), [3])


def test_pairs_that_are_too_long_are_left_out_and_counted(task):
    short = task.replace(max_target=20, max_source=20)
    assert short.report()["n_train_too_long"] > 0
    assert short.report()["n_train_too_long"] + len(short._learnable[1]) == len(short.source.split("train"))
    longest = max(int(short.training_batches(8, 0)[step].target_lengths.max()) for step in range(20))
    assert longest <= 20


def test_varied_batches_have_the_same_numbers_on_both_sides(task):
    varying = task.replace(varied_spans=0.9)
    tokenizer = varying.learnt_tokenizer
    batch, plain = (
        varying.training_batches(16, 0)[3],
        task.replace(varied_spans=0.0).training_batches(16, 0)[3],
    )
    assert not torch.equal(batch.inputs, plain.inputs)
    for row, n, target, m in zip(
        batch.inputs, batch.lengths, batch.targets, batch.target_lengths, strict=True
    ):
        pair = TextPair(*(tokenizer.decode(ids[: end - 1].tolist()) for ids, end in ((row, n), (target, m))))
        assert sorted(spans(pair.source)) == sorted(spans(pair.target.lower()))


def test_little_of_a_batch_is_padding(task):
    batches = task.training_batches(16, 0)
    real = sum(int(batches[i].lengths.sum() + batches[i].target_lengths.sum()) for i in range(10))
    whole = sum(batches[i].inputs.numel() + batches[i].targets.numel() for i in range(10))
    assert real / whole > 0.8


def test_smoothing_is_for_training_alone(task):
    model = tiny_model(task)
    batch = task.training_batches(8, 0)[0]
    plain = task.replace(label_smoothing=0.0)
    assert task.loss(model, batch)[0] != plain.loss(model, batch)[0]
    assert task.evaluate(model, "validation")["loss"] == plain.evaluate(model, "validation")["loss"]


def test_a_judgement_holds_every_text_and_a_few_alignments(task):
    judgement = task.replace(judged_examples=12).judge(tiny_model(task), "test")
    assert [example.source for example in judgement.examples] == [
        pair.source for pair in task.source.split("test")[:12]
    ]
    aligned = [example.alignment for example in judgement.examples if example.alignment]
    assert aligned
    for alignment in aligned:
        assert all(sum(row) == pytest.approx(1, abs=0.01) for row in alignment.weights)
    same = task.compare(judgement, judgement)
    assert all(score.difference == 0 for score in same.values())


@pytest.mark.slow
def test_it_learns_to_turn_words_round(task):
    task = replace(task, writing=Writing(n_beams=2), varied_spans=0.0)
    model = tiny_model(task, n_params=2e5)
    before = task.evaluate(model, "test")
    learn(task, model, n_steps=1200, lr=2e-3)
    after = task.evaluate(model, "test")
    assert after["loss"] < 0.5 * before["loss"]
    assert after["chrf"] > before["chrf"] + 20

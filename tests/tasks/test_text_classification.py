import numpy as np
import pytest
import torch
from tiny_tasks import TOKENIZER, guess, learn, text_classification, tiny_model

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import LabelledText
from armillary.data.sources import LabelledTable
from armillary.tasks import TextClassification


@pytest.fixture(scope="module")
def task(folder) -> TextClassification:
    return text_classification(folder).task


@pytest.fixture(scope="module")
def model(task):
    model = tiny_model(task)
    learn(task, model, n_steps=60)
    return model


def table(path, rows, split="split") -> LabelledTable:
    path.write_text(
        f"text,label,{split}\n" + "".join(f"{text},{label},{name}\n" for text, label, name in rows)
    )
    return LabelledTable(path=path, split_column=split)


def test_it_is_learnt(task, model):
    metrics = task.evaluate(model, "test")
    assert metrics["accuracy"] > 0.9
    assert metrics["accuracy_low"] < metrics["accuracy"] <= metrics["accuracy_high"]
    assert task.per_class_accuracy(model, "test").keys() == {"astronomy", "cooking", "sailing"}


def test_answers_are_sorted_probabilities_of_every_label(task, model):
    (answer,) = task.answer(model, ["salt, butter and onion in a bright oven"])
    assert answer["label"] == "cooking"
    probabilities = list(answer["probabilities"].values())
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1.0)
    assert next(iter(answer["probabilities"])) == "cooking"
    assert "note" not in answer


def test_a_text_is_read_to_max_length_and_the_answer_says_so(task, model):
    long = "the tide " * 200
    (answer,) = task.answer(model, [long])
    n_tokens = len(task.learnt_tokenizer.encode(long))
    assert answer["note"] == f"only the first 31 of {n_tokens} tokens were read"
    start = task.learnt_tokenizer.decode(task.learnt_tokenizer.encode(long)[:31])
    assert task.answer(model, [start])[0]["probabilities"] == pytest.approx(answer["probabilities"])


def test_the_share_of_truncated_texts_is_measured(task):
    lengths = [
        len(task.learnt_tokenizer.encode(example.text)) + 1 for example in task.source.split("validation")
    ]
    short = task.replace(max_length=int(np.median(lengths)))
    truncated = short.evaluate(guess(short), "validation")["truncated"]
    assert truncated == np.mean([n > short.max_length for n in lengths])
    assert 0 < truncated < 1
    assert task.evaluate(guess(task), "validation")["truncated"] == 0


def test_an_empty_text_is_one_mark_and_has_an_answer(task, model):
    (answer,) = task.answer(model, [""])
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0)


@pytest.mark.parametrize("family", ["cnn", "lstm", "transformer"])
def test_an_answer_does_not_depend_on_what_is_asked_beside_it(task, family):
    model = tiny_model(task, family)
    texts = ["keel", "the old rope of the new harbour", "", "star " * 25]
    together = task.answer(model, texts)
    for text, answer in zip(texts, together, strict=True):
        assert task.answer(model, [text])[0]["probabilities"] == pytest.approx(
            answer["probabilities"], rel=1e-4
        )


def test_training_batches_hold_texts_of_similar_length_and_their_own_targets(task):
    of_text = {
        tuple(ids): label
        for ids, label in zip(task._tokens("train"), task.targets("train").tolist(), strict=True)
    }
    for step in range(5):
        batch = task.training_batches(16, seed=1)[step]
        assert batch.inputs.shape[1] == batch.lengths.max()
        for row, n, target in zip(batch.inputs, batch.lengths.tolist(), batch.targets.tolist(), strict=True):
            assert of_text[tuple(row[:n].tolist())] == target
            assert row[n - 1] == task.learnt_tokenizer.end_of_text
            assert not row[n:].any()


def test_chinese_is_learnt_by_a_model_and_by_its_baseline(tmp_path):
    rng = np.random.default_rng(0)
    words = {"茶": "绿茶红茶普洱茉莉龙井", "书": "诗经论语史记楚辞红楼"}
    rows = [
        ("".join(rng.choice(list(words[label]), 8)), label, split)
        for split, n in (("train", 60), ("validation", 15), ("test", 15))
        for _ in range(n)
        for label in words
    ]
    task = TextClassification(source=table(tmp_path / "zh.csv", rows), tokenizer=TOKENIZER, max_length=32)
    assert task.labels == ("书", "茶")
    assert task.baseline()["tfidf-logistic-regression"]["accuracy"] > 0.9
    model = tiny_model(task)
    learn(task, model, n_steps=60)
    assert task.evaluate(model, "test")["accuracy"] > 0.9


def test_a_label_that_the_model_never_saw_is_named(task, tmp_path):
    rows = [("salt", "cooking", "train"), ("rope", "saling", "train"), ("oven", "cooking", "validation")]
    other = table(tmp_path / "other.csv", [*rows, ("star", "cooking", "test")])
    task.save_preprocessor(tmp_path)
    elsewhere = task.replace(source=other).restored(tmp_path)
    with pytest.raises(
        DataError,
        match=r"example 1 of the train split: no label of this model is called 'saling'.* mean 'sailing'",
    ):
        elsewhere.evaluate(guess(task), "train")
    assert elsewhere.evaluate(guess(task, torch.tensor([0.0, 9.0, 0.0])), "test")["accuracy"] == 1.0


def test_one_class_is_nothing_to_tell_apart(task, monkeypatch):
    monkeypatch.setattr(LabelledTable, "split", lambda *_: [LabelledText("salt", "cooking")] * 3)
    with pytest.raises(DataError, match="has one class, 'cooking'"):
        task.replace().signature()


@pytest.mark.parametrize(("field", "value"), [("max_length", 1), ("label_smoothing", 1.0)])
def test_wrong_fields_are_refused(task, field, value):
    with pytest.raises(ConfigError, match=field):
        task.replace(**{field: value})


def test_smoothing_is_in_the_training_loss_alone(task):
    smooth = task.replace(label_smoothing=0.3)
    sure = guess(task, torch.tensor([9.0, 0.0, 0.0]))
    batch = task.training_batches(30, seed=0)[0]
    assert smooth.loss(sure, batch)[0].item() != pytest.approx(task.loss(sure, batch)[0].item())
    assert smooth.evaluate(sure, "validation") == task.evaluate(sure, "validation")

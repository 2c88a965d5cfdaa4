"""Every task asked why, with models of every family that are small and know nothing."""

import numpy as np
import pytest
import torch
from tiny_tasks import CASES, learn, tiny_model

from armillary.core.errors import DataError, RequestError, UnknownNameError
from armillary.explanation.methods import METHODS
from armillary.explanation.subjects import SUBJECTS, Asked
from armillary.explanation.subjects.base import subject_of
from armillary.explanation.subjects.tokens import words

FAMILIES = {
    "automatic-speech-recognition": ("cnn", "lstm", "transformer"),
    "image-classification": ("cnn", "lstm", "transformer", "classic-cnn", "classic-lstm"),
    "summarization": ("lstm", "transformer"),
    "text-classification": ("cnn", "lstm", "transformer", "classic-lstm"),
    "text-generation": ("cnn", "lstm", "transformer"),
    "translation": ("lstm", "transformer", "classic-transformer"),
}
PAIRS = [(kind, family) for kind, families in FAMILIES.items() for family in families]


@pytest.fixture(scope="module")
def task_of(tmp_path_factory):
    made = {}

    def task_of(kind):
        if kind not in made:
            made[kind] = CASES[kind](tmp_path_factory.mktemp("data"))
        return made[kind].task, made[kind].inputs[0]

    return task_of


def subject_for(task, raw, family, **asked):
    module = tiny_model(task, family).eval().requires_grad_(False)
    if task.kind == "automatic-speech-recognition":
        asked = {"answer": "one two", **asked}
    elif task.signature().outputs != "class":
        asked = {"answer": "Tide star", **asked}
    return subject_of(task, module, Asked(raw, **asked))


def test_every_task_is_explained_or_says_that_it_is_not() -> None:
    assert set(SUBJECTS) == set(FAMILIES)
    assert set(CASES) - set(SUBJECTS) == {"text-to-image"}


@pytest.mark.parametrize(("kind", "family"), PAIRS)
def test_answers_depend_on_features_and_gradients_reach_them(kind, family, task_of) -> None:
    task, raw = task_of(kind)
    subject = subject_for(task, raw, family)
    question = subject.question
    assert len(subject.features) == question.n_features
    whole = question.scores(question.inputs[None])
    assert whole.shape == (1, len(subject.answers))
    present = torch.ones(1, question.n_features, dtype=torch.bool)
    torch.testing.assert_close(question.with_features(present), whole, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(question.with_features(~present), whole)
    inputs = question.inputs[None].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(question.scores(inputs).sum(), inputs)
    assert float(gradient.abs().sum()) > 0


@pytest.mark.parametrize(("kind", "family"), PAIRS)
def test_gradients_add_up_to_the_answer(kind, family, task_of) -> None:
    task, raw = task_of(kind)
    question = subject_for(task, raw, family).question
    found = METHODS["integrated-gradients"](n_steps=400).attributions(question)
    n = question.n_features
    ends = question.with_features(torch.tensor([[False] * n, [True] * n])).double()
    # Wide: where nothing is all zeros, norms jump at the beginning of the way.
    torch.testing.assert_close(found.sum(1).double(), ends[1] - ends[0], atol=0.25, rtol=0.15)


def test_the_answer_is_the_model_s_own_unless_another_is_asked_for(task_of) -> None:
    task, raw = task_of("text-classification")
    module = tiny_model(task).eval()
    own = task.answer(module, [raw])[0]["label"]
    assert subject_of(task, module, Asked(raw)).answers == (own,)
    other = next(label for label in task.labels if label != own)
    assert subject_of(task, module, Asked(raw, answer=other)).answers == (other,)
    against = subject_of(task, module, Asked(raw, against=other))
    assert against.answers == (f"{own}, not {other}",)
    scores = against.question.scores(against.question.inputs[None])
    probabilities = task.answer(module, [raw])[0]["probabilities"]
    assert float(scores.detach()) == pytest.approx(
        np.log(probabilities[own] / probabilities[other]), abs=1e-4
    )
    with pytest.raises(UnknownNameError, match="astronomy"):
        subject_of(task, module, Asked(raw, answer="astronomi"))
    with pytest.raises(RequestError, match="cannot be held against itself"):
        subject_of(task, module, Asked(raw, against=own))


def test_words_are_features_and_the_end_mark_is_none() -> None:
    assert words([" re", "do", "打", "开", ""]) == (("redo", "打", "开"), [0, 0, 1, 2, -1])
    assert words([""]) == ((), [-1])
    assert words(["tide", " ", "12", " ", "."]) == (("tide", "12", "."), [0, 1, 1, 2, 2])
    assert words([" ", "\n", ""]) == ((), [-1, -1, -1])


def test_the_evidence_for_the_words_of_a_translation_is_that_for_its_tokens(task_of) -> None:
    task, _ = task_of("translation")
    module = tiny_model(task).eval()
    subject = subject_of(task, module, Asked("the old star", answer="STAR OLD"))
    assert subject.features == ("the", "old", "star")
    assert subject.answers == ("STAR", "OLD")
    either = subject_of(task, module, Asked("the old star", answer="STAR OLD", against="OLD STAR"))
    assert either.answers == ("STAR OLD, not OLD STAR",)


@pytest.mark.parametrize("kind", ["text-classification", "translation", "text-generation"])
def test_a_text_without_a_word_is_refused(kind, task_of) -> None:
    task, _ = task_of(kind)
    with pytest.raises(DataError, match="word"):
        subject_for(task, "", "transformer")


def test_what_cannot_be_explained_says_what_can(task_of) -> None:
    task, raw = task_of("text-to-image")
    with pytest.raises(RequestError, match=r"text-to-image cannot be explained.*translation"):
        subject_of(task, tiny_model(task), Asked(raw))


def test_a_long_recording_is_refused(task_of) -> None:
    task, _ = task_of("automatic-speech-recognition")
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 21).astype(np.float32)
    with pytest.raises(DataError, match=r"lasts 21.0 s and an explanation is of 20 s"):
        subject_for(task, noise, "cnn")


@pytest.mark.slow
@pytest.mark.parametrize("family", ["lstm", "transformer"])
def test_the_word_that_was_translated_is_pointed_at(family, tmp_path) -> None:
    """Words in capitals, the other way round: which source word each is from is known."""
    task = CASES["translation"](tmp_path).task
    module = tiny_model(task, family, 1e5)
    learn(task, module, 1200)
    module.eval().requires_grad_(False)
    hits = []
    for pair in task.source.split("test")[:10]:
        subject = subject_of(task, module, Asked(pair.source, answer=pair.target))
        found = METHODS["occlusion"]().attributions(subject.question)
        for answer, row in zip(subject.answers, found, strict=True):
            if subject.features.count(answer.lower()) == 1:
                hits.append(subject.features[int(row.argmax())] == answer.lower())
    assert len(hits) > 40
    assert np.mean(hits) > 0.4  # by chance one in ten; small models have not learnt every word

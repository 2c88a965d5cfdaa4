import dataclasses
import itertools

import numpy as np
import pytest
import soundfile
import torch
from tiny_tasks import guess, tiny_model

from armillary.core.errors import ConfigError, DataError, RequestError
from armillary.data.audio import RATE
from armillary.data.base import Recording
from armillary.data.log_mel import N_MELS
from armillary.data.pitch import N_PITCH
from armillary.data.sources import Digits, SungDigits
from armillary.models import MODELS
from armillary.models.generation import Writing
from armillary.models.generation.ctc import CTCSearch
from armillary.tasks import AutomaticSpeechRecognition
from armillary.tasks.hearing import listened, log_probs_of
from armillary.tasks.recordings import KEPT, Waves, fewest_steps, frames_of
from armillary.tasks.sound_input import opened
from armillary.tasks.speech_texts import learnable

SOURCE = SungDigits(n_clips=60, n_voices=6, longest=2)
TASK = AutomaticSpeechRecognition(source=SOURCE)
CLIP = SOURCE.split("test")[0].audio


def reader(text):
    """Return a model that hears ``text`` in whatever it is given, a letter every second step."""

    class Reader(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.reader = torch.nn.Module()
            self.reader.stride = 3
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, frames, lengths):
            steps = (lengths + 2) // 3
            scores = torch.zeros(len(frames), int(steps.max()), TASK.learnt_tokenizer.vocab_size)
            scores[..., 0] = 10
            for place, token in enumerate(TASK.encode([text])[0]):
                scores[:, 2 * place, token] = 20
            return scores, steps

    return Reader()


def test_texts_are_what_can_be_heard():
    a, b = TASK.encode(["One TWO!", "one two"])
    assert a.tolist() == b.tolist()
    assert 0 not in a
    marked = TASK.replace(decoding="attention").encode(["one"])[0]
    assert marked[-1] == TASK.learnt_tokenizer.end_of_text
    assert TASK.learnt_tokenizer.decode(marked.tolist()) == "one"


def test_training_batches_vary_and_evaluation_does_not():
    batches = TASK.training_batches(8, seed=0)
    later = batches[batches.steps_per_epoch]
    assert later.inputs.shape[2] == 80
    assert later.target_lengths.max() == later.targets.shape[1]
    once, again = (list(TASK.evaluation_batches("test", 4)) for _ in range(2))
    assert all(torch.equal(a.inputs, b.inputs) for a, b in zip(once, again, strict=True))
    assert sum(batch.n_examples for batch in once) == len(SOURCE.split("test"))


def test_what_training_leaves_out_is_counted():
    texts = [np.array(row, np.int64) for row in ([1, 2], [], [1] * 50, [1] * 5, [3, 3])]
    kept = learnable([1.0, 1.0, 1.0, 9.0, 0.05], texts, 4, max_seconds=5, max_target=20)
    assert list(kept.tokens) == [0]
    assert kept.report == {
        "n_train_synthetic": 1,
        "n_train_without_words": 1,
        "n_train_too_long": 2,
        "n_train_too_fast": 1,
    }
    with pytest.raises(DataError, match=r"none of 1 training recordings .* too_long 1; max_seconds=5"):
        learnable([9.0], [np.array([1])], 1, max_seconds=5, max_target=20)


def test_equal_neighbours_need_a_blank_between_them():
    assert [fewest_steps(row) for row in ([], [1], [1, 1], [1, 2, 2, 2])] == [0, 1, 3, 6]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 0.5), (0.25, 0.25), (0.9, 0.8), (0.0, 0.0)])
def test_real_speech_is_repeated_beside_synthetic(share, expected):
    tokens = {place: np.array([1]) for place in range(50)}
    drawn = dataclasses.replace(learnable([1.0] * 50, list(tokens.values()), 10, 5, 20)).drawn(share)
    assert np.mean([place >= 10 for place in drawn]) == pytest.approx(expected, abs=0.06)
    assert {place for place in drawn if place < 10} == set(range(10))


def test_synthetic_speech_is_learnt_from_and_never_judged_by():
    more = SungDigits(n_clips=60, n_voices=6, seed=5)
    task = TASK.replace(synthetic=more)
    assert task.report()["n_train_synthetic"] == len(more.split("train"))
    assert task.judged_of("test") == TASK.judged_of("test")
    assert task.training_batches(8, 0).steps_per_epoch > TASK.training_batches(8, 0).steps_per_epoch
    with pytest.raises(ConfigError, match="source of recordings, got digits"):
        TASK.replace(synthetic=Digits())


def test_a_perfect_hearer_has_no_errors():
    said = SOURCE.split("test")[0].text
    metrics = TASK.replace(judged_examples=1).evaluate(reader(said), "test")
    assert metrics["wer"] == metrics["cer"] == metrics["wer@noise=0dB"] == 0
    assert metrics["exact_matches"] == 1


def test_a_deaf_hearer_misses_every_word():
    silent = torch.zeros(TASK.learnt_tokenizer.vocab_size)
    silent[0] = 100
    judgement = TASK.judge(guess(TASK, silent), "test")
    assert judgement.metrics["wer"] == 1
    assert {example.output for example in judgement.examples} == {""}
    assert judgement.examples[0].reference == SOURCE.split("test")[0].text
    assert {"wer@speaker=" + r.speaker for r in SOURCE.split("test")} <= {*judgement.metrics, *[]} or len(
        {r.speaker for r in SOURCE.split("test")}
    ) == 1


def test_two_systems_are_compared_on_their_errors():
    ours, theirs = (TASK.judge(reader(text), "test") for text in ("one", "zero"))
    assert set(TASK.compare(ours, theirs)) == {"wer", "cer"}


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_file_of_any_kind_is_heard(tmp_path, suffix):
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, np.repeat(CLIP[:, None], 2, axis=1), RATE)
    assert TASK.answer(reader("two"), [str(path), path]) == ["two", "two"]


def test_silence_and_noise_without_end_have_an_answer(tmp_path):
    silence = np.zeros(RATE, np.float32)
    answer = TASK.answer(reader("two"), [silence])[0]
    assert answer["text"] == ""
    assert "silent" in answer["note"]
    clipped = tmp_path / "clipped.wav"
    soundfile.write(clipped, np.sign(CLIP), RATE)
    answer = TASK.answer(reader("two"), [clipped])[0]
    assert answer["text"] == "two"
    assert "clipped" in answer["note"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"path": "x"}, "not dict"),
        (np.zeros((2, 3), np.float32), "mono"),
        (np.zeros(4, np.int16), "floats"),
        (np.zeros(0, np.float32), "shape"),
        (np.full(9, 300.0), "magnitude 300"),
        ("/nowhere/clip.wav", "clip.wav"),
    ],
)
def test_what_is_no_recording_is_refused(bad, message):
    with pytest.raises(DataError, match=message):
        TASK.answer(reader("two"), [bad])


def test_text_that_calls_itself_audio_is_refused(tmp_path):
    (tmp_path / "fake.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    for name in ("fake.wav", "empty.wav"):
        with pytest.raises(DataError, match=name):
            TASK.answer(reader("two"), [tmp_path / name])


def test_a_long_recording_is_heard_in_pieces():
    task = TASK.replace(max_seconds=2.0)
    answer = task.answer(reader("two"), [np.tile(CLIP, 20)], words=True)[0]
    words = answer["text"].split()
    assert set(words) == {"two"}
    assert len(words) >= len(CLIP) * 20 / RATE / 2
    starts = [word["start"] for word in answer["words"]]
    assert all(1.0 <= later - earlier <= 2.0 for earlier, later in itertools.pairwise(starts))


def test_words_have_their_times():
    answer = TASK.answer(reader("two one"), [CLIP], words=True)[0]
    assert [word["word"] for word in answer["words"]] == ["two", "one"]
    assert answer["words"][0] == {"word": "two", "start": 0.0, "end": pytest.approx(5 * 0.03)}
    assert answer["words"][1]["start"] == pytest.approx(8 * 0.03)
    with pytest.raises(ConfigError, match="decoding=ctc"):
        TASK.replace(decoding="attention").answer(reader("two"), [CLIP], words=True)


def test_several_texts_are_returned_the_best_first():
    answer = TASK.answer(tiny_model(TASK), [CLIP], n_beams=8, n_best=3)[0]
    scores = [answer["score"], *(other["score"] for other in answer["alternatives"])]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    with pytest.raises(ConfigError, match="got 9 of n_beams=8"):
        TASK.answer(tiny_model(TASK), [CLIP], n_beams=8, n_best=9)


def test_a_language_model_is_kept_with_the_run(tmp_path):
    (tmp_path / "more.txt").write_text("one\none\n", encoding="utf-8")
    task = TASK.replace(language_order=3, language_texts=tmp_path / "more.txt", search=CTCSearch(n_beams=4))
    assert task.language[-2:] == ("one", "one")
    task.save_preprocessor(tmp_path)
    again = task.restored(tmp_path)
    model = tiny_model(TASK)
    assert again.answer(model, [CLIP]) == task.answer(model, [CLIP])
    further = TASK.replace(language_order=3).continued(tmp_path)
    assert further.learnt_tokenizer.vocab_size == task.learnt_tokenizer.vocab_size
    assert further.language == task.language[:-2]
    with pytest.raises(ConfigError, match="language_order"):
        TASK.replace(decoding="attention", language_order=3)


def test_what_streams_hears_what_is_heard_at_once():
    torch.manual_seed(0)
    model = MODELS["cnn"](d_model=16, n_layers=2).fit_to(TASK.signature()).build()
    sound = np.tile(CLIP, 8)
    blocks = np.array_split(sound, 37)
    heard = np.concatenate(list(listened(model, blocks)))
    whole = log_probs_of(model, [sound])[0]
    assert heard.shape == whole.shape
    # Each window is as loud as its own loudest place, so figures differ a little.
    assert np.corrcoef(heard.ravel(), whole.ravel())[0, 1] > 0.95
    assert "".join(TASK.stream(model, sound)) == "".join(TASK.stream(model, sound))
    with pytest.raises(RequestError, match="decoding=ctc"):
        TASK.replace(decoding="attention").stream(model, sound)


def test_whisper_s_way_writes_texts():
    task = TASK.replace(decoding="attention", writing=Writing(n_beams=2))
    model = tiny_model(task)
    loss, _ = task.loss(model, task.training_batches(4, 0)[0])
    assert loss.isfinite()
    answer = task.answer(model, [CLIP], n_best=2, max_tokens=5)[0]
    assert len(answer["alternatives"]) == 1


def test_recordings_in_memory_are_bounded(monkeypatch):
    monkeypatch.setattr("armillary.tasks.recordings.KEPT", 2 * len(CLIP))
    waves = Waves([Recording(CLIP.copy(), "one") for _ in range(5)])
    for place in (0, 1, 2, 1, 3):
        assert np.array_equal(waves[place], CLIP)
    assert list(waves._kept) == [1, 3]
    assert KEPT * 4 == 2**30


def test_less_than_a_frame_is_heard_as_silence_around_it():
    frames, lengths = frames_of([np.full(3, 0.5, np.float32)])
    assert frames.shape == (1, 1, 80)
    assert lengths.tolist() == [1]


def test_the_facts_of_samples():
    sound = opened(np.full(RATE // 2, 0.5))
    assert (sound.facts.seconds, sound.facts.peak) == (0.5, 0.5)
    assert sound.facts.level == pytest.approx(-6.02, abs=0.01)


def test_a_model_may_hear_the_pitch_too():
    task = TASK.replace(pitch=True)
    batch, plain = task.training_batches(8, seed=0)[0], TASK.training_batches(8, seed=0)[0]
    assert batch.inputs.shape[2] == task.signature().n_mels == N_MELS + N_PITCH
    assert torch.equal(batch.inputs[..., :N_MELS], plain.inputs)
    model = tiny_model(task)
    assert isinstance(task.answer(model, [CLIP])[0], str)
    assert "".join(task.stream(model, CLIP)) == "".join(task.stream(model, CLIP))
    writing = task.replace(decoding="attention")
    assert isinstance(writing.answer(tiny_model(writing), [CLIP], max_tokens=3)[0], str)

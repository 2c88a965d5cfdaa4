import warnings

import pytest
import torch
from torch import nn

from armillary.models.generation import Writing, write

VOCAB, END, PAD, MOST = 40, 39, 40, 20  # PAD is the other library's alone
N_SOURCES = 200


class Theirs(nn.Module):
    """An encoder-decoder of transformers as a model of sequences; it reads everything again at each token."""

    def __init__(self, library):
        super().__init__()
        self.library = library

    def read(self, inputs, lengths=None, n_beams=1):
        mask = (torch.arange(inputs.shape[1]) < lengths[:, None]).long()
        vectors = self.library.get_encoder()(inputs, attention_mask=mask).last_hidden_state
        return State(vectors.repeat_interleave(n_beams, 0), mask.repeat_interleave(n_beams, 0), n_beams)

    def write(self, tokens, state):
        if tokens is not None:
            state.tokens = torch.cat((state.tokens, tokens[:, None]), 1)
        scores = self.library(
            encoder_outputs=(state.vectors,),
            attention_mask=state.mask,
            decoder_input_ids=state.tokens,
            use_cache=False,
        ).logits
        return scores[:, -1, :VOCAB]


class State:
    def __init__(self, vectors, mask, n_beams):
        self.vectors, self.mask, self.n_beams = vectors, mask, n_beams
        self.tokens = torch.full((len(vectors), 1), PAD)

    def reorder(self, rows):
        self.tokens = self.tokens[rows]

    def keep(self, sources):
        rows = (sources[:, None] * self.n_beams + torch.arange(self.n_beams)).flatten()
        self.tokens, self.vectors, self.mask = self.tokens[rows], self.vectors[rows], self.mask[rows]


@pytest.fixture(scope="module")
def library():
    """Weights so large that texts end anywhere."""
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(0)
    shape = {"encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 64}
    config = MarianConfig(
        vocab_size=VOCAB + 1,
        d_model=32,
        **shape,
        **{name.replace("encoder", "decoder"): value for name, value in shape.items()},
        max_position_embeddings=64,
        pad_token_id=PAD,
        eos_token_id=END,
        forced_eos_token_id=None,
        decoder_start_token_id=PAD,
        init_std=0.3,
        scale_embedding=True,
    )
    model = MarianMTModel(config).eval()
    model.model.shared.weight.data *= 3
    model.final_logits_bias[0, PAD] = -1e9
    model.final_logits_bias[0, END] = 2
    return model


@pytest.fixture(scope="module")
def sources():
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(3, 13, (N_SOURCES,), generator=generator)
    tokens = torch.randint(0, VOCAB - 1, (N_SOURCES, 12), generator=generator)
    return tokens * (torch.arange(12) < lengths[:, None]), lengths


SETTINGS = [
    Writing(),
    Writing(no_repeat_ngram=2, min_tokens=3),
    Writing(n_beams=2, n_best=1),
    Writing(n_beams=4, n_best=4, length_penalty=2.0, min_tokens=4),
    Writing(n_beams=5, n_best=3, length_penalty=0.6, no_repeat_ngram=2),
    Writing(n_beams=4, n_best=4, early_stopping=True, no_repeat_ngram=3),
    Writing(n_beams=4, n_best=2, length_penalty=0.0, no_repeat_ngram=1),
]


def named(w):
    return f"{w.n_beams}-{w.length_penalty}-{w.min_tokens}-{w.no_repeat_ngram}-{w.early_stopping}"


@pytest.mark.parametrize("writing", SETTINGS, ids=named)
def test_what_is_written_is_what_transformers_writes(library, sources, writing):
    inputs, lengths = sources
    ours = [text for texts in write(Theirs(library).eval(), *sources, writing, END, MOST) for text in texts]
    theirs = generated(library, inputs, (torch.arange(12) < lengths[:, None]).long(), writing)
    assert [text.tokens for text in ours] == [until_end(row[1:]) for row in theirs.sequences.tolist()]
    assert len({len(text.tokens) for text in ours}) >= 5
    if writing.n_beams > 1:
        scores = torch.tensor([text.score for text in ours])
        torch.testing.assert_close(scores, theirs.sequences_scores, atol=1e-4, rtol=0)


def generated(library, inputs, mask, writing):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of options that greedy search does not look at
        return library.generate(
            inputs,
            attention_mask=mask,
            num_beams=writing.n_beams,
            num_return_sequences=writing.n_best,
            max_new_tokens=MOST,
            min_new_tokens=writing.min_tokens,
            length_penalty=writing.length_penalty,
            early_stopping=writing.early_stopping,
            no_repeat_ngram_size=writing.no_repeat_ngram,
            do_sample=False,
            return_dict_in_generate=True,
            output_scores=True,
        )


def until_end(tokens):
    return [t for t in tokens if t not in (END, PAD)]


def test_sources_are_answered_alike_alone_and_together(library, sources):
    writing, model = Writing(n_beams=3, n_best=3, no_repeat_ngram=2), Theirs(library).eval()
    inputs, lengths = sources[0][:8], sources[1][:8]
    together = write(model, inputs, lengths, writing, END, MOST)
    for i, length in enumerate(lengths):
        [alone] = write(model, inputs[i : i + 1, :length], lengths[i : i + 1], writing, END, MOST)
        assert [text.tokens for text in alone] == [text.tokens for text in together[i]]

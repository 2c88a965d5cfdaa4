"""The small files of a Hugging Face folder: shape of the model, how it writes, how it reads text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import normalizers, processors

from armillary.data.tokenizers import END_OF_TEXT, FILE, Tokenizer
from armillary.inference.ctranslate2_format import PLACES
from armillary.models.generation import Writing
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.positions import FURTHEST, N_BUCKETS
from armillary.models.signature import Signature


def t5_config(encoder: BlockConfig, decoder: BlockConfig, signature: Signature) -> dict[str, Any]:
    """Return ``config.json`` of T5 in its second form."""
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "d_kv": encoder.d_model // encoder.n_heads,
        "d_ff": encoder.d_ff,
        "num_layers": encoder.n_layers,
        "num_decoder_layers": decoder.n_layers,
        "num_heads": encoder.n_heads,
        "relative_attention_num_buckets": N_BUCKETS,
        "relative_attention_max_distance": FURTHEST,
        "feed_forward_proj": "gated-silu",
        "layer_norm_epsilon": 1e-6,
        "dropout_rate": encoder.dropout,
        **_common(encoder, signature),
    }


def marian_config(encoder: BlockConfig, decoder: BlockConfig, signature: Signature) -> dict[str, Any]:
    """Return ``config.json`` of Marian."""
    return {
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "encoder_layers": encoder.n_layers,
        "decoder_layers": decoder.n_layers,
        "encoder_attention_heads": encoder.n_heads,
        "decoder_attention_heads": decoder.n_heads,
        "encoder_ffn_dim": encoder.d_ff,
        "decoder_ffn_dim": decoder.d_ff,
        "activation_function": encoder.activation,
        "dropout": encoder.dropout,
        "activation_dropout": encoder.dropout,
        "attention_dropout": 0.0,
        "scale_embedding": True,
        "share_encoder_decoder_embeddings": True,
        "decoder_vocab_size": signature.vocab_size,
        "max_position_embeddings": max(signature.length, signature.target_length, PLACES),
        "forced_eos_token_id": None,
        **_common(encoder, signature),
    }


def _common(encoder: BlockConfig, signature: Signature) -> dict[str, Any]:
    """Return what both say: the mark that ends a text is also where one starts, and what fills up rows."""
    mark = signature.vocab_size - 1
    return {
        "vocab_size": signature.vocab_size,
        "d_model": encoder.d_model,
        "tie_word_embeddings": True,
        "is_encoder_decoder": True,
        "bos_token_id": None,
        "eos_token_id": mark,
        "pad_token_id": mark,
        "decoder_start_token_id": mark,
        "dtype": "float32",
    }


def generation_config(writing: Writing, max_tokens: int, end_of_text: int) -> dict[str, Any]:
    """Return ``generation_config.json``: ``writing`` in transformers' words; its lengths count the start."""
    sampling: dict[str, Any] = {"do_sample": writing.samples}
    if writing.samples:
        sampling |= {"temperature": writing.temperature, "top_k": writing.top_k or 0, "top_p": writing.top_p}
    return {
        "num_beams": writing.n_beams,
        "num_return_sequences": writing.n_best,
        "max_length": writing.limit(max_tokens) + 1,
        "min_length": writing.min_tokens + 1 if writing.min_tokens else 0,
        "length_penalty": writing.length_penalty,
        "early_stopping": writing.early_stopping,
        "no_repeat_ngram_size": writing.no_repeat_ngram,
        "bos_token_id": None,
        "eos_token_id": end_of_text,
        "pad_token_id": end_of_text,
        "decoder_start_token_id": end_of_text,
        "forced_eos_token_id": None,
        **sampling,
    }


def tokenizer_config(max_source: int) -> dict[str, Any]:
    """Return ``tokenizer_config.json``: the marks are marks only where they are added, never in a text."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END_OF_TEXT,
        "unk_token": END_OF_TEXT,
        "pad_token": END_OF_TEXT,
        "model_max_length": max_source,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": True,
    }


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write ``tokenizer.json``, which strips a text and marks its end, as a model of pairs wants it."""
    tokenizer.save(folder)
    path = str(folder / FILE)
    library = tokenizers.Tokenizer.from_file(path)
    library.normalizer = normalizers.Strip()
    library.post_processor = processors.TemplateProcessing(
        single=f"$A {END_OF_TEXT}",
        pair=f"$A $B {END_OF_TEXT}",
        special_tokens=[(END_OF_TEXT, tokenizer.end_of_text)],
    )
    library.save(path)

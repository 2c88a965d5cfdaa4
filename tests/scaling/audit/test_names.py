from __future__ import annotations

import pytest

from armillary.scaling.audit.names import find_hardware, find_models, masked, member
from armillary.scaling.audit.numerals import normalise


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GPT3", "GPT-3 175B"),
        ("GPT-3的训练", "GPT-3 175B"),
        ("gpt 3 13B", "GPT-3 13B"),
        ("Llama-2-70b", "Llama 2 70B"),
        ("LLaMA-65B", "LLaMA 65B"),
        ("the 65B LLaMA", "LLaMA 65B"),
        ("Llama 3 405B", "Llama 3.1 405B"),
        ("DeepSeek V3", "DeepSeek-V3"),
        ("深度求索V3", "DeepSeek-V3"),
        ("源1.0", "Yuan 1.0"),
        ("MT-NLG", "Megatron-Turing NLG 530B"),
    ],
)
def test_models_under_the_names_people_use(text: str, name: str) -> None:
    (mention,) = find_models(normalise(text))
    run = member(mention, None)
    assert run is not None
    assert run.name == name


@pytest.mark.parametrize(
    "text", ["GPT-3.5", "GPT-35", "Llama 3.2", "PaLM 2", "Falcon 2 11B", "Optimus", "T5X"]
)
def test_names_that_only_begin_alike_are_others(text: str) -> None:
    assert all(member(mention, None) is None for mention in find_models(text))


def test_a_family_is_narrowed_by_the_parameters() -> None:
    (mention,) = find_models("Llama 2")
    assert [member(mention, size) and member(mention, size).name for size in (None, 13e9, 7e9)] == [  # type: ignore[union-attr]
        "Llama 2 70B",
        "Llama 2 13B",
        "Llama 2 7B",
    ]
    assert member(mention, 40e9) is None


def test_unknown_models_carry_the_size_in_their_name() -> None:
    (mention,) = find_models("Foo-13B on A100s")
    assert mention.run is None
    assert mention.n_params == 13e9


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2048 A100s", "NVIDIA A100 SXM4 80GB"),
        ("A100-40GB", "NVIDIA A100 SXM4 40GB"),
        ("英伟达H100", "NVIDIA H100 SXM5 80GB"),
        ("H800显卡", "NVIDIA H800 SXM5 80GB"),
        ("TPUv3", "Google TPU v3"),
        ("昇腾910", "Huawei Ascend 910"),
        ("GTX 580", "GTX 580"),
        ("on TPUs", "TPUs"),
    ],
)
def test_hardware_by_its_name_in_the_catalogue(text: str, name: str) -> None:
    (mention,) = find_hardware(normalise(text))
    assert mention.name == name


def test_masks_keep_every_place() -> None:
    text = "GPT-3 on 10,000 V100s"
    hidden = masked(text, find_models(text), find_hardware(text))
    assert len(hidden) == len(text)
    assert "10,000" in hidden
    assert "3 on" not in hidden
    assert "100s" not in hidden

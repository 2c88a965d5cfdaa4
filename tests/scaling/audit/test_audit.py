from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import RequestError
from armillary.scaling.audit.audit import AuditResult, Check, audit

DAY = 86400.0


def only(result: AuditResult, kind: str = "device_time") -> Check:
    (check,) = [c for claim in result.claims for c in claim.checks if c.quantity.kind == kind]
    return check


def text_of(result: AuditResult) -> str:
    return "\n".join(line for claim in result.claims for check in claim.checks for line in check.lines)


@pytest.mark.parametrize(
    "claim", ["GPT-3 took 1.75 million GPU-days to train", "GPT-3的训练需要175万个GPU天的计算资源"]
)
def test_the_gpu_days_of_gpt3(claim: str) -> None:
    """148,000 by the record, 130,000 at 28 TFLOP/s, 29,074 at the peak of V100."""
    result = audit(claim)
    check = only(result)
    assert result.verdict == check.verdict == "too_high"
    assert check.factor == pytest.approx(1.75e6 / 148_000)
    assert check.expectation.record == pytest.approx(148_000 * DAY)
    assert check.expectation.possible_low == pytest.approx(29_074 * DAY, rel=1e-4)
    assert check.utilisation == pytest.approx(3.14e23 / (1.75e6 * DAY * 125e12))
    assert check.utilisation is not None
    assert check.utilisation < result.utilisation.floor
    assert [reading.unit for reading in check.readings] == ["GPU-hour"]
    for figure in ("148,000", "129,795", "29,074", "arXiv:2005.14165", "arXiv:2104.10350"):
        assert figure in text_of(result)


def test_the_answer_is_in_the_language_of_the_claim() -> None:
    assert "约偏高 12 倍" in audit("GPT-3的训练需要175万个GPU天").claims[0].summary
    assert "12 times too high" in audit("GPT-3 took 1.75 million GPU-days").claims[0].summary
    assert "12 times too high" in audit("GPT-3的训练需要175万个GPU天", "en").claims[0].summary
    assert "若单位是GPU小时则合理" in audit("GPT-3 took 1.75 million GPU-days", "zh").claims[0].summary
    with pytest.raises(RequestError, match="choose en or zh"):
        audit("GPT-3 took 1.75 million GPU-days", "fr")


def test_models_that_are_not_on_record_need_size_data_and_hardware() -> None:
    result = audit("A 65B model saw 1.4T tokens on 2048 A100s for 21 days")
    check = only(result)
    assert check.verdict == "plausible"
    assert check.utilisation == pytest.approx(6 * 65e9 * 1.4e12 / (2048 * 21 * DAY * 312e12))
    assert audit("Foo took 2048 A100s for 21 days").verdict == "cannot_say"


def test_figures_of_the_text_come_before_the_record() -> None:
    result = audit("LLaMA 65B was trained on 14 trillion tokens with 2048 A100s for 210 days")
    assert only(result).verdict == "plausible"  # ten times the data in ten times the time
    assert only(result, "tokens").verdict == "too_high"
    assert any("1.4T tokens" in note for note in result.claims[0].notes)


def test_hardware_of_the_text_comes_before_the_record() -> None:
    """Narayanan et al. 2021 (arXiv:2104.04473): 34 days on 1,024 A100."""
    assert audit("GPT-3 can be trained in 34 days on 1,024 A100 GPUs").verdict == "plausible"
    other = audit("GPT-3 was trained in 34 days on 1,024 GPUs")
    assert other.verdict == "too_low"
    assert "hardware" in {reading.slip for reading in only(other).readings}


def test_both_ways_are_shown() -> None:
    lines = text_of(audit("PaLM took 2.5e24 FLOP on 6144 TPU v4 chips for 64 days"))
    assert "6 x 540.4B" in lines or "6 x 540B" in lines
    assert "of peak that" in lines


def test_several_claims_are_audited_each() -> None:
    result = audit("GPT-3 used 3.14e23 FLOP; PaLM used 2.5e27 FLOP. It was trained on 780B tokens.")
    assert [(c.claim.model, c.verdict) for c in result.claims] == [
        ("GPT-3 175B", "plausible"),
        ("PaLM 540B", "too_high"),
    ]
    assert {check.quantity.kind for check in result.claims[1].checks} == {"compute", "tokens"}
    assert result.verdict == "too_high"


def test_stages_of_a_run_add_up() -> None:
    result = audit("PaLM ran on 6144 TPU v4 chips for 1200 hours and 3072 TPU v4 chips for 336 hours")
    assert only(result).quantity.value == pytest.approx(8_404_992 * 3600)


def test_a_stage_on_top_of_a_base_model_may_count_it_or_not() -> None:
    assert audit("DeepSeek-R1 cost $294,000 to train").verdict == "plausible"
    assert audit("DeepSeek-R1 cost $6 million to train").verdict == "plausible"
    assert audit("DeepSeek-R1 cost $60 million to train").verdict == "too_high"


def test_a_sparse_model_may_explain_what_is_impossible_for_a_dense_one() -> None:
    result = audit("A 1.8T-parameter model saw 13T tokens on 25,000 A100s in 95 days")
    assert only(result).verdict == "impossible"
    (reading,) = [r for r in only(result).readings if r.slip == "sparse"]
    assert 5e10 < reading.value < 5e11
    active = f"A 1.8T-parameter model ({reading.value:.3g} active) saw 13T tokens on 25,000 A100s in 95 days"
    assert audit(active).verdict == "plausible"


def test_hyphens_of_typesetters_are_hyphens() -> None:
    assert audit("GPT‑3 took 1.75 million GPU‐days").verdict == "too_high"


def test_the_exchange_rate_is_said() -> None:
    result = audit("GPT-3的训练花费3300万元人民币")
    assert result.verdict == "plausible"
    assert "7.1" in text_of(result)


def test_bounds_are_read_as_ranges() -> None:
    assert audit("GPT-3 took over 80,000 GPU-days").verdict == "plausible"
    assert audit("GPT-3 took 10,000-20,000 GPU-days").verdict == "impossible"


def test_hardware_without_a_peak_is_said() -> None:
    result = audit("A 7B model saw 1T tokens in 100 days on 64 Cerebras CS-2")
    assert result.verdict == "cannot_say"
    assert "Cerebras CS-2" in text_of(result)


@pytest.mark.parametrize(
    "text", ["", "hello", "GPT-3 has 96 layers", "I slept 8 hours", "GPT-3 took 0 GPU-days", "。"]
)
def test_what_cannot_be_parsed_is_answered_with_what_can(text: str) -> None:
    with pytest.raises(RequestError, match="GPU-hours") as error:
        audit(text)
    assert error.value.exit_status == 2
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "devices", ["8张4090", "8 x 4090", "8×RTX 4090", "8x NVIDIA RTX 4090", "8块英伟达4090"]
)
def test_a_bare_number_is_a_card_where_it_is_counted(devices: str) -> None:
    check = only(audit(f"13B parameters, 1T tokens, {devices}, 3 days"))
    assert check.quantity.value == 8 * 3 * DAY
    assert check.verdict == "impossible"
    assert audit("a model of 4090 parameters, 1T tokens").claims[0].claim.hardware == ""


@pytest.mark.parametrize(("rate", "verdict"), [("312", "plausible"), ("3120", "impossible")])
def test_the_speed_of_a_device_is_held_against_its_own_peak(rate: str, verdict: str) -> None:
    assert only(audit(f"an A100 does {rate} TFLOPS"), "rate").verdict == verdict


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(RequestError, match="in parts"):
        audit("GPT-3 " * 50_000)


PIECES = [
    "GPT-3", "LLaMA", "PaLM", "65B", "A100", "V100s", "GPUs", "GPU-days", "GPU天", "张", "个", "175万",
    "3.14e23", "1.75", "million", "FLOP", "FLOP/s", "tokens", "参数", "%", "MFU", "$", "美元", "kWh",
    "度", "tCO2", "for", "on", "用", "训练了", "天", "hours", "over", "超过", "-", "to", "至", "(", ")",
    ".", "。", ",", "10^25", "half", "a", "一千七百亿", "每秒", "per", "second", "0", "½", "万亿", "×",
    "NaN", "inf",
]  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES), max_size=14)


@settings(max_examples=200, deadline=None)
@given(WORDS.map(" ".join) | WORDS.map("".join) | st.text(max_size=80))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    for language in ("en", "zh"):
        with contextlib.suppress(RequestError):
            assert all(claim.summary for claim in audit(text, language).claims)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e3, 1e7))
def test_verdicts_are_ordered_along_the_amount(days: float) -> None:
    """More GPU-days never turn a claim from too high into plausible or too low."""
    order = ["impossible", "too_low", "plausible", "too_high"]
    verdicts = [order.index(audit(f"GPT-3 took {n:.0f} GPU-days").verdict) for n in (days, 2 * days)]
    assert verdicts == sorted(verdicts)

"""The verdicts measured: published claims against the same claims corrupted, in English and Chinese.

Sources of the true ones are the papers and model cards of the runs; models that are not on record
(MPT, Pythia, StarCoder, GPT-NeoX, BloombergGPT, Phi-4, DBRX, ...) carry their size and data in the text.
"""

from __future__ import annotations

import pytest

from armillary.scaling.audit.audit import audit

# as published; the same corrupted; what is then wrong
PAIRS = [
    # hours and days exchanged
    ("LLaMA 7B took 82,432 A100 GPU hours", "LLaMA 7B took 82,432 A100 GPU days", "too_high"),
    ("LLaMA-13B: 135,168 GPU-hours", "LLaMA-13B: 135,168 GPU-days", "too_high"),
    ("BLOOM needed 1,082,880 A100-hours", "BLOOM needed 1,082,880 A100-days", "too_high"),
    ("Llama 2 70B took 1,720,320 GPU hours", "Llama 2 70B took 1,720,320 GPU days", "too_high"),
    ("GPT-3 took 148,000 GPU-days", "GPT-3 took 148,000 GPU-hours", "impossible"),
    ("GPT-3 took 355 V100-years to train", "GPT-3 took 355 V100-months to train", "impossible"),
    ("Llama 3.1 405B used 30.84M H100 hours", "Llama 3.1 405B used 30.84M H100 days", "too_high"),
    ("用2048张A100训练LLaMA 65B花了21天", "用2048张A100训练LLaMA 65B花了21小时", "impossible"),
    ("DeepSeek-V3训练用了278.8万H800 GPU小时", "DeepSeek-V3训练用了278.8万H800 GPU天", "too_high"),
    ("GLM-130B用96台DGX-A100服务器训练了60天", "GLM-130B用96台DGX-A100服务器训练了60小时", "impossible"),
    # times twelve and through twelve
    ("OPT-175B took 809,472 GPU hours", "OPT-175B took 9.7 million GPU hours", "too_high"),
    ("GPT-3的训练需要14.8万个GPU天", "GPT-3的训练需要175万个GPU天", "too_high"),
    ("Falcon-180B took 7,000,000 GPU hours", "Falcon-180B took 580,000 GPU hours", "impossible"),
    ("Llama 3 70B cost 6.4M GPU hours", "Llama 3 70B cost 77M GPU hours", "too_high"),
    ("GPT-3的训练耗电1287兆瓦时", "GPT-3的训练耗电15444兆瓦时", "too_high"),
    ("DeepSeek-V3 cost $5.576M", "DeepSeek-V3 cost $67M", "too_high"),
    ("GPT-3 175B cost about $4.6 million to train", "GPT-3 175B cost about $370,000 to train", "too_low"),
    ("Chinchilla used 5.76e23 FLOP", "Chinchilla used 6.9e24 FLOP", "too_high"),
    ("PaLM 540B took 8.4 million TPU v4 hours", "PaLM 540B took 100 million TPU v4 hours", "too_high"),
    # times a thousand
    ("GPT-3 has 175 billion parameters", "GPT-3 has 175 million parameters", "too_low"),
    ("GPT-3有1750亿参数", "GPT-3有1750万参数", "too_low"),
    (
        "LLaMA 65B was trained on 1.4 trillion tokens",
        "LLaMA 65B was trained on 1.4 billion tokens",
        "too_low",
    ),
    ("BLOOM消耗了433 MWh", "BLOOM消耗了433 GWh", "too_high"),
    (
        "Training GPT-3 emitted 552 tonnes of CO2",
        "Training GPT-3 emitted 552 thousand tonnes of CO2",
        "too_high",
    ),
    ("Llama 2 13B emitted 62.44 tCO2eq", "Llama 2 13B emitted 62,440 tCO2eq", "too_high"),
    ("Qwen2.5-72B用18万亿token训练", "Qwen2.5-72B用18亿token训练", "too_low"),
    ("Gopher took 6.31e23 FLOP", "Gopher took 6.31e26 FLOP", "too_high"),
    ("DeepSeek-V3的训练成本为557.6万美元", "DeepSeek-V3的训练成本为557.6亿美元", "too_high"),
    # FLOP, FLOP/s, petaFLOP/s-days
    ("GPT-3 needed 3.14e23 FLOP", "GPT-3 needed 3.14e23 FLOP/s", "impossible"),
    ("GPT-3 took 3,640 petaflop/s-days", "GPT-3 took 3,640 petaFLOP", "too_low"),
    ("PaLM的训练用了2.5×10^24次浮点运算", "PaLM的训练需要每秒2.5×10^24次浮点运算", "impossible"),
    ("Yuan 1.0 took 4,095 PF-days", "Yuan 1.0 took 4,095 EF-days", "too_high"),
    # speeds and utilisation
    (
        "LLaMA 65B ran at 380 tokens/s/GPU on A100s",
        "LLaMA 65B ran at 3800 tokens/s/GPU on A100s",
        "impossible",
    ),
    ("PaLM reached 46.2% MFU", "PaLM reached 146.2% MFU", "impossible"),
    ("Llama 3.1 405B训练的MFU为38%-43%", "Llama 3.1 405B训练的MFU为88%-93%", "too_high"),
    ("OPT-175B ran at 147 TFLOP/s per GPU", "OPT-175B ran at 1470 TFLOP/s per GPU", "impossible"),
    # models that are not on record
    (
        "MPT-7B was trained on 1T tokens in 9.5 days with 440 A100-40GB GPUs",
        "MPT-7B was trained on 1T tokens in 9.5 hours with 440 A100-40GB GPUs",
        "impossible",
    ),
    (
        "Pythia-12B saw 300B tokens in 72,300 A100 GPU hours",
        "Pythia-12B saw 300B tokens in 870,000 A100 GPU hours",
        "too_high",
    ),
    (
        "StarCoder has 15.5B parameters, saw 1 trillion tokens and took 320,256 A100 GPU hours",
        "StarCoder has 15.5B parameters, saw 1 trillion tokens and took 320,256 A100 GPU days",
        "too_high",
    ),
    (
        "A 1T-parameter model takes 84 days for 450 billion tokens on 3,072 A100s",
        "A 1T-parameter model takes 7 days for 450 billion tokens on 3,072 A100s",
        "impossible",
    ),
    (
        "GPT-NeoX-20B: 472B tokens, 96 A100-40GB for 1,830 hours",
        "GPT-NeoX-20B: 472B tokens, 96 A100-40GB for 1,830 days",
        "too_high",
    ),
    (
        "BloombergGPT (50.6B parameters, 569B tokens) took 53 days on 512 A100 40GB GPUs",
        "BloombergGPT (50.6B parameters, 569B tokens) took 53 months on 512 A100 40GB GPUs",
        "too_high",
    ),
    (
        "TinyLlama有11亿参数，用16张A100在3万亿词元上训练了90天",
        "TinyLlama有11亿参数，用16张A100在3万亿词元上训练了90小时",
        "impossible",
    ),
    (
        "DeepSeek-67B needs 300.6K H800 GPU hours for each trillion tokens, so for one trillion tokens",
        "DeepSeek-67B needs 300.6M H800 GPU hours for each trillion tokens, so for one trillion tokens",
        "too_high",
    ),
    (
        "Phi-4 has 14B parameters and was trained on 9.8T tokens with 1,920 H100-80G GPUs in 21 days",
        "Phi-4 has 14B parameters and was trained on 9.8T tokens with 1,920 H100-80G GPUs in 21 hours",
        "impossible",
    ),
    (
        "SmolLM3-3B: 11.2T tokens on 384 H100 GPUs in 24 days",
        "SmolLM3-3B: 11.2T tokens on 384 H100 GPUs in 288 days",
        "too_high",
    ),
    (
        "DBRX (132B parameters, 36B active) was trained on 12T tokens for three months on 3072 H100s",
        "DBRX (132B parameters, 36B active) was trained on 12T tokens for three years on 3072 H100s",
        "too_high",
    ),
]
PUBLISHED, CORRUPTED = [p[0] for p in PAIRS], [(p[1], p[2]) for p in PAIRS]
SENSITIVITY = 0.95  # of published claims called plausible
SPECIFICITY = 0.95  # of corrupted claims called wrong, in the right direction


def test_published_claims_are_called_plausible() -> None:
    wrong = [(claim, audit(claim).verdict) for claim in PUBLISHED if audit(claim).verdict != "plausible"]
    assert len(PUBLISHED) - len(wrong) >= SENSITIVITY * len(PUBLISHED), wrong


def test_corrupted_claims_are_called_wrong_in_the_right_direction() -> None:
    wrong = [
        (claim, meant, audit(claim).verdict) for claim, meant in CORRUPTED if audit(claim).verdict != meant
    ]
    assert len(CORRUPTED) - len(wrong) >= SPECIFICITY * len(CORRUPTED), wrong


def test_there_are_forty_of_each() -> None:
    assert len(set(PUBLISHED)) >= 40
    assert len(set(CORRUPTED)) >= 40


@pytest.mark.parametrize(
    ("claim", "slip", "unit"),
    [
        ("GPT-3 took 1.75 million GPU-days to train", "unit", "GPU-hour"),
        ("GPT-3的训练需要175万个GPU天的计算资源", "unit", "GPU-hour"),
        ("GPT-3 took 148,000 GPU-hours", "unit", "GPU-day"),
        ("GPT-3 needed 3.14e23 FLOP/s", "unit", "FLOP"),
        ("GPT-3 took 3,640 FLOP", "unit", "PFLOP/s-day"),
        ("GPT-3 has 175 million parameters", "scale", "parameter"),
        ("GPT-3有1750万参数", "scale", "parameter"),
        ("GPT-3 has 350 billion parameters", "bytes", "parameter"),
        ("BLOOM consumed 433 kWh", "unit", "MWh"),
        ("DeepSeek-V3 cost 5.576 million yuan", "currency", "USD"),
        ("GLM-130B took 60 days on 96 A100 GPUs", "nodes", "GPU-day"),
        ("GPT-3 took 20,000 GPU-days", "hardware", "GPU-day"),
    ],
)
def test_slips_of_the_pen_are_named(claim: str, slip: str, unit: str) -> None:
    readings = [r for c in audit(claim).claims for check in c.checks for r in check.readings]
    assert (slip, unit) in {(reading.slip, reading.unit) for reading in readings}

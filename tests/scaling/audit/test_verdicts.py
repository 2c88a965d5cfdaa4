"""The verdicts measured: published claims against the same claims corrupted, in English and Chinese.

Sources of the true ones are the papers and model cards of the runs; models that are not on record
(MPT, Pythia, StarCoder, GPT-NeoX, BloombergGPT, Phi-4, DBRX, ...) carry their size and data in the text.
"""

from __future__ import annotations

import pytest

from armillary.scaling.audit.audit import audit
from armillary.scaling.audit.records import records

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
    # costs, sizes and speeds again, other runs
    ("Llama 2 13B took 368,640 A100 GPU hours", "Llama 2 13B took 368,640 A100 GPU days", "too_high"),
    ("LLaMA 33B took 530,432 GPU hours", "LLaMA 33B took 530 GPU hours", "impossible"),
    (
        "Meta used 39.3 million H100 GPU hours to train Llama 3.1",
        "Meta used 39.3 billion H100 GPU hours to train Llama 3.1",
        "too_high",
    ),
    ("BLOOM训练耗时118天，使用384张A100 80GB", "BLOOM训练耗时118小时，使用384张A100 80GB", "impossible"),
    ("T5-11B took 20 days on 512 TPU v3 chips", "T5-11B took 240 days on 512 TPU v3 chips", "too_high"),
    ("Meena's training consumed 232 MWh", "Meena's training consumed 232 GWh", "too_high"),
    (
        "Switch Transformer: 27 days on 1024 TPU v3",
        "Switch Transformer: 27 hours on 1024 TPU v3",
        "impossible",
    ),
    ("Qwen2-72B was trained on 7 trillion tokens", "Qwen2-72B was trained on 7 billion tokens", "too_low"),
    ("通义千问2.5 72B使用了18万亿token训练", "通义千问2.5 72B使用了1.8万亿token训练", "too_low"),
    ("混元Large激活参数520亿，训练数据7万亿token", "混元Large激活参数520亿，训练数据7亿token", "too_low"),
    (
        "Nemotron-4 340B used 6,144 H100 GPUs and 9 trillion tokens",
        "Nemotron-4 340B used 61,440 H100 GPUs and 9 trillion tokens",
        "too_high",
    ),
    ("Inflection-2 took about 10^25 FLOPs", "Inflection-2 took about 10^28 FLOPs", "too_high"),
    ("Stable Diffusion cost about $600,000", "Stable Diffusion cost about $600 million", "too_high"),
    (
        "CLIP ViT-L/14 took 12 days on 256 V100 GPUs",
        "CLIP ViT-L/14 took 12 months on 256 V100 GPUs",
        "too_high",
    ),
    (
        "AlexNet trained for five to six days on two GTX 580 GPUs",
        "AlexNet trained for five to six months on two GTX 580 GPUs",
        "too_high",
    ),
    ("RoBERTa-Large used 4.26e21 FLOPs", "RoBERTa-Large used 4.26e24 FLOPs", "too_high"),
    (
        "DeepSeek-V3 pre-training took 2.664 million H800 GPU hours",
        "DeepSeek-V3 pre-training took 32 million H800 GPU hours",
        "too_high",
    ),
    (
        "DeepSeek-V3 takes 180K H800 GPU hours per trillion tokens",
        "DeepSeek-V3 takes 180M H800 GPU hours per trillion tokens",
        "too_high",
    ),
    (
        "Training LLaMA-65B drew 449 MWh and emitted 173 tCO2eq",
        "Training LLaMA-65B drew 449 GWh and emitted 173 tCO2eq",
        "too_high",
    ),
    ("GPT-3's training used 3,640 petaflop/s-days", "GPT-3's training used 3,640 exaflop/s-days", "too_high"),
    ("Gopher训练用了4096块TPU v3，历时920小时", "Gopher训练用了4096块TPU v3，历时920天", "too_high"),
    (
        "PaLM-540B achieved 238.3K tokens/s on 6144 TPU v4 chips",
        "PaLM-540B achieved 238.3M tokens/s on 6144 TPU v4 chips",
        "impossible",
    ),
    ("GPT-4 has 1.8 trillion parameters", "GPT-4 has 100 trillion parameters", "too_high"),
    (
        "A 175B model reached 55.2% MFU on 12,288 A100 GPUs",
        "A 175B model reached 155.2% MFU on 12,288 A100 GPUs",
        "impossible",
    ),
    ("BLOOM emitted 24.7 tonnes of CO2", "BLOOM emitted 24.7 million tonnes of CO2", "too_high"),
    ("OPT-175B排放约75吨二氧化碳", "OPT-175B排放约75万吨二氧化碳", "too_high"),
    ("Kimi K2拥有1.04万亿参数", "Kimi K2拥有1.04亿参数", "too_low"),
    (
        "GPT-4 was trained on 25,000 A100s for 90 to 100 days",
        "GPT-4 was trained on 25,000 A100s for 90 to 100 hours",
        "impossible",
    ),
    ("Llama 3.1 405B排放了8930吨二氧化碳", "Llama 3.1 405B排放了893万吨二氧化碳", "too_high"),
    (
        "Skywork-13B processed 1873 tokens per GPU per second on A800s",
        "Skywork-13B processed 18,730 tokens per GPU per second on A800s",
        "impossible",
    ),
    ("Llama 3 8B took 1.3M H100 hours", "Llama 3 8B took 1.3B H100 hours", "too_high"),
    ("用1024张A100训练GPT-3需要34天", "用1024张A100训练GPT-3需要34小时", "impossible"),
    ("训练GPT-3大约要花460万美元", "训练GPT-3大约要花460亿美元", "too_high"),
    ("Falcon-180B was trained with 3.76e24 FLOP", "Falcon-180B was trained at 3.76e24 FLOP/s", "impossible"),
    ("Yuan 1.0有2457亿参数", "Yuan 1.0有2457万参数", "too_low"),
    (
        "Megatron-LM trained a 530B model at 113 teraFLOP/s per A100",
        "Megatron-LM trained a 530B model at 1130 teraFLOP/s per A100",
        "impossible",
    ),
    (
        "GLM-130B has 130 billion parameters and saw 400 billion tokens",
        "GLM-130B has 130 billion parameters and saw 400 million tokens",
        "too_low",
    ),
    (
        "Chinchilla was trained on 1.4 trillion tokens with 70B parameters",
        "Chinchilla was trained on 14 trillion tokens with 70B parameters",
        "too_high",
    ),
    ("Falcon-40B took 2,800 petaflop-days", "Falcon-40B took 2,800 petaflops", "impossible"),
    ("GPT-3 took 3.14e8 petaFLOP", "GPT-3 took 3.14e8 teraFLOP", "too_low"),
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


def test_there_are_eighty_of_each() -> None:
    assert len(set(PUBLISHED)) >= 80
    assert len(set(CORRUPTED)) >= 80


SAYINGS = {
    "n_params": "{run} has {value:.4g} parameters",
    "n_tokens": "{run}用{value:.4g}个token训练",
    "train_flops": "{run} took {value:.4g} FLOP",
    "device_hours": "{run}用了{value:.6g} GPU小时",
    "usd": "{run} cost ${value:.5g}",
    "mwh": "{run}耗电{value:.5g}兆瓦时",
    "tonnes_co2": "{run} emitted {value:.5g} tonnes of CO2",
}


@pytest.mark.parametrize("column", SAYINGS)
def test_every_figure_on_record_is_plausible_and_a_thousand_times_it_is_not(column: str) -> None:
    for run in records():
        value = getattr(run, column)
        if value is None:
            continue
        for factor in (1.0, 1000.0, 0.001):
            said = audit(SAYINGS[column].format(run=run.name, value=factor * value))
            assert (said.claims[0].checks[0].verdict == "plausible") == (factor == 1.0), (run.name, factor)


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

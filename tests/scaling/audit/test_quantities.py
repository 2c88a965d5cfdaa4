from __future__ import annotations

import pytest

from armillary.scaling.audit.names import find_hardware, find_models, masked
from armillary.scaling.audit.numerals import normalise
from armillary.scaling.audit.quantities import Quantity, find_quantities

HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400.0


def quantities(text: str) -> list[Quantity]:
    clean = normalise(text)
    return find_quantities(clean, masked(clean, find_models(clean), find_hardware(clean)))[0]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("GPT-3 took 1.75 million GPU-days", "device_time", 1.75e6 * DAY),
        ("GPT-3的训练需要175万个GPU天的计算资源", "device_time", 1.75e6 * DAY),
        ("278.8万H800 GPU小时", "device_time", 2.788e6 * HOUR),
        ("175万卡时", "device_time", 1.75e6 * HOUR),
        ("2万卡天", "device_time", 2e4 * DAY),
        ("500卡月", "device_time", 500 * YEAR / 12),
        ("355 GPU-years", "device_time", 355 * YEAR),
        ("1,082,880 hours of A100", "device_time", 1_082_880 * HOUR),
        ("GPU hours: 809,472", "device_time", 809_472 * HOUR),
        ("A100-hours were 100", "device_time", None),
        ("2,048 A100-80GB GPUs", "devices", 2048),
        ("992 80GB A100 GPUs", "devices", 992),
        ("2048张A100", "devices", 2048),
        ("8192个昇腾910B", "devices", 8192),
        ("6144 TPU v4 chips", "devices", 6144),
        ("1万卡集群", "devices", 1e4),
        ("96 NVIDIA DGX-A100 nodes", "devices", 768),
        ("96台DGX-A100（40G）服务器", "devices", 768),
        ("34-day run", "duration", 34 * DAY),
        ("两个月", "duration", YEAR / 6),
        ("3 weeks", "duration", 21 * DAY),
        ("2020年发布", "duration", None),
        ("3 years ago", "duration", None),
        ("3.14e23 FLOPs", "compute", 3.14e23),
        ("3.14e23次浮点运算", "compute", 3.14e23),
        ("3640 petaflop/s-days", "compute", 3640e15 * DAY),
        ("3,640 PF-days", "compute", 3640e15 * DAY),
        ("3640 PFLOPS-days", "compute", 3640e15 * DAY),
        ("3640 PF天", "compute", 3640e15 * DAY),
        ("2500 zettaFLOP", "compute", 2.5e24),
        ("140 teraFLOP/s per GPU", "rate", 1.4e14),
        ("28 TFLOPS", "rate", 2.8e13),
        ("3.14e23 FLOP/s", "rate", 3.14e23),
        ("每秒3.14e23次浮点运算", "rate", 3.14e23),
        ("380 tokens/s/GPU", "throughput", 380),
        ("每张卡每秒处理380个token", "throughput", 380),
        ("1873 tokens per GPU per second", "throughput", 1873),
        ("300B tokens", "tokens", 3e11),
        ("14.8 trillion diverse and high-quality tokens", "tokens", 1.48e13),
        ("3000亿词元", "tokens", 3e11),
        ("1750亿参数", "params", 1.75e11),
        ("参数量为1750亿", "params", 1.75e11),
        ("a 175B model", "params", 1.75e11),
        ("175 billion-parameter", "params", 1.75e11),
        ("37B activated parameters", "active_params", 3.7e10),
        ("激活参数370亿", "active_params", 3.7e10),
        ("$4.6 million", "money", 4.6e6),
        ("460万美元", "money", 4.6e6),
        ("人民币710万元", "money", 1e6),
        ("710万元", "money", 1e6),
        ("$2 per GPU hour", "money", None),
        ("每小时2美元", "money", 2),
        ("1287 MWh", "energy", 1.287e6),
        ("128.7万度电", "energy", 1.287e6),
        ("1.3吉瓦时", "energy", 1.3e6),
        ("552吨二氧化碳", "emissions", 552),
        ("31.22 tCO2eq", "emissions", 31.22),
        ("11,250 kg of CO2", "emissions", 11.25),
        ("46.2% MFU", "utilisation", 0.462),
        ("算力利用率为百分之四十六", "utilisation", 0.46),
        ("accuracy of 46.2%", "utilisation", None),
    ],
)
def test_units_in_both_languages(text: str, kind: str, value: float | None) -> None:
    found = {q.kind: q.value for q in quantities(text)}
    assert found.get(kind) == (None if value is None else pytest.approx(value))


def test_ranges_with_a_unit_on_each_end() -> None:
    (mfu,) = quantities("38%-43% MFU")
    assert (mfu.low, mfu.high) == pytest.approx((0.38, 0.43))


@pytest.mark.parametrize(
    "text", ["LLaMA-65B on A100-80GB", "GPT-3.5 and Llama 3.1 405B", "Qwen2.5-72B on RTX 4090"]
)
def test_digits_of_names_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


def test_large_numbers_without_a_unit_are_told() -> None:
    clean = normalise("GPT-3 and PaLM used 3.14e23 and 2.5e24 FLOP in 2022")
    found, unread = find_quantities(clean, masked(clean, find_models(clean), find_hardware(clean)))
    assert [q.value for q in found] == [2.5e24]
    assert unread == ["3.14e23"]


def test_speeds_are_per_device_where_the_text_says_so() -> None:
    assert quantities("140 TFLOP/s per GPU")[0].per_device
    assert quantities("每张卡每秒处理380个token")[0].per_device
    assert not quantities("502 petaFLOP/s in all")[0].per_device

"""Runs of translation as training would leave them: what was written, with errors of every kind."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from armillary.runs.judgement import (
    Alignment,
    Judged,
    Judgement,
    PairedRuns,
    PairedScore,
    write_judgement,
)
from armillary.runs.run import Run, Summary

PAIRS = [
    ("Open the file.", "打开文件。"),
    ("Click the cell", "单击单元格"),
    (
        "Choose Insert - Fields - More Fields to open the dialog.",
        "选择“插入 - 字段 - 更多字段”以打开对话框。",
    ),
    ("The default value is 1.5 cm, the largest 30.", "默认值为 1.5 cm，最大值为 30。"),
    ("See https://example.org/help?page=2 for details.", "详情请见 https://example.org/help?page=2。"),
    ("Returns the number of rows in a reference or array.", "返回引用或数组中的行数。"),
    (
        "If you select this option, the formula is recalculated each time that the document is opened, "
        "even if nothing has changed since it was saved.",
        "如果选中此选项，则每次打开文档时都会重新计算公式，即使自保存以来没有任何更改。",
    ),
    ("Emoji 😀 and <b>tags</b> survive", "表情 😀 和 <b>标签</b> 保留下来"),
]
PIECES = (("Open", " the", " docu", "ment", ".", ""), ("打", "开", "", "文档", "。", ""))


def alignment() -> Alignment:
    """Return one that goes down the diagonal, a little blurred."""
    weights = 0.06 * np.ones((6, 6)) + 0.64 * np.eye(6)
    return Alignment(*PIECES, tuple(tuple(row) for row in (weights / weights.sum(axis=1)[:, None]).tolist()))


def spoiled(reference: str, source: str, rng: np.random.Generator, quality: float) -> tuple[str, float]:
    """Return what a model might have written, and a score for it."""
    if rng.random() < quality:
        keep = rng.random(len(reference)) < 0.75 + 0.25 * quality
        text = "".join(char for char, kept in zip(reference, keep, strict=True) if kept)
        return text, 100 * float(keep.mean()) ** 2
    kind = rng.integers(5)
    texts = ["", source, reference[: len(reference) // 4], reference * 3, reference[:4] + "单元格" * 6]
    return texts[kind], float(rng.uniform(0, 25))


def judgement(n: int = 160, quality: float = 0.8, seed: int = 0, n_pictures: int = 1) -> Judgement:
    """Return outputs on ``n`` examples, the same examples always."""
    rng = np.random.default_rng(seed)
    examples = []
    for i in range(n):
        source, reference = PAIRS[i % len(PAIRS)]
        source, reference = (f"{text} {i}" if i >= len(PAIRS) else text for text in (source, reference))
        output, score = spoiled(reference, source, rng, quality)
        examples.append(Judged(source, reference, output, score, f"page {i // 20}"))
    for i in range(n_pictures):
        examples[i] = replace(examples[i], output="打开文档。", alignment=alignment())
    return Judgement("test", metrics(40 * quality), "chrf", tuple(examples))


def metrics(bleu: float) -> dict[str, float]:
    """Return what a run of translation measures."""
    scores = {"bleu": bleu, "chrf": bleu + 3, "ter": 90 - bleu}
    ends = {f"{name}_{end}": v + d for name, v in scores.items() for end, d in (("low", -1.5), ("high", 1.5))}
    return {"loss": 2.5, "truncated": 0.01} | scores | ends | {"length_ratio": 0.97}


def written_run(path: Path, judged: Judgement | None, family: str = "transformer") -> Run:
    """Write a finished run of translation that keeps ``judged``, and its baselines."""
    config = {
        "task": {"kind": "translation", "source": {"kind": "catalogues"}},
        "model": {"kind": family, "d_model": 192},
        "budget": "20m",
        "seed": 0,
    }
    run = Run.create(path, config)
    for step in range(1, 41):
        row = {"step": step, "n_tokens": 1000 * step, "train_flops": 1e10 * step, "seconds": 1.0 * step}
        run.log(**row, split="train", lr=1e-3, loss=3 + 5 / step)
        if step % 8 == 0:
            run.log(**row, split="validation", loss=3.1 + 5 / step)
    measured = metrics(30.0) if judged is None else dict(judged.metrics)
    if judged is not None:
        write_judgement(run, judged)
    (path / "baselines.json").write_text(json.dumps({"copy": metrics(3.1), "dictionary": metrics(9.2)}))
    tests = {f"test/{name}": value for name, value in measured.items()}
    run.finish(
        Summary(
            n_params=5_300_000,
            n_params_non_embedding=3_700_000,
            n_examples=400_000,
            n_tokens=40_000,
            train_flops=4e11,
            loss=2.5,
            seconds=1200.0,
            unit="token",
            metrics=measured | tests,
        )
    )
    return run


def paired(run: Run, against: Run, difference: float = 4.0, p_value: float = 0.0001) -> PairedRuns:
    """Return a comparison of two runs."""
    scores = {
        name: PairedScore(30 + difference, 30.0, difference, difference - 1, difference + 1, p_value)
        for name in ("bleu", "chrf", "ter")
    }
    return PairedRuns(str(run.path), str(against.path), "test", 160, scores)

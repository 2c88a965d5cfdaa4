import random

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest as SacrebleusTest

from armillary.core.errors import DataError, MissingExtraError
from armillary.tasks import text_metrics
from armillary.tasks.resampling import paired_test, resampled
from armillary.tasks.text_metrics import (
    bleu,
    bleu_tokenizer,
    copied,
    sentence_scores,
    signatures,
    summary_metrics,
    summary_statistics,
    translation_metrics,
    translation_statistics,
)

ENGLISH = [
    "Opens the dialog in which you can choose a colour, a font and a size.",
    "See https://example.org/a?b=1 for the 3 rules of version 2.10!",
    "No.",
    "The quick brown fox jumps over the lazy dog, and the dog does not mind.",
    "Select the cells that you want to sum, then press Enter.",
    "It's a well-known fact: don't use tabs (or do).",
] * 6
CHINESE = [
    "打开一个对话框，您可以在其中选择颜色、字体和大小。",
    "请参阅 Writer 指南第 3 章。",
    "否",
    "选择要求和的单元格区域。",
] * 6


def noised(texts, share, seed, unit=" "):
    """The texts with a share of their words (or characters) left out or exchanged."""
    draw = random.Random(seed)
    out = []
    for text in texts:
        pieces = text.split(unit) if unit else list(text)
        pieces = [p for p in pieces if draw.random() > share / 2]
        for i in range(len(pieces) - 1):
            if draw.random() < share / 2:
                pieces[i], pieces[i + 1] = pieces[i + 1], pieces[i]
        out.append(unit.join(pieces))
    return out


@pytest.fixture(scope="module", params=["english", "chinese", "short", "hopeless"])
def texts(request):
    return {
        "english": (noised(ENGLISH, 0.3, 0), ENGLISH, "13a"),
        "chinese": (noised(CHINESE, 0.3, 1, unit=""), CHINESE, "zh"),
        "short": (["a b", "", "c"], ["a b", "a", "c d"], "13a"),
        "hopeless": (["x y z w v"] * 3, ["a b c d e"] * 3, "13a"),
    }[request.param]


def test_scores_of_a_corpus_are_sacrebleus(texts):
    hypotheses, references, tokenizer = texts
    metrics = translation_metrics(hypotheses, references, n_resamples=20)
    asian = tokenizer == "zh"
    theirs = {
        "bleu": BLEU(tokenize=tokenizer, force=True),
        "chrf": CHRF(),
        "chrf_plus_plus": CHRF(word_order=2),
        "ter": TER(normalized=asian, asian_support=asian),
    }
    for name, metric in theirs.items():
        assert metrics[name] == pytest.approx(metric.corpus_score(hypotheses, [references]).score), name
        assert metrics[f"{name}_low"] <= metrics[f"{name}_high"]
        assert signatures(references)[name] == metric.get_signature().format()


def test_scores_of_a_sentence_are_sacrebleus(texts):
    hypotheses, references, tokenizer = texts
    scores = sentence_scores("translation", hypotheses, references)
    by_sentence = BLEU(tokenize=tokenizer, effective_order=True), CHRF()
    for i, pair in enumerate(zip(hypotheses, references, strict=True)):
        expected = [metric.sentence_score(pair[0], [pair[1]]).score for metric in by_sentence]
        assert [scores["bleu"][i], scores["chrf"][i]] == pytest.approx(expected)


def test_resamples_are_scored_as_sacrebleu_scores_them():
    hypotheses = noised(ENGLISH, 0.3, 0)
    ours = bleu(resampled(translation_statistics(hypotheses, ENGLISH)["bleu"].counts, 500))
    theirs = BLEU(force=True).corpus_score(hypotheses, [ENGLISH], n_bootstrap=500)
    assert ours.mean() == pytest.approx(theirs._mean, abs=1e-3)  # theirs are sums in single precision
    ours.sort()
    assert (ours[487] - ours[12]) / 2 == pytest.approx(theirs._ci, abs=1e-3)


@pytest.mark.parametrize("share", [0.35, 0.6])
def test_the_paired_test_is_sacrebleus(share):
    a, b = noised(ENGLISH, 0.4, 3), noised(ENGLISH, share, 4)
    systems, metrics = [("a", a), ("b", b)], {"bleu": BLEU(force=True), "chrf": CHRF(), "ter": TER()}
    _, theirs = SacrebleusTest(systems, metrics, [ENGLISH], test_type="ar", n_samples=2000)()
    statistics = [translation_statistics(texts, ENGLISH) for texts in (a, b)]
    for name, label in [("bleu", "BLEU"), ("chrf", "chrF2"), ("ter", "TER")]:
        test = paired_test(statistics[1][name], statistics[0][name], n_trials=2000)
        p_value = theirs[label][1].p_value
        # Edits are whole numbers, so that TER has many differences equal to the real one: they count, here.
        assert test.p_value > p_value if name == "ter" else test.p_value == pytest.approx(p_value)
        assert (test.theirs, test.ours) == pytest.approx([result.score for result in theirs[label]])


def test_the_paired_resamples_are_sacrebleus():
    a, b = noised(ENGLISH, 0.4, 3), noised(ENGLISH, 0.5, 4)
    metrics = {"bleu": BLEU(force=True)}
    _, theirs = SacrebleusTest([("a", a), ("b", b)], metrics, [ENGLISH], test_type="bs", n_samples=1000)()
    statistics = [translation_statistics(texts, ENGLISH)["bleu"] for texts in (a, b)]
    scores = [bleu(resampled(of.counts, 1000)) for of in statistics]
    test = paired_test(*statistics)
    assert (test.low, test.high) == pytest.approx(np.percentile(scores[0] - scores[1], [2.5, 97.5]))
    # Their p-value is one-sided, of the absolute differences about the mean of these.
    away = np.abs(scores[1] - scores[0])
    larger = (away - away.mean() > abs(test.difference)).sum()
    assert theirs["BLEU"][1].p_value == pytest.approx((larger + 1) / 1001)


def test_rouge_is_rouge_scores_own_for_english():
    hypotheses = noised(ENGLISH, 0.3, 5)
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    pairs = zip(hypotheses, ENGLISH, strict=True)
    theirs = [scorer.score(reference, text) for text, reference in pairs]
    metrics = summary_metrics(hypotheses, ENGLISH, ENGLISH)
    scores = sentence_scores("summarization", hypotheses, ENGLISH)
    for name in ("rouge1", "rouge2", "rougeL"):
        expected = [100 * score[name].fmeasure for score in theirs]
        assert scores[name] == pytest.approx(expected)
        assert metrics[name] == pytest.approx(np.mean(expected))
        assert metrics[f"{name}_low"] < metrics[name] < metrics[f"{name}_high"]


def test_rouge_of_chinese_counts_characters():
    # 5 characters of 6 and of 5; the pairs 打开 开文 文件 of 5 and of 4.
    scores = sentence_scores("summarization", ["打开文件。夹"], ["打开文件的夹！"])
    assert scores["rouge1"] == pytest.approx([100 * 2 * 5 / 11])
    assert scores["rouge2"] == pytest.approx([100 * 2 * 3 / 9])
    assert summary_statistics(["一二"], ["二一"])["rougeL"].corpus == pytest.approx(50)


def test_novel_words_are_those_the_source_lacks():
    metrics = summary_metrics(["A new tool", "猫狗"], ["x", "y"], ["the tool of a kind", "黑猫"])
    assert metrics["novel_words"] == pytest.approx(2 / 5)
    assert metrics["mean_words"] == pytest.approx(2.5)
    assert metrics["exact_matches"] == 0


def test_equal_texts_have_the_best_scores_and_no_doubt():
    metrics = translation_metrics(ENGLISH, ENGLISH, ENGLISH)
    best = {name: metrics[name] for name in ("bleu", "bleu_low", "bleu_high", "chrf", "chrf_plus_plus")}
    assert best == pytest.approx(dict.fromkeys(best, 100.0))
    assert [metrics[name] for name in ("ter", "length_ratio", "exact_matches", "copied")] == [0, 1, 1, 1]


def test_numbers_and_addresses_that_the_reference_keeps_are_to_be_copied():
    sources = ["In 2019, see https://a.org/x. Then 2.5 or 7", "no number", "参阅http://b.cn/1。"]
    references = ["2019 年见 https://a.org/x，2.5 或七", "没有 5", "见http://b.cn/1。"]
    assert copied(references, references, sources) == 1
    assert copied(["2019 https://a.org/ 2.5", "5", ""], references, sources) == pytest.approx(2 / 4)
    assert copied(["2019 2019", "", ""], references, sources) == pytest.approx(1 / 4)
    assert "copied" not in translation_metrics(["a"], ["b"], ["c 5"])


@pytest.mark.parametrize(
    ("references", "tokenizer"),
    [
        (["Grüße aus Köln", "你"], "13a"),
        (["打开 LibreOffice Writer 的选项", "Calc"], "zh"),
        (["ファイルを開く", "保存する"], "char"),
        (["เปิดไฟล์"], "char"),
        (["12.5 %"], "13a"),
    ],
)
def test_the_tokenizer_follows_the_script_of_the_references(references, tokenizer, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert bleu_tokenizer(references) == tokenizer


def test_japanese_is_cut_by_mecab_where_it_is_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert bleu_tokenizer(["ファイルを開く"]) == "ja-mecab"


@pytest.mark.parametrize("judge", [translation_metrics, summary_metrics])
def test_nothing_to_judge_is_said(judge):
    with pytest.raises(DataError, match="no text to judge"):
        judge([], [], [])
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        judge(["a"], ["a", "b"], ["a", "b"])


@pytest.mark.parametrize(
    ("judge", "package"), [(translation_metrics, "sacrebleu"), (summary_metrics, "rouge-score")]
)
def test_a_missing_extra_is_named(judge, package, monkeypatch):
    text_metrics._rouge.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*armillary\[text\]"):
        judge(["a"], ["a"], ["a"])

"""How good written texts are: BLEU, chrF and TER of translations, ROUGE of summaries, 0 to 100.

n-grams are counted by sacrebleu (Post 2018), ROUGE is rouge-score's (Lin 2004) with words of any script.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from armillary.core.errors import DataError, MissingExtraError
from armillary.tasks.edit_rate import edits
from armillary.tasks.resampling import N_RESAMPLES, Statistics, interval, means
from armillary.tasks.segmentation import HAN, KANA, words

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.base import Metric
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

TextTask = Literal["translation", "summarization"]
BleuTokenizer = Literal["13a", "zh", "ja-mecab", "char"]
JUDGES: dict[TextTask, str] = {"translation": "sacrebleu", "summarization": "rouge-score"}
ROUGE = ("rouge1", "rouge2", "rougeL")
MAX_ORDER = 4  # words of the longest n-gram of BLEU
CHARACTER_ORDER = 6  # characters of the longest n-gram of chrF
WORD_ORDER = 2  # words of the longest n-gram of chrF++
RECALL_WEIGHT = 2  # beta of chrF's F score

HAN_OR_KANA = re.compile(f"[{HAN}{KANA}]")
ONLY_KANA = re.compile(f"[{KANA}]")
OTHER_UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")  # Thai to Khmer
LETTER = re.compile(r"[^\W\d_]")
FEW_LETTERS = 0.1  # share of the letters from which a script without spaces is the text's own
FEW_KANA = 0.1  # share of kana among Chinese characters and kana from which they are Japanese
COPIED = re.compile(r"(?:https?|ftp)://[!-~]*[\w/]|[0-9]+(?:[.,][0-9]+)*", re.ASCII)  # what one copies


def translation_metrics(
    hypotheses: Sequence[str],
    references: Sequence[str],
    sources: Sequence[str] | None = None,
    n_resamples: int = N_RESAMPLES,
) -> dict[str, float]:
    """Return what is measured on translations, one reference each.

    ``bleu``, ``chrf`` (chrF2: characters alone), ``chrf_plus_plus`` (chrF2++: words too) and ``ter`` are
    scores of the whole set, 0 to 100 (more edits than words make ``ter`` larger); ``_low`` and ``_high``
    are their 95% bootstrap intervals.  ``length_ratio`` is words written to words wanted,
    ``exact_matches`` the share of translations that equal the reference.  With ``sources``, ``copied`` is
    the share of their numbers and addresses that the reference keeps and the translation keeps too; it
    is left out where there is none.  DataError when there is nothing to judge.
    """
    _check(hypotheses, references, sources)
    scored = translation_statistics(hypotheses, references)
    lengths = scored["bleu"].counts[:, :2].sum(axis=0)
    metrics = _with_intervals(scored, n_resamples)
    metrics["length_ratio"] = float(lengths[0] / max(lengths[1], 1))
    metrics["exact_matches"] = _exact_matches(hypotheses, references)
    kept = copied(hypotheses, references, sources) if sources is not None else None
    return metrics if kept is None else metrics | {"copied": kept}


def summary_metrics(
    hypotheses: Sequence[str],
    references: Sequence[str],
    sources: Sequence[str],
    n_resamples: int = N_RESAMPLES,
) -> dict[str, float]:
    """Return what is measured on summaries, one reference each.

    ``rouge1``, ``rouge2`` and ``rougeL`` are mean F1 scores, 0 to 100, with 95% bootstrap intervals.
    ``novel_words`` is the share of the words written that the source does not have, ``mean_words`` the
    mean length in words (a Chinese character is one), ``exact_matches`` the share that equal the
    reference.  DataError when there is nothing to judge.
    """
    _check(hypotheses, references, sources)
    metrics = _with_intervals(summary_statistics(hypotheses, references), n_resamples)
    written = [words(text) for text in hypotheses]
    n_words = sum(map(len, written))
    known = [set(words(source)) for source in sources]
    novel = sum(word not in seen for text, seen in zip(written, known, strict=True) for word in text)
    metrics["novel_words"] = novel / max(n_words, 1)
    metrics["mean_words"] = n_words / len(hypotheses)
    metrics["exact_matches"] = _exact_matches(hypotheses, references)
    return metrics


def check_installed(task: TextTask) -> None:
    """Raise MissingExtraError when what judges ``task`` is not installed: before training, not after."""
    package = JUDGES[task]
    if importlib.util.find_spec(package.replace("-", "_")) is None:
        raise MissingExtraError(f"judging {task}", package, "text")


def signatures(references: Sequence[str]) -> dict[str, str]:
    """Return sacrebleu's signature of each score of translations: what to write beside it when published."""
    bleu, with_words, ter = _sacrebleu(bleu_tokenizer(references))
    metrics: dict[str, Metric] = {"bleu": bleu, "chrf": _chrf(0), "chrf_plus_plus": with_words, "ter": ter}
    for metric in metrics.values():
        metric.corpus_score([""], [[""]])  # a signature tells the number of references, known after judging
    return {name: metric.get_signature().format() for name, metric in metrics.items()}


def sentence_scores(
    task: TextTask, hypotheses: Sequence[str], references: Sequence[str]
) -> dict[str, list[float]]:
    """Return each sentence's own scores, 0 to 100: of a translation BLEU and chrF, of a summary ROUGE.

    A sentence's BLEU is over the orders it has n-grams of (``effective_order`` of sacrebleu).
    """
    _check(hypotheses, references, None)
    if task == "summarization":
        scored = summary_statistics(hypotheses, references)
        return {name: of.score(of.counts).tolist() for name, of in scored.items()}
    scored = translation_statistics(hypotheses, references, with_ter=False)
    chrf = scored["chrf"]
    return {
        "bleu": bleu(scored["bleu"].counts, effective_order=True).tolist(),
        "chrf": chrf.score(chrf.counts).tolist(),
    }


# --- statistics -------------------------------------------------------------------------------------


def translation_statistics(
    hypotheses: Sequence[str], references: Sequence[str], with_ter: bool = True
) -> dict[str, Statistics]:
    """Return the sufficient statistics of BLEU, chrF, chrF++ and TER, by the metric's name."""
    metrics = _sacrebleu(bleu_tokenizer(references))
    counted = [_counts(metric, hypotheses, references) for metric in metrics[:2]]
    scored = {
        "bleu": Statistics(counted[0], bleu),
        "chrf": Statistics(counted[1][:, : 3 * CHARACTER_ORDER], chrf),
        "chrf_plus_plus": Statistics(counted[1], chrf),
    }
    return scored | ({"ter": Statistics(_edits(metrics[2], hypotheses, references), ter)} if with_ter else {})


def summary_statistics(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Statistics]:
    """Return the statistics of ROUGE-1, -2 and -L, by the metric's name."""
    scorer = _rouge()
    scores = [scorer.score(reference, text) for text, reference in zip(hypotheses, references, strict=True)]
    return {name: means([100 * score[name].fmeasure for score in scores]) for name in ROUGE}


def bleu(sums: Float[np.ndarray, "*batch 10"], effective_order: bool = False) -> Float[np.ndarray, "*batch"]:
    """Return BLEU of (words written, words wanted, matches of 4 orders, n-grams written of 4 orders).

    Papineni et al. 2002; an order without matches counts half as many as the one before, from one half
    on (NIST's smoothing, sacrebleu's ``exp``).  ``effective_order`` leaves out orders without n-grams.
    """
    written, wanted = sums[..., 0], sums[..., 1]
    matches, n_grams = sums[..., 2 : 2 + MAX_ORDER], sums[..., 2 + MAX_ORDER :]
    exists = n_grams > 0
    smoothed = np.where(matches > 0, matches, 0.5 ** np.cumsum(matches == 0, axis=-1))
    log_precisions = np.log(np.where(exists, smoothed / np.maximum(n_grams, 1), 1.0))
    orders = exists.sum(axis=-1)
    brevity = np.minimum(0.0, 1 - wanted / np.maximum(written, 1))
    score = 100 * np.exp(brevity + log_precisions.sum(axis=-1) / np.maximum(orders, 1))
    counts = matches.any(axis=-1) & (effective_order | (orders == MAX_ORDER))
    return np.asarray(np.where(counts, score, 0.0))


def chrf(sums: Float[np.ndarray, "*batch counts"]) -> Float[np.ndarray, "*batch"]:
    """Return chrF of (n-grams written, wanted, matched) of each order: F2 of the mean precision and recall.

    Popović 2015 and, with orders of words, 2017; orders that either side lacks are left out.
    """
    written, wanted, matched = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    exists = (written > 0) & (wanted > 0)
    orders = np.maximum(exists.sum(axis=-1), 1)
    precision = (exists * matched / np.maximum(written, 1)).sum(axis=-1) / orders
    recall = (exists * matched / np.maximum(wanted, 1)).sum(axis=-1) / orders
    below = RECALL_WEIGHT**2 * precision + recall
    score = 100 * (1 + RECALL_WEIGHT**2) * precision * recall
    return np.asarray(np.divide(score, below, out=np.zeros_like(below), where=below > 0))


def ter(sums: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
    """Return TER of (edits, words wanted): edits a hundred words, shifts among them (Snover et al. 2006)."""
    made, wanted = sums[..., 0], sums[..., 1]
    return np.asarray(100 * np.where(wanted > 0, made / np.maximum(wanted, 1), made > 0))


# --- what sacrebleu and rouge-score count --------------------------------------------------------------


def bleu_tokenizer(references: Sequence[str]) -> BleuTokenizer:
    """Return which of sacrebleu's tokenizers suits the script of the references.

    ``zh`` for Chinese, ``ja-mecab`` for Japanese where MeCab is installed and ``char`` where it is not
    or where another script goes without spaces, else ``13a``.
    """
    text = "".join(references)
    few = FEW_LETTERS * max(1, len(LETTER.findall(text)))
    n_cjk, n_kana = len(HAN_OR_KANA.findall(text)), len(ONLY_KANA.findall(text))
    if n_cjk > few and n_kana > FEW_KANA * n_cjk:
        has_mecab = all(importlib.util.find_spec(name) for name in ("MeCab", "ipadic"))
        return "ja-mecab" if has_mecab else "char"
    if n_cjk > few:
        return "zh"
    return "char" if len(OTHER_UNSPACED.findall(text)) > few else "13a"


def _sacrebleu(tokenizer: BleuTokenizer) -> tuple[BLEU, CHRF, TER]:
    check_installed("translation")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.ter import TER

    characters = tokenizer != "13a"  # TER counts words; of text without spaces it shall count characters
    edits = TER(normalized=characters, asian_support=characters)
    return BLEU(tokenize=tokenizer, force=True), _chrf(WORD_ORDER), edits


def _chrf(word_order: int) -> CHRF:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(char_order=CHARACTER_ORDER, word_order=word_order, beta=RECALL_WEIGHT)


def _counts(
    metric: Metric, hypotheses: Sequence[str], references: Sequence[str]
) -> Float[np.ndarray, "n n_counts"]:
    # sacrebleu's own paired tests take each sentence's statistics from this method; no public one has them.
    return np.array(metric._extract_corpus_statistics(list(hypotheses), [list(references)]), dtype=float)


def _edits(metric: TER, hypotheses: Sequence[str], references: Sequence[str]) -> Float[np.ndarray, "n 2"]:
    """Return the edits of each sentence and its reference's length, in the words that TER cuts."""
    cut = [[metric._preprocess_segment(text).split() for text in texts] for texts in (hypotheses, references)]
    pairs = zip(*cut, strict=True)
    return np.array([(edits(words, reference), len(reference)) for words, reference in pairs], dtype=float)


@functools.cache
def _rouge() -> RougeScorer:
    check_installed("summarization")
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(ROUGE), tokenizer=_Words())


class _Words:
    """rouge-score's interface of a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


# --- shares --------------------------------------------------------------------------------------------


def copied(hypotheses: Sequence[str], references: Sequence[str], sources: Sequence[str]) -> float | None:
    """Return the share of numbers and addresses kept, of those that source and reference have in common.

    None when they have none in common.
    """
    due = kept = 0
    for hypothesis, reference, source in zip(hypotheses, references, sources, strict=True):
        common = _to_copy(source) & _to_copy(reference)
        due += common.total()
        kept += (common & _to_copy(hypothesis)).total() if common else 0
    return kept / due if due else None


def _to_copy(text: str) -> Counter[str]:
    return Counter(COPIED.findall(text))


def _exact_matches(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    pairs = zip(hypotheses, references, strict=True)
    return sum(text.strip() == reference.strip() for text, reference in pairs) / len(references)


def _with_intervals(scored: dict[str, Statistics], n_resamples: int) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, statistics in scored.items():
        low, high = interval(statistics, n_resamples)
        out |= {name: statistics.corpus, f"{name}_low": low, f"{name}_high": high}
    return out


def _check(hypotheses: Sequence[str], references: Sequence[str], sources: Sequence[str] | None) -> None:
    """Raise DataError when there is no text to judge, ValueError when the lists are not of one length."""
    if not references:
        raise DataError("there is no text to judge: the split is empty")
    lengths = {len(texts) for texts in (hypotheses, references, sources) if texts is not None}
    if len(lengths) > 1:
        raise ValueError(f"texts that belong together have one number, got {sorted(lengths)}")

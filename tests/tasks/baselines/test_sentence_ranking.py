import math

import networkx
import numpy as np
import pytest

from armillary.tasks.baselines.sentence_ranking import DAMPING, cosines, lexrank, pagerank, rarities, textrank

TEXTS = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog met", "quite unrelated words"]
SENTENCES = [text.split() for text in TEXTS]


def test_pagerank_is_networkxs():
    weights = np.random.default_rng(0).random((6, 6)) * (np.random.default_rng(1).random((6, 6)) > 0.4)
    weights[3] = 0  # leads nowhere
    graph = networkx.from_numpy_array(weights, create_using=networkx.DiGraph)
    theirs = networkx.pagerank(graph, alpha=DAMPING, tol=1e-12)
    assert pagerank(weights) == pytest.approx([theirs[i] for i in range(6)])


def test_textrank_weighs_shared_words_by_lengths():
    # the, sat and on are shared by the first two; cat by 0 and 2; dog by 1 and 2; lengths are of all words.
    joins = {(0, 1): 3 / (2 * math.log(6)), (0, 2): 1 / (2 * math.log(6)), (1, 2): 1 / (2 * math.log(6))}
    graph = networkx.Graph()
    graph.add_nodes_from(range(4))
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in joins.items())
    theirs = networkx.pagerank(graph, alpha=DAMPING, tol=1e-12)
    assert textrank(SENTENCES) == pytest.approx([theirs[i] for i in range(4)])


def test_lexrank_joins_sentences_whose_cosine_is_above_the_threshold():
    rarity = {"the": 0.1, "cat": 2.0, "dog": 2.0, "sat": 1.0}
    alike = cosines(SENTENCES, rarity)
    weight = {"the": 0.1, "cat": 2.0, "sat": 1.0, "on": 2.0, "mat": 2.0, "dog": 2.0, "log": 2.0}
    first = {"the": 2, "cat": 1, "sat": 1, "on": 1, "mat": 1}
    second = {"the": 2, "dog": 1, "sat": 1, "on": 1, "log": 1}
    dot = sum(first[w] * second[w] * weight[w] ** 2 for w in first if w in second)
    norm = math.prod(math.sqrt(sum((n * weight[w]) ** 2 for w, n in s.items())) for s in (first, second))
    assert alike[0, 1] == pytest.approx(dot / norm)
    graph = networkx.Graph([(i, j) for i in range(4) for j in range(4) if alike[i, j] > 0.1])
    theirs = networkx.pagerank(graph.to_directed(), alpha=DAMPING, tol=1e-12)
    assert lexrank(SENTENCES, rarity) == pytest.approx([theirs[i] for i in range(4)])


def test_rarity_is_the_log_of_how_few_have_a_word():
    assert rarities([["a", "a", "b"], ["a"]]) == pytest.approx({"a": 0, "b": math.log(2)})


@pytest.mark.parametrize("rank", [textrank, lexrank])
def test_texts_of_no_one_or_wordless_sentences_are_ranked(rank):
    assert rank([]).shape == (0,)
    assert rank([["a"]]) == pytest.approx([1])
    assert rank([[], []]) == pytest.approx([0.5, 0.5])
    assert rank([["a"], ["a"], ["b"]])[0] == pytest.approx(rank([["a"], ["a"], ["b"]])[1])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.data.duplicates import N_HASHES, SHINGLE, _signatures, image_groups, text_groups

RNG = np.random.default_rng(0)
WORDS = [f"word{i}" for i in range(3000)]


def prose(n_words=80):
    return " ".join(RNG.choice(WORDS, n_words))


def edited(text, share):
    return " ".join(str(RNG.choice(WORDS)) if RNG.random() < share else word for word in text.split())


def jaccard(a, b):
    first, second = ({t[i : i + SHINGLE] for i in range(len(t) - SHINGLE + 1)} for t in (a, b))
    return len(first & second) / len(first | second)


def test_edited_texts_are_found_and_others_are_not():
    texts = [prose() for _ in range(300)]
    groups = text_groups([*texts, *(edited(text, 0.02) for text in texts)])
    assert len(set(groups[:300])) == 300
    assert np.mean(groups[:300] == groups[300:]) > 0.99


def test_texts_that_share_half_are_apart():
    texts = [prose() for _ in range(100)]
    groups = text_groups([*texts, *(edited(text, 0.4) for text in texts)])
    assert len(set(groups)) == 200


@pytest.mark.parametrize("n_words", [4, 20, 200])
def test_signatures_estimate_the_jaccard_similarity(n_words):
    texts = [prose(n_words) for _ in range(60)]
    others = [edited(text, share) for text, share in zip(texts, np.linspace(0, 0.5, 60), strict=True)]
    signatures = _signatures([*texts, *others])
    estimates = (signatures[:60] == signatures[60:]).mean(axis=1)
    truth = [jaccard(a, b) for a, b in zip(texts, others, strict=True)]
    assert np.abs(estimates - truth).mean() < 2 / np.sqrt(N_HASHES)
    assert abs((estimates - truth).mean()) < 0.03


@given(st.lists(st.text(max_size=12), min_size=1, max_size=12))
def test_any_texts_have_groups_and_equal_ones_the_same(texts):
    groups = text_groups([*texts, *texts])
    assert groups[: len(texts)].tolist() == groups[len(texts) :].tolist()


def test_case_width_and_space_do_not_count_but_content_does():
    groups = text_groups(["Ｈｅｌｌｏ  World\n", "hello world", "浑天仪", "浑天儀", "", " \n"])
    assert groups[0] == groups[1]
    assert groups[4] == groups[5]
    assert len(set(groups)) == 4


def test_groups_join_through_a_chain():
    first = prose(200)
    second = edited(first, 0.03)
    third = edited(second, 0.03)
    assert len(set(text_groups([third, first, prose(200), second]))) == 2


def test_many_copies_in_one_bucket_are_one_group():
    text = prose()
    assert len(set(text_groups([edited(text, 0.01) for _ in range(500)]))) == 1


def pictures(n, size=28, channels=3):
    coarse = RNG.integers(0, 256, (n, 7, 7, channels))
    return coarse.repeat(size // 7, axis=1).repeat(size // 7, axis=2).astype(np.uint8)


def test_noisy_and_resized_images_are_found_and_others_are_not():
    images = pictures(200)
    noisy = np.clip(images + RNG.integers(-3, 4, images.shape), 0, 255).astype(np.uint8)
    larger = images.repeat(2, axis=1).repeat(2, axis=2)
    groups = image_groups([*images, *noisy, *larger])
    assert len(set(groups[:200])) == 200
    assert np.mean(groups[:200] == groups[200:400]) > 0.97
    assert groups[:200].tolist() == groups[400:].tolist()


def test_the_same_shape_in_another_colour_is_another_image():
    grey = pictures(1, channels=1)[0]
    red, blue = np.zeros((2, 28, 28, 3), np.uint8)
    red[..., :1], blue[..., 2:] = grey, grey
    assert len(set(image_groups([red, blue, red.copy()]))) == 2


def test_blank_images_are_one_group():
    assert len(set(image_groups([np.zeros((8, 8, 1), np.uint8)] * 3))) == 1

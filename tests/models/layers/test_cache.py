import torch

from armillary.models.layers.cache import KeyValueCache, causal_mask


def test_a_cache_returns_what_the_new_tokens_may_see():
    cache = KeyValueCache(window=4)
    text = torch.arange(23.0).view(1, 1, 23, 1).expand(2, 3, 23, 5)
    read = 0
    for chunk in (1, 1, 3, 1, 7, 1, 1, 2, 6):
        new = text[:, :, read : read + chunk]
        keys, values = cache.append(new, -new)
        first = max(0, read - 3)  # the first new token and the three before it
        torch.testing.assert_close(keys, text[:, :, first : read + chunk])
        torch.testing.assert_close(values, -keys)
        read += chunk


def test_room_stays_within_twice_the_window():
    cache = KeyValueCache(window=8)
    for _ in range(100):
        cache.append(torch.zeros(1, 1, 1, 2), torch.zeros(1, 1, 1, 2))
    assert cache.buffer.shape[3] <= 16


def test_masks_are_causal_and_of_the_width_of_the_window():
    cpu = torch.device("cpu")
    assert causal_mask(1, 4, 4, cpu) is None
    assert causal_mask(3, 3, 4, cpu) is None
    expected = torch.tensor([[1, 1, 1, 0], [0, 1, 1, 1]], dtype=torch.bool)
    assert torch.equal(causal_mask(2, 4, 3, cpu), expected)

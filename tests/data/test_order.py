import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.data.batch import Batch
from armillary.data.order import BucketedBatches, ShuffledBatches, StreamBatches

sizes = st.integers(1, 60)
batch_sizes = st.integers(1, 17)
seeds = st.integers(0, 1000)


def make(indices, generator):
    noise = torch.rand(len(indices), generator=generator)
    return Batch(inputs=noise, targets=torch.from_numpy(np.array(indices)))


def shuffled(n, batch_size, seed):
    return ShuffledBatches(n, batch_size, seed, make)


def bucketed(n, batch_size, seed):
    lengths = np.random.default_rng(n).integers(1, 100, n)
    return BucketedBatches(lengths, batch_size, seed, make)


def stream(n, batch_size, seed, context=5):
    return StreamBatches(np.arange(n, dtype=np.uint16), context, batch_size, seed)


orders = pytest.mark.parametrize("order", [shuffled, bucketed, lambda n, b, s: stream(n + 1, b, s)])
examples = pytest.mark.parametrize("order", [shuffled, bucketed])


@examples
@given(n=sizes, batch_size=batch_sizes, seed=seeds)
def test_every_batch_is_full_and_no_example_falls_behind(order, n, batch_size, seed):
    batches = order(n, batch_size, seed)
    seen = Counter()
    for step in range(3 * batches.steps_per_epoch):
        targets = batches[step].targets.tolist()
        assert len(targets) == batch_size
        seen.update(targets)
    assert set(seen) == set(range(n))


@given(n=sizes, batch_size=batch_sizes, seed=seeds)
def test_each_epoch_holds_each_example_exactly_once(n, batch_size, seed):
    batches = shuffled(n, batch_size, seed)
    steps = -(-3 * n // batch_size)
    seen = [i for step in range(steps) for i in batches[step].targets.tolist()]
    for epoch in range(3):
        assert sorted(seen[epoch * n : (epoch + 1) * n]) == list(range(n))


@given(n_batches=st.integers(1, 20), batch_size=batch_sizes, seed=seeds)
def test_a_bucketed_epoch_holds_each_example_exactly_once(n_batches, batch_size, seed):
    batches = bucketed(n_batches * batch_size, batch_size, seed)
    for epoch in range(2):
        steps = range(epoch * n_batches, (epoch + 1) * n_batches)
        seen = sorted(i for step in steps for i in batches[step].targets.tolist())
        assert seen == list(range(n_batches * batch_size))


@orders
@given(n=sizes, batch_size=batch_sizes, seed=seeds, step=st.integers(0, 10**6))
def test_a_step_is_the_same_after_a_restart_and_in_any_order(order, n, batch_size, seed, step):
    used, fresh = order(n, batch_size, seed), order(n, batch_size, seed)
    before = [used[s] for s in (0, step + 1, step)][-1]
    after = fresh[step]
    assert torch.equal(before.inputs, after.inputs)
    assert torch.equal(before.targets, after.targets)


@orders
def test_seeds_and_epochs_differ(order):
    batches = order(1000, 10, 0)
    first = batches[0].targets
    assert not torch.equal(first, order(1000, 10, 1)[0].targets)
    assert not torch.equal(first, batches[batches.steps_per_epoch].targets)


def test_the_random_choices_differ_between_steps_and_seeds():
    draws = {
        tuple(shuffled(8, 4, seed)[step].inputs.tolist()) for seed, step in [(0, 0), (0, 1), (1, 0), (1, 1)]
    }
    assert len(draws) == 4


def test_buckets_waste_little_and_are_not_in_order_of_length():
    lengths = np.random.default_rng(0).geometric(1 / 40, 20_000)
    batches = BucketedBatches(lengths, 32, 0, make)
    rows = [lengths[batches[step].targets.numpy()] for step in range(batches.steps_per_epoch)]
    padded = sum(len(row) * row.max() for row in rows)
    assert padded < 1.1 * sum(row.sum() for row in rows)
    longest = np.array([row.max() for row in rows])
    assert abs(np.corrcoef(longest[:-1], longest[1:])[0, 1]) < 0.1


@given(n=st.integers(2, 300), batch_size=st.integers(1, 9), context=st.integers(1, 20), seed=seeds)
def test_targets_are_the_next_tokens_and_rows_continue(n, batch_size, context, seed):
    batches = stream(n, batch_size, seed, context)
    rows = [batches[step] for step in range(batches.steps_per_epoch)]
    for batch in rows:
        assert batch.inputs.shape == (batch_size, context)
        assert torch.equal(batch.targets, (batch.inputs + 1) % n)
    for before, after in itertools.pairwise(rows):
        assert torch.equal(before.targets[:, -1], after.inputs[:, 0])


@given(n=st.integers(2, 300), batch_size=st.integers(1, 9), context=st.integers(1, 20), seed=seeds)
def test_a_stream_epoch_reads_no_token_twice_and_leaves_few(n, batch_size, context, seed):
    batches = stream(n, batch_size, seed, context)
    read = torch.cat([batches[s].inputs.flatten() for s in range(batches.steps_per_epoch)]).tolist()
    if n >= batch_size * context:
        assert len(set(read)) == len(read)
        assert n - len(read) < batch_size * context


def test_what_one_epoch_leaves_out_another_reads():
    batches = stream(119, 4, seed=0, context=10)
    read = {int(i) for s in range(30 * batches.steps_per_epoch) for i in batches[s].inputs.flatten()}
    assert read == set(range(119))


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="no training examples"):
        shuffled(0, 4, 0)
    with pytest.raises(DataError, match="1 tokens"):
        stream(1, 4, 0)

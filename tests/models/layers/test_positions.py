import math

import pytest
import torch

from armillary.core.errors import RequestError
from armillary.models.layers.positions import (
    FURTHEST,
    Learnt,
    RelativeBias,
    Rotary,
    Sinusoidal,
    bucket,
    grid,
    rotary_tables,
    rotate,
    sinusoidal,
)


def line(n):
    return torch.arange(n)[:, None]


def test_sinusoids_are_those_of_the_formula():
    table = sinusoidal(line(8), 6)
    for t in range(8):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            assert table[t, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[t, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize("d_model", [6, 7, 8])
def test_each_axis_of_a_grid_has_its_share_of_the_channels(d_model):
    table = sinusoidal(grid(3, 4), d_model)
    assert table.shape == (12, d_model)
    share = math.ceil(d_model / 2)
    torch.testing.assert_close(table[:4, :share], table[:1, :share].expand(4, -1))  # one row of the grid
    torch.testing.assert_close(table[::4, share:], table[:1, share:].expand(3, -1))  # one column
    assert len(torch.unique(table, dim=0)) == 12


def test_a_rotated_score_depends_on_the_distance_alone():
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 1, 8, generator=generator)
    rotary = Rotary(line(16), 8)

    def score(query_at, key_at):
        return (rotate(query[None], rotary(query_at, 1)) * rotate(key[None], rotary(key_at, 1))).sum()

    torch.testing.assert_close(score(5, 3), score(11, 9))
    assert not torch.allclose(score(5, 3), score(5, 4))


def test_rotation_is_that_of_the_plane():
    x = torch.tensor([1.0, 0.0, 0.0, 2.0]).view(1, 1, 4)  # pairs (channel 0, channel 2) and (1, 3)
    out = rotate(x, rotary_tables(torch.tensor([[3]]), 4)).flatten()
    slow = 3 * 10_000**-0.5
    expected = [math.cos(3), -2 * math.sin(slow), math.sin(3), 2 * math.cos(slow)]
    torch.testing.assert_close(out, torch.tensor(expected))


def test_rotary_positions_have_no_end_and_the_others_say_where_theirs_is():
    rotary = Rotary(line(4), 6)
    torch.testing.assert_close(rotary(3, 3), Rotary(line(6), 6)(3, 3))
    for table in (Sinusoidal(line(4), 6), Learnt(line(4), 6)):
        assert table(1, 3).shape == (3, 6)
        with pytest.raises(RequestError, match="6 positions, this model's end at 4; shorten it"):
            table(3, 3)


def test_on_a_grid_pairs_take_turns_among_rows_and_columns():
    cos, _ = Rotary(grid(2, 3), 6)(0, 6)
    row_pairs, column_pairs = cos[:, [0, 2]], cos[:, [1]]
    torch.testing.assert_close(row_pairs[:3], torch.ones(3, 2))  # the first row: angle 0
    torch.testing.assert_close(column_pairs[[0, 3]], torch.ones(2, 1))
    torch.testing.assert_close(column_pairs[1], torch.tensor([math.cos(1)]))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("n_new", "n_seen"), [(1, 1), (1, 9), (4, 9), (9, 9), (3, 140), (140, 140)])
def test_relative_biases_are_looked_up_by_distance(causal, n_new, n_seen):
    torch.manual_seed(0)
    relative = RelativeBias(2, 16, causal=causal)
    bias = relative(n_new, n_seen)
    assert bias.shape == (1, 2, n_new, n_seen)
    for row, column in {(0, 0), (0, n_seen - 1), (n_new - 1, 0), (n_new - 1, n_seen - 1), (n_new // 2, 0)}:
        distance = torch.tensor(column - (n_seen - n_new + row))
        expected = relative.table.weight[bucket(distance.clamp(-FURTHEST, FURTHEST), causal=causal)]
        hidden = causal and distance > 0
        assert torch.equal(bias[0, :, row, column], torch.full((2,), -torch.inf) if hidden else expected)

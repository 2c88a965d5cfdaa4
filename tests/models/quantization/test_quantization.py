import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import CheckpointError, ConfigError
from armillary.models.quantization import SCHEMES, Quantization, pack, packed, unpack, unpacked
from armillary.models.quantization.codes import codes_a_byte

WEIGHTS = {"w": torch.randn(48, 100, generator=torch.Generator().manual_seed(0)), "b": torch.randn(48)}


# Mean squared error of normal numbers; Lloyd's best uniform grids have 0.0115, 0.119, 0.19, 0.363 (Max 1960).
LARGEST = {"int8": 1e-4, "int4": 0.012, "int2": 0.13, "ternary": 0.21, "binary": 0.38}


@pytest.mark.parametrize(("n_levels", "n"), [(255, 1), (16, 2), (4, 4), (3, 5), (2, 8)])
def test_a_byte_holds_as_many_codes_as_it_can(n_levels, n) -> None:
    assert codes_a_byte(n_levels) == n


@given(st.sampled_from([2, 3, 4, 16, 255]), st.integers(1, 5), st.integers(1, 23), st.integers(0, 99))
def test_codes_come_back(n_levels, rows, n, seed) -> None:
    codes = torch.randint(n_levels, (rows, n), generator=torch.Generator().manual_seed(seed))
    assert torch.equal(unpack(pack(codes, n_levels), n_levels, n), codes)


def test_digits_of_a_byte_by_hand() -> None:
    assert pack(torch.tensor([[1, 2, 0, 1, 2, 2]]), 3).tolist() == [[1 + 2 * 3 + 27 + 2 * 81, 2]]
    assert pack(torch.tensor([[5, 15]]), 16).tolist() == [[5 + 15 * 16]]


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_weights_come_back_within_half_a_step(scheme) -> None:
    grid = SCHEMES[scheme]
    parts = packed(WEIGHTS, Quantization(scheme=scheme))
    assert torch.equal(parts["b"], WEIGHTS["b"])
    back = unpacked(parts)
    assert set(back) == set(WEIGHTS)
    error = (back["w"] - WEIGHTS["w"]).abs()
    scales = parts["w.scales"].float()
    length = grid.group or 100
    inside = scales.repeat_interleave(length, 1)[:, :100] / 2 + 2e-3
    if grid.n_levels >= 16:
        assert float((error <= inside).float().mean()) > 0.97  # the others were cut off on purpose
    assert len(back["w"][0, : min(length, 100)].unique()) <= grid.n_levels
    assert (
        float(error.square().mean())
        < {"int8": 1e-4, "int4": 0.012, "int2": 0.15, "ternary": 0.22, "binary": 0.4}[scheme]
    )


def test_numbers_on_the_grid_come_back_exactly() -> None:
    row = torch.tensor([[-127.0, 0, 1, 2, 64, 127] + [3.0] * 26]).repeat(32, 1)
    assert torch.equal(unpacked(packed({"w": row}, Quantization()))["w"], row)
    row = (torch.arange(16.0) - 3).repeat(32, 2)
    assert torch.equal(unpacked(packed({"w": row}, Quantization(scheme="int4")))["w"], row)
    row = torch.tensor([[-0.5, 0.5] * 16]).repeat(32, 1)
    assert torch.equal(unpacked(packed({"w": row}, Quantization(scheme="binary")))["w"], row)


def test_a_far_weight_is_cut_off_for_the_sake_of_all_others() -> None:
    row = torch.randn(64, 64, generator=torch.Generator().manual_seed(1))
    row[:, 0] = 8
    back = unpacked(packed({"w": row}, Quantization(scheme="int2")))["w"]
    step = (row.amax(1) - row.amin(1))[:, None] / 3
    plain = ((row - row.amin(1)[:, None]) / step).round() * step + row.amin(1)[:, None]
    assert float((back - row).square().mean()) < 0.8 * float((plain - row).square().mean())


def test_tables_keep_sixteen_levels_or_all() -> None:
    tables = {"w"}
    assert packed(WEIGHTS, Quantization(scheme="binary"), tables)["w.layout"][0] == 16
    assert packed(WEIGHTS, Quantization(scheme="int8"), tables)["w.layout"][0] == 255
    assert "w" in packed(WEIGHTS, Quantization(tables=False), tables)


def test_small_and_narrow_matrices_stay_and_other_shapes_come_back() -> None:
    kept = {
        "small": torch.randn(4, 20),
        "narrow": torch.randn(200, 1, 7),
        "n": torch.arange(600).view(30, 20),
    }
    assert set(packed(kept, Quantization())) == set(kept)
    convolution = torch.randn(20, 5, 3, 3)
    parts = packed({"c": convolution}, Quantization())
    assert unpacked(parts)["c"].shape == convolution.shape
    zeros = torch.zeros(40, 40)
    assert float(unpacked(packed({"z": zeros}, Quantization(scheme="int4")))["z"].abs().max()) < 1e-3


def test_what_is_damaged_or_unknown_is_told() -> None:
    parts = packed(WEIGHTS, Quantization())
    del parts["w.scales"]
    with pytest.raises(CheckpointError, match="'w' lacks its scales"):
        unpacked(parts)
    with pytest.raises(ConfigError, match="int8"):
        Quantization.from_dict({"scheme": "int3"})
    with pytest.raises(ConfigError, match="group takes 2 or more"):
        Quantization(group=1)

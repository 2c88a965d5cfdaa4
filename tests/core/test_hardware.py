import pytest

from armillary.core.errors import DataError, UnknownNameError
from armillary.core.hardware import accelerator, accelerators, catalogue


def test_every_accelerator_has_a_source_and_sensible_numbers():
    assert len(accelerators()) >= 8
    for device in accelerators():
        assert device.source.startswith("https://")
        assert 1e13 < device.peak("bf16") < 1e16
        assert device.peak_flops.get("fp32", 0) <= device.peak("bf16")
        assert 1e9 < device.memory < 1e12
        assert 1e11 < device.bandwidth < 1e14
        assert 50 <= device.watts <= 2000
        assert (device.usd_per_hour is None) == (device.price_date == "") == (device.price_source == "")


def test_an_accelerator_is_found_by_name():
    a100 = accelerator("NVIDIA A100 SXM4 80GB")
    assert a100.peak() == 312e12
    assert a100.row()["peak bf16"] == "312 TFLOP/s"
    assert "2022-2025" in a100.row()["price an hour"]


def test_unknown_names_and_precisions_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'NVIDIA T4'"):
        accelerator("NVIDIA T5")
    with pytest.raises(UnknownNameError, match="precision of NVIDIA T4"):
        accelerator("NVIDIA T4").peak("fp8")


def test_a_damaged_table_names_its_row(tmp_path):
    path = tmp_path / "hardware.csv"
    path.write_text("name,vendor\nx,y\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 1"):
        catalogue(path)

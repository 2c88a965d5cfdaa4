import pytest

from armillary.core.errors import DataError, UnknownNameError
from armillary.core.hardware import accelerator, accelerators, catalogue

HEADER = "name,memory_gb,bandwidth_gb_s,bf16_tflops"


def test_every_accelerator_has_a_source_and_sensible_numbers():
    assert len(accelerators()) >= 30
    for device in accelerators():
        assert device.source.startswith("https://")
        assert 1e13 < device.peak("bf16") < 1e16
        assert device.peak_flops.get("fp32", 0) <= device.peak("bf16")
        assert 1e9 < device.memory < 1e12
        assert 1e11 < device.bandwidth < 1e14
        assert device.watts is None or 50 <= device.watts <= 2000
        assert (device.usd_per_hour is None) == (device.price_date == "") == (device.price_source == "")


def test_every_link_has_a_source_and_outruns_the_network():
    for device in accelerators():
        assert (device.link_bandwidth is None) == (device.link == "")
        assert (device.devices_per_node is None) == (device.link == "" or device.link.startswith("PCIe"))
        assert device.node_source.startswith("https://") == (device.link != "")
        if device.link_bandwidth and device.network_bandwidth:
            assert 1e9 <= device.network_bandwidth < device.link_bandwidth < device.bandwidth


def test_no_two_accelerators_answer_to_one_alias():
    names = [alias.casefold().replace(" ", "") for device in accelerators() for alias in device.aliases]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a100", "NVIDIA A100 SXM4 80GB"),
        ("A100-80GB", "NVIDIA A100 SXM4 80GB"),
        ("a100 40gb", "NVIDIA A100 SXM4 40GB"),
        ("h100", "NVIDIA H100 SXM5 80GB"),
        ("H100 SXM5 80GB", "NVIDIA H100 SXM5 80GB"),
        ("V100", "NVIDIA V100 SXM2 16GB"),
        ("tpu_v4", "Google TPU v4"),
        ("mi300x", "AMD Instinct MI300X"),
    ],
)
def test_an_accelerator_answers_to_its_aliases(written, name):
    assert accelerator(written).name == name


def test_a_table_of_one_s_own_adds_devices_and_goes_first(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(f"{HEADER},aliases,link_gb_s\nAcme 1,64,2000,400,a1;A100,200\n", encoding="utf-8")
    acme = accelerator("acme-1", own)
    assert acme == accelerator("A100", own)
    assert (acme.peak(), acme.memory, acme.bandwidth, acme.link_bandwidth) == (4e14, 64e9, 2e12, 2e11)
    assert (acme.watts, acme.usd_per_hour, acme.network_bandwidth) == (None, None, None)
    assert acme in accelerators(own)
    assert acme.row()["power"] == ""
    assert accelerator("H100", own) == accelerator("H100")


def test_a_row_tells_what_joins_the_devices():
    assert accelerator("A100").row()["link"] == "300 GB/s (NVLink 3, 8 a node)"
    assert accelerator("L4").row()["link"] == "32 GB/s (PCIe 4 x16)"
    assert accelerator("A100").row()["network"] == "25 GB/s"
    assert accelerator("Ascend 910").row()["link"] == ""


def test_an_accelerator_is_found_by_name():
    a100 = accelerator("NVIDIA A100 SXM4 80GB")
    assert a100.peak() == 312e12
    assert a100.row()["peak bf16"] == "312 TFLOP/s"
    assert "2022-2025" in a100.row()["price an hour"]


def test_unknown_names_and_precisions_are_refused():
    with pytest.raises(UnknownNameError, match=r"did you mean 'H100'.*RTX 4090"):
        accelerator("H1OO")
    with pytest.raises(UnknownNameError, match="precision of NVIDIA T4"):
        accelerator("NVIDIA T4").peak("fp8")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,vendor\nx,y\n", "row 1: memory_gb is missing"),
        (f"{HEADER}\nx,1,1,\n", "row 1: bf16_tflops is missing"),
        (f"{HEADER}\nx,1,1,2\ny,1,many,2\n", "row 2: bandwidth_gb_s = 'many' is no number"),
        (f"{HEADER}\nx,-1,1,2\n", "memory_gb = -1 is not above zero"),
        (f"{HEADER}\nx,1,1,2\nx,1,1,2\n", "row 2: x stands there twice"),
    ],
)
def test_a_damaged_table_names_its_row(tmp_path, table, message):
    path = tmp_path / "hardware.csv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        catalogue(path)


def test_a_table_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read the hardware table .*none\.csv"):
        accelerators(tmp_path / "none.csv")

import pytest

from armillary.core.errors import ConfigError, UnknownNameError
from armillary.scaling.systems.cluster import Cluster


def test_a_cluster_has_the_catalogue_s_links_unless_told_otherwise():
    cluster = Cluster.of("a100", 64)
    assert (cluster.node_size, cluster.link, cluster.network) == (8, 300e9, 25e9)
    slow = Cluster(
        accelerator=cluster.accelerator, n_devices=64, network_bandwidth=6.25e9, devices_per_node=4
    )
    assert (slow.node_size, slow.link, slow.network) == (4, 300e9, 6.25e9)


def test_energy_is_rated_power_with_server_and_data_centre():
    assert Cluster.of("a100", 8).kwh(1000) == pytest.approx(1000 * 0.4 * 1.6 * 1.2)
    assert Cluster.of("tpu v5p", 8).kwh(1000) is None


def test_money_is_the_catalogue_s_price_or_one_s_own():
    a100 = Cluster.of("a100", 8)
    assert a100.usd(10) == pytest.approx(29.3)
    assert Cluster(accelerator=a100.accelerator, n_devices=8, usd_per_hour=1.5).usd(10) == 15.0
    assert Cluster.of("b200", 8).usd(10) is None


def test_a_device_of_one_s_own_table_makes_a_cluster(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("name,memory_gb,bandwidth_gb_s,bf16_tflops\nAcme,64,2000,400\n", encoding="utf-8")
    cluster = Cluster.of("acme", 2, own)
    assert cluster.node_size == 8
    with pytest.raises(ConfigError, match=r"network bandwidth of Acme is not known .* network_gb_s"):
        _ = cluster.network


def test_clusters_of_nothing_are_refused():
    with pytest.raises(ConfigError, match="a cluster of 0 devices"):
        Cluster.of("a100", 0)
    with pytest.raises(UnknownNameError, match="did you mean"):
        Cluster.of("NVIDIA H10", 1)

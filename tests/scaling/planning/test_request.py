import pytest

from armillary.core.errors import ConfigError, RequestError, UnknownNameError
from armillary.scaling.planning.plan import Budget
from armillary.scaling.planning.request import budget_of, devices_of, training_of, wishes_of


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        (("5.76e23", None, None, None), Budget(kind="flops", amount=5.76e23)),
        ((None, "1M", None, None), Budget(kind="usd", amount=1e6)),
        ((None, None, "30", None), Budget(kind="days", amount=30)),
        ((None, None, None, "2.05"), Budget(kind="loss", amount=2.05)),
    ],
)
def test_one_budget_is_read(given, budget):
    assert budget_of(*given) == budget


def test_none_or_several_budgets_are_refused():
    with pytest.raises(RequestError, match="no budget; give one: --flops"):
        budget_of(None, None, None, None)
    with pytest.raises(RequestError, match="--flops and --loss are 2 budgets"):
        budget_of("1e20", None, None, "2.0")
    with pytest.raises(RequestError, match="--usd is -3; it has to be above zero"):
        budget_of(None, "-3", None, None)
    with pytest.raises(ConfigError, match="'much' is not a count"):
        budget_of("much", None, None, None)


def test_devices_are_found_by_name_and_precision():
    found = devices_of("h100", 16, "fp8")
    assert (found.accelerator.name, found.n_devices, found.precision) == ("NVIDIA H100 SXM5 80GB", 16, "fp8")
    assert devices_of(None, None) is None


def test_devices_that_are_not_there_are_refused():
    with pytest.raises(RequestError, match="go with --on"):
        devices_of(None, 8)
    with pytest.raises(UnknownNameError, match="precision"):
        devices_of("V100", 8, "fp8")
    with pytest.raises(UnknownNameError, match="no precision is called 'int3'"):
        devices_of("V100", 8, "int3")


def test_devices_come_from_a_table_of_one_s_own(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("name,memory_gb,bandwidth_gb_s,bf16_tflops,usd_per_hour\nAbacus 9,64,1000,500,2\n")
    found = devices_of("abacus-9", 4, hardware=table)
    assert (found.accelerator.name, found.accelerator.usd_per_hour) == ("Abacus 9", 2.0)


def test_wishes_are_read():
    wishes = wishes_of("1e12", "200B", ["besiroglu"], "1e21")
    assert (wishes.inference_tokens, wishes.unique_tokens) == (1e12, 2e11)
    assert wishes.against == ("besiroglu",)
    assert wishes.next_run == Budget(kind="flops", amount=1e21)
    assert wishes_of(None, None, None, "$5000").next_run == Budget(kind="usd", amount=5000)
    assert wishes_of(None, None, None, None).next_run is None


def test_a_training_needs_size_tokens_and_a_device():
    found = training_of("175B", "300B", devices_of("A100", 1024))
    assert found.n_params == pytest.approx(175e9, rel=0.02)
    assert found.flops_6nd.value == pytest.approx(6 * 175e9 * 300e9, rel=0.02)
    with pytest.raises(RequestError, match="lacks --tokens, --on"):
        training_of("175B", None, None)

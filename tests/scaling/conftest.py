from dataclasses import asdict, replace

import pytest
from simulated import TRUTH, observations, write_run

from armillary.core.files import write_json
from armillary.scaling.family import fit_family
from armillary.scaling.laws import Chinchilla

# Worse than TRUTH at large compute, better at small: they cross at about 1.4e12 FLOP.
EARLY = Chinchilla(E=2.2, A=28.0, B=60.0, alpha=0.35, beta=0.38)


@pytest.fixture(scope="session")
def transformer():
    return fit_family(observations(TRUTH, n_budgets=2), n_draws=200)


@pytest.fixture(scope="session")
def cnn():
    return fit_family(observations(EARLY, family="cnn", seed=1, n_budgets=2, flops=8.0), n_draws=200)


@pytest.fixture(scope="session")
def ladder(tmp_path_factory):
    """Return the folder of a trained ladder of two families, with a model held out and a rung unfinished."""
    folder = tmp_path_factory.mktemp("ladder")
    rows = [
        *observations(TRUTH, n_budgets=2),
        *observations(EARLY, family="cnn", seed=1, n_budgets=2),
        replace(observations(n_sizes=1, n_budgets=1, sizes=(1e6, 1e6), budgets=(4e6, 4e6))[0], name="large"),
        replace(observations(TRUTH)[0], name="killed"),
    ]
    held_out = {"large"}
    for row in rows:
        write_run(folder / "rungs", row, finished=row.name != "killed")
    rungs = [
        {
            key: value
            for key, value in asdict(row).items()
            if key in ("name", "family", "n_params", "n_tokens")
        }
        | {"train_flops": row.train_flops, "trunk": row.name}
        | {"role": "held-out" if row.name in held_out else "fit"}
        for row in rows
    ]
    write_json(
        folder / "ladder.json",
        {
            "format": 1,
            "name": "tiny",
            "task": "text-generation",
            "unit": "token",
            "source": {"kind": "stdlib", "licence": "PSF-2.0", "citation": "Python", "n_tokens": 5_000_000},
            "baselines": {"n-gram": {"loss": 3.4}},
            "rungs": rungs,
        },
    )
    return folder

import pickle

import pytest

from armillary.core.errors import (
    ArmillaryError,
    CheckpointError,
    MissingExtraError,
    UnknownNameError,
    unknown,
)


@pytest.mark.parametrize(
    "error",
    [
        CheckpointError("file x"),
        MissingExtraError("reading Parquet", "pyarrow", "hub"),
        UnknownNameError("law", "a", ["b"]),
    ],
)
def test_an_error_survives_the_way_from_a_worker_process(error):
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_missing_extra_says_how_to_install_it():
    assert "pip install 'armillary[hub]'" in str(MissingExtraError("reading Parquet", "pyarrow", "hub"))


def test_exit_statuses():
    assert ArmillaryError.exit_status == 1
    assert UnknownNameError.exit_status == 2


def test_the_nearest_name_is_offered_only_when_near():
    assert unknown("law", "chinchila", ["chinchilla", "power-law"]) == (
        "no law is called 'chinchila'; did you mean 'chinchilla'? (known: chinchilla, power-law)"
    )
    assert unknown("law", "xyz", []) == "no law is called 'xyz' (there is none)"

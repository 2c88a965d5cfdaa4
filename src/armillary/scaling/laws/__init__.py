"""The laws, one file each, and the table of them."""

from armillary.scaling.laws.broken import Broken1, Broken2, Broken3
from armillary.scaling.laws.chinchilla import Chinchilla
from armillary.scaling.laws.data_constrained import DataConstrained
from armillary.scaling.laws.kaplan import Kaplan, KaplanData, KaplanSize
from armillary.scaling.laws.learning_curve import M1, M2, M3, M4
from armillary.scaling.laws.power_law import DataPowerLaw, PowerLaw, SizePowerLaw
from armillary.scaling.laws.registry import LAWS
from armillary.scaling.laws.sigmoid import LossToAccuracy

__all__ = [
    "LAWS",
    "M1",
    "M2",
    "M3",
    "M4",
    "Broken1",
    "Broken2",
    "Broken3",
    "Chinchilla",
    "DataConstrained",
    "DataPowerLaw",
    "Kaplan",
    "KaplanData",
    "KaplanSize",
    "LossToAccuracy",
    "PowerLaw",
    "SizePowerLaw",
]

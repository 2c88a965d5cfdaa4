"""The laws, one file each, and the table of them."""

from armillary.scaling.laws.chinchilla import Chinchilla
from armillary.scaling.laws.kaplan import Kaplan
from armillary.scaling.laws.power_law import DataPowerLaw, PowerLaw, SizePowerLaw
from armillary.scaling.laws.registry import LAWS

__all__ = ["LAWS", "Chinchilla", "DataPowerLaw", "Kaplan", "PowerLaw", "SizePowerLaw"]

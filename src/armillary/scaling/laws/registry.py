"""The table of laws; other packages add to it by an entry point in ``armillary.laws``."""

from __future__ import annotations

from armillary.core.registry import Registry
from armillary.fitting.law import Law

LAWS: Registry[type[Law]] = Registry("law", "laws")

"""Messages of installed Python packages and their translations: pairs that need no download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import ConfigError, MissingExtraError, unknown
from armillary.data.base import SOURCES, TextPair
from armillary.data.languages import normal, say
from armillary.data.pair_source import LeftOut, PairSource
from armillary.data.sources.gettext import SUFFIXES, messages, without_compilations

# Chinese is named by where it is written, or how.
SIMPLIFIED = frozenset({"zh", "zh-cn", "zh-hans", "zh-hans-cn", "zh-sg"})
TRADITIONAL = frozenset({"zh-tw", "zh-hant", "zh-hant-tw", "zh-hk"})
EXTRA = "django"  # the first of the packages that armillary[text] brings


@SOURCES.register("catalogues")
@dataclass(frozen=True, kw_only=True)
class InstalledCatalogues(PairSource):
    """Messages of the gettext catalogues in installed Python packages, from English; split by source file.

    The extra ``armillary[text]`` brings Django, Django REST framework, django-allauth and JupyterLab's
    Chinese language pack; those of other packages are read where they are installed.  Which packages, and
    under which licences, is said on standard error.  Placeholders stay as they are.
    """

    kind: ClassVar[str] = "catalogues"
    licence: ClassVar[str] = "that of each package; BSD-3-Clause and MIT for those of armillary[text]"
    citation: ClassVar[str] = "the authors and translators of the installed Python packages"
    target_language: str = "zh"  # zh, zh_CN and zh_Hans are the same; so are zh_TW and zh_Hant
    packages: tuple[str, ...] = ()  # names as pip has them; none: all that have catalogues

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        found = self._chosen()
        if not found:
            purpose = f"translation to {self.target_language!r} from catalogues of installed packages"
            raise MissingExtraError(purpose, EXTRA, "text")
        for package, files in found.items():
            for path, name in files:
                for message in messages(path, name):
                    yield message if isinstance(message, LeftOut) else _of_package(message, package)

    def _chosen(self) -> dict[str, list[tuple[Path, str]]]:
        """Return the catalogues in the target language, by package: their paths and names in the package."""
        licences, found = {}, {}
        for package in distributions():
            if files := _catalogues(package, self.target_language):
                name = _plain(package.name)
                licences[name], found[name] = licence_of(package), files
        for name in self.packages:
            if _plain(name) not in found:
                what = f"installed package with catalogues in {self.target_language}"
                raise ConfigError(unknown(what, name, found))
        names = sorted(map(_plain, self.packages or found))
        if names:
            say(f"catalogues in {self.target_language} of {', '.join(f'{n} ({licences[n]})' for n in names)}")
        return {name: found[name] for name in names}


def same_language(code: str, wanted: str) -> bool:
    """Return whether two codes name the same language: ``zh_CN`` is ``zh-Hans``, ``pt_BR`` is not ``pt``."""
    return _canonical(code) == _canonical(wanted)


def licence_of(package: Distribution) -> str:
    """Return the name of a package's licence, as its metadata have it."""
    fields = {name: package.metadata.get_all(name) or [] for name in ("License-Expression", "Classifier")}
    classified = [c.split(" :: ")[-1] for c in fields["Classifier"] if c.startswith("License ::")]
    return ", ".join(fields["License-Expression"] or classified) or "unknown licence"


def _of_package(pair: TextPair, package: str) -> TextPair:
    return TextPair(pair.source, pair.target, f"{package}/{pair.document}")


def _catalogues(package: Distribution, language: str) -> list[tuple[Path, str]]:
    """Return the (path, name in the package) of its catalogues in a language."""
    by_path = {}
    # Lines of the record as they are: ``package.files`` takes seconds for a large environment.
    for line in (package.read_text("RECORD") or "").splitlines():
        if "/LC_MESSAGES/" in line:
            name = line.lstrip('"').split(",")[0].rstrip('"')
            path = Path(str(package.locate_file(name)))
            if path.suffix in SUFFIXES and same_language(_language(path), language) and path.is_file():
                by_path[path] = name
    return [(path, by_path[path]) for path in without_compilations(by_path)]


def _language(path: Path) -> str:
    return path.parts[path.parts.index("LC_MESSAGES") - 1]


def _canonical(code: str) -> str:
    code = normal(code)
    return "zh" if code in SIMPLIFIED else "zh-hant" if code in TRADITIONAL else code


def _plain(name: str) -> str:
    """Return the name of a package as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()

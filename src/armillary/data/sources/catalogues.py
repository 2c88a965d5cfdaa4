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
IN_LANGUAGE = "LC_MESSAGES"  # the folder of catalogues in the folder of a language
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
        every = {_name(package): package for package in distributions()}
        for name in self.packages:
            if _plain(name) not in every:
                raise ConfigError(unknown("installed package", name, every))
        chosen = {_plain(name) for name in self.packages} or set(every)
        found = {name: _catalogues(every[name], self.target_language) for name in sorted(chosen)}
        found = {name: files for name, files in found.items() if files}
        if found:
            licences = ", ".join(f"{name} ({licence_of(every[name])})" for name in found)
            say(f"catalogues in {self.target_language} of {licences}")
        return found


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
    named = [
        file for file in package.files or () if file.suffix in SUFFIXES and IN_LANGUAGE in file.parts[1:]
    ]
    by_path = {
        Path(str(package.locate_file(file))): file.as_posix()
        for file in named
        if same_language(file.parts[file.parts.index(IN_LANGUAGE) - 1], language)
    }
    return [(path, by_path[path]) for path in without_compilations(set(filter(Path.is_file, by_path)))]


def _canonical(code: str) -> str:
    code = normal(code)
    return "zh" if code in SIMPLIFIED else "zh-hant" if code in TRADITIONAL else code


def _name(package: Distribution) -> str:
    return _plain(package.name or "")


def _plain(name: str) -> str:
    """Return the name of a package as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()

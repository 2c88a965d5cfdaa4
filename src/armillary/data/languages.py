"""Languages as people name them on files, columns and catalogues, and which of two is the source."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection

from armillary.core.errors import ConfigError, DataError, unknown

# ISO 639-1, and those of three letters that software is often translated to.
_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
ie ig ii ik io is it iu iw ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt
lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps
pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn
to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ast ckb fil hsb kab yue deu eng fra
ita jpn kor por rus spa zho
"""
_NAMES = """
arabic bulgarian catalan chinese croatian czech danish dutch english esperanto estonian finnish
french german greek hebrew hindi hungarian indonesian italian japanese korean latin latvian
lithuanian malay mandarin norwegian persian polish portuguese romanian russian serbian slovak
slovenian spanish swedish tamil thai turkish ukrainian urdu vietnamese welsh
中文 英文 汉语 英语 德语 法语 日语 韩语 俄语
"""
CODES = frozenset(_CODES.split())
NAMES = frozenset(_NAMES.split())
REGION = re.compile(r"(?:[-_][A-Za-z0-9]{2,8}|@[a-z]+)*")  # zh_CN, zh-Hans, sr@latin, eng_Latn


def is_language(word: str) -> bool:
    """Return whether ``word`` is the code of a language (with or without a region) or its name."""
    code = re.split(r"[-_@]", word, maxsplit=1)[0]
    return word.lower() in NAMES or (code.lower() in CODES and bool(REGION.fullmatch(word[len(code) :])))


def normal(code: str) -> str:
    """Return a code as it is compared: ``zh_CN`` and ``zh_CN.UTF-8`` are ``zh-cn``."""
    return code.strip().lower().partition(".")[0].replace("_", "-")


def matches(code: str, wanted: str) -> bool:
    """Return whether ``code`` is ``wanted`` or a region of it: ``en-US`` is ``en``, but not the reverse."""
    return normal(code) == normal(wanted) or normal(code).startswith(normal(wanted) + "-")


def chosen_two(
    found: Collection[str], source: str | None, target: str | None, where: str, first: str | None = None
) -> tuple[str, str]:
    """Return (source, target) among the codes ``found``: what was asked for, or the only two there are.

    Of two that nobody named, ``first`` is the source where it is one of them, else English, else the first
    by the alphabet; a line on standard error says so.  Raises DataError naming the languages when they are
    not two, ConfigError when what was asked for is not there.
    """
    codes = sorted({normal(code) for code in found})
    asked = [code for code in (source, target) if code is not None]
    for wanted in asked:
        if not any(matches(code, wanted) for code in codes):
            raise ConfigError(f"{where}: " + unknown("language", wanted, codes))
    if source is not None and target is not None:
        return source, target
    others = [code for code in codes if not any(matches(code, wanted) for wanted in asked)]
    if len(others) + len(asked) != 2:
        raise DataError(
            f"{where} has {len(codes)} language{'s' * (len(codes) != 1)} ({', '.join(codes)}); name two: "
            "task.source.source_language=en task.source.target_language=zh"
        )
    if source is None and target is None:
        others = sorted(others, key=lambda code: (not matches(code, first or "en"), not matches(code, "en")))
    from_, to = source or others[0], target or others[-1]
    say(f"{where}: from {from_} to {to}; task.source.source_language={to} turns it round")
    return from_, to


def chosen_one(found: Collection[str], wanted: str | None, where: str) -> str:
    """Return the language ``wanted``, or the only one found; DataError or ConfigError as ``chosen_two``."""
    codes = sorted({normal(code) for code in found})
    if wanted is not None and not any(matches(code, wanted) for code in codes):
        raise ConfigError(f"{where}: " + unknown("language", wanted, codes))
    if wanted is None and len(codes) > 1:
        raise DataError(
            f"{where} has {len(codes)} languages ({', '.join(codes)}); name one: "
            "task.source.target_language=zh"
        )
    return wanted or codes[0]


def say(text: str) -> None:
    """Tell the user, on standard error, how data that leave it open were understood."""
    print(text, file=sys.stderr)

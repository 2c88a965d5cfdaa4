"""The colours of every page, for light and dark.

Text has a contrast of at least 4.5 to what it stands on (WCAG 2.2, 1.4.3), and the first colours of
families stay apart for readers who see no red or no green; ``tests/reports`` measures both.
"""

from __future__ import annotations

from collections.abc import Mapping

PALETTE: Mapping[str, tuple[str, str]] = {  # variable: (light, dark)
    "paper": ("#ffffff", "#101317"),
    "surface": ("#ffffff", "#101317"),  # what plots stand on
    "raised": ("#f5f6f8", "#191d23"),
    "ink": ("#16191d", "#e9ecef"),
    "muted": ("#59626d", "#9ba5b0"),
    "rule": ("#e2e5e9", "#2a3037"),
    "strong-rule": ("#b9c0c8", "#48515c"),
    "good": ("#0b6b4f", "#5fd0a5"),
    "good-wash": ("#e7f4ef", "#12281f"),
    "bad": ("#a8321f", "#ff9a86"),
    "bad-wash": ("#fbecea", "#331a16"),
    "link": ("#1a56a8", "#8ab8ff"),
    "series-1": ("#1f5fbf", "#74aaff"),
    "series-2": ("#b45309", "#f0a050"),
    "series-3": ("#0b7a6f", "#46c9b6"),
    "series-4": ("#9d2f86", "#ec8fd6"),
    "series-5": ("#6b6400", "#cfc453"),
    "series-6": ("#5b4a8a", "#b3a2f0"),
    "ramp-1": ("#8f6200", "#f2c14e"),  # for what has an order, such as budgets: least to most
    "ramp-2": ("#5f7000", "#b7d35c"),
    "ramp-3": ("#0f7a4a", "#5fd39a"),
    "ramp-4": ("#00707e", "#46c5d3"),
    "ramp-5": ("#1f5fb0", "#7aabff"),
    "ramp-6": ("#5a2d91", "#c39bf5"),
}


def colour_css() -> str:
    """Return the variables as CSS: the system's choice of light or dark, unless the page's switch was used.

    Paper is always light.
    """
    light, dark = (_variables(i) for i in (0, 1))
    return "\n".join(
        (
            f":root {{ color-scheme: light; {light} }}",
            "@media screen and (prefers-color-scheme: dark) {",
            f'  :root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }}',
            "}",
            f'@media screen {{ :root[data-theme="dark"] {{ color-scheme: dark; {dark} }} }}',
        )
    )


def _variables(index: int) -> str:
    return " ".join(f"--{name}: {pair[index]};" for name, pair in PALETTE.items())

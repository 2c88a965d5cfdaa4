from itertools import combinations

import numpy as np
import pytest

from armillary.reports.palette import PALETTE, colour_css

# Machado, Oliveira & Fernandes 2009, severity 1: how linear RGB looks without one kind of cone
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", [0, 1])
def test_text_can_be_read(mode):
    colour = {name: pair[mode] for name, pair in PALETTE.items()}
    texts = ["ink", "muted", "good", "bad", "link", *(n for n in colour if n.startswith(("series", "ramp")))]
    grounds = {"good": ["good-wash"], "bad": ["bad-wash"], "muted": ["raised"], "ink": ["bad-wash", "raised"]}
    for name in texts:
        for ground in ["paper", *grounds.get(name, [])]:
            assert contrast(colour[name], colour[ground]) >= 4.5, (name, ground)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_families_stay_apart_without_red_or_green(mode, kind):
    seen = [lab(np.array(BLINDNESS[kind]) @ linear(PALETTE[f"series-{n}"][mode])) for n in (1, 2, 3)]
    for a, b in combinations(seen, 2):
        assert np.linalg.norm(a - b) > 30


def test_the_css_has_every_colour_in_light_and_in_dark_and_paper_is_light():
    css = colour_css()
    for name, (light, dark) in PALETTE.items():
        assert css.count(f"--{name}: {light};") >= 1
        assert css.count(f"--{name}: {dark};") >= 2
    assert all("screen" in line for line in css.splitlines() if "@media" in line)

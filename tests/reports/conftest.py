"""A ladder on disk as training would leave it, with losses from a known law plus noise."""

import dataclasses
import html.parser
import json
import math
import re

import numpy as np
import pytest

from armillary.core.hardware import accelerator
from armillary.runs.run import Run, Summary
from armillary.scaling.analysis import analyse
from armillary.scaling.curves.blend import fit_curve
from armillary.scaling.curves.curve import Curve
from armillary.scaling.family import fit_families, fit_family
from armillary.scaling.fit_file import save_fits
from armillary.scaling.observations import Observation, from_ladder
from armillary.scaling.planning.plan import Budget
from armillary.scaling.planning.planner import Wishes, make_plan
from armillary.scaling.planning.spending import Devices
from armillary.scaling.planning.subject import read_subject

# E, A, alpha, B, beta of L(N, D) = E + A N^-alpha + B D^-beta, nats per token
TRUE = {
    "lstm": (1.75, 12.0, 0.25, 1500.0, 0.53),
    "transformer": (1.30, 22.0, 0.30, 1300.0, 0.50),
}
SIZES = (1e4, 3e4, 1e5, 3e5)
BUDGETS = (0.5e6, 2e6)
HELD_OUT = (1e6, 6e6)
NOISE = 0.004
PROVENANCE = {
    "armillary": "0.1.0",
    "code": "0123456789abcdef",
    "packages": {"torch": "2.13.0", "numpy": "2.4.6"},
    "python": "3.11.9",
    "platform": "Linux",
    "processor": "A processor",
    "n_cores": 2,
    "seed": 0,
    "created": "2030-01-02T03:04:05+00:00",
}


def true_loss(family, n_params, n_tokens):
    E, A, alpha, B, beta = TRUE[family]
    return E + A * n_params**-alpha + B * n_tokens**-beta


def write_run(path, family="transformer", n_params=100_000, n_tokens=1_000_000, rng=None, text="a citation"):
    """Write a finished run whose loss follows the law of its family."""
    rng = rng or np.random.default_rng(0)
    source = {"kind": "stdlib"}
    config = {
        "task": {"kind": "text-generation", "source": source, "length": 128},
        "model": {"kind": family, "d_model": 64},
        "optim": {"lr": 3e-3},
        "budget": "500 steps",
        "seed": 0,
    }
    run = Run.create(path, config)
    record = json.loads((path / "run.json").read_text())
    record["provenance"] = PROVENANCE
    (path / "run.json").write_text(json.dumps(record))
    flops, speed = 6.4 * n_params * n_tokens, 2.2e10
    for step in range(1, 61):
        done = step / 60
        warm, cool = min(1.0, done / 0.05), min(1.0, (1 - done) / 0.2)
        seen, loss = done * n_tokens, true_loss(family, n_params, done * n_tokens)
        row = {"step": 10 * step, "n_tokens": int(seen), "train_flops": done * flops}
        row |= {"seconds": done * flops / speed}
        noise = float(rng.normal(0, 0.02))
        train = loss * (1 + 0.02 * cool) * (1 + noise)
        run.log(**row, split="train", lr=3e-3 * warm * cool, loss=train)
        if step % 6 == 0:
            run.log(**row, split="validation", loss=loss * (1 + 0.02 * cool))
    measured = true_loss(family, n_params, n_tokens) * math.exp(float(rng.normal(0, NOISE)))
    metrics = {"loss": measured, "perplexity": math.exp(measured), "bits_per_byte": measured / 2.4}
    tests = {f"test/{name}": value * 1.01 for name, value in metrics.items()}
    summary = Summary(
        n_params=int(n_params),
        n_params_non_embedding=int(n_params * 0.7),
        n_examples=int(n_tokens / 128),
        n_tokens=int(n_tokens),
        train_flops=flops,
        loss=measured,
        seconds=flops / speed,
        unit="token",
        metrics=metrics | tests,
    )
    run.finish(summary)
    return run


def write_ladder(folder, families=tuple(TRUE), held_out="transformer", name="demo", citation="A citation."):
    """Write a ladder's folder: ladder.json, baselines.json and a run for every rung."""
    rng = np.random.default_rng(7)
    planned = [(f, n, d, "fit") for f in families for n in SIZES for d in BUDGETS]
    planned += [(held_out, *HELD_OUT, "held-out")] if held_out else []
    rungs = []
    for family, n_params, n_tokens, role in planned:
        run_name = f"{family}-{n_params:.0f}-{n_tokens:.0f}"
        run = write_run(folder / "rungs" / run_name, family, n_params, n_tokens, rng)
        shape = dataclasses.asdict(run.summary)
        numbers = {key: shape[key] for key in ("n_params", "n_tokens", "train_flops")}
        trunk = f"{family}-{n_params:.0f}-{BUDGETS[-1]:.0f}" if role == "fit" else run_name
        rungs.append({"name": run_name, "family": family, "role": role, "trunk": trunk} | numbers)
    baselines = {"5-gram": {"loss": 2.91, "perplexity": 18.4, "bits_per_byte": 1.21}}
    source = {"kind": "stdlib", "licence": "PSF-2.0", "citation": citation, "n_tokens": 3_000_000}
    ladder = {
        "format": 1,
        "name": name,
        "task": "text-generation",
        "unit": "token",
        "source": source,
        "baselines": baselines,
        "rungs": rungs,
        "config": {
            "name": name,
            "base": {
                "task": {"kind": "text-generation", "source": {"kind": "stdlib"}},
                "model": {},
                "seed": 0,
            },
            "families": list(families),
            "sizes": list(SIZES),
            "n_tokens": list(BUDGETS),
            "held_out": {"size": HELD_OUT[0], "n_tokens": HELD_OUT[1], "families": 1} if held_out else None,
            "tune": False,
            "workers": 0,
        },
    }
    (folder / "ladder.json").write_text(json.dumps(ladder))
    (folder / "baselines.json").write_text(json.dumps(baselines))
    return folder


@pytest.fixture(scope="session")
def ladder_folder(tmp_path_factory):
    return write_ladder(tmp_path_factory.mktemp("ladder"))


@pytest.fixture(scope="session")
def analysis(ladder_folder):
    return analyse(ladder_folder)


@pytest.fixture(scope="session")
def curve_fits():
    """A falling curve with points held back, and a rising one without."""
    x = np.geomspace(1e3, 1e6, 12)
    noise = np.exp(np.random.default_rng(3).normal(0, 0.003, (2, 12)))
    loss, accuracy = (1.2 + 40 * x**-0.4) * noise[0], (0.9 - 3 * x**-0.3) * noise[1]
    curves = (
        Curve(name="loss", x=x[:9], y=loss[:9], held_out_x=x[9:], held_out_y=loss[9:]),
        Curve(name="accuracy", x=x, y=accuracy, held_out_x=x[:0], held_out_y=x[:0]),
    )
    return tuple(fit_curve(curve, ["m2", "m4"]) for curve in curves)


@pytest.fixture(scope="session")
def provenance():
    return PROVENANCE


@pytest.fixture(scope="session")
def make_plan_of(isoflop_fit, tmp_path_factory):
    """Return a function that plans for a published law, or for the fit when that is called "fit"."""
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    save_fits([isoflop_fit], path)

    def make(subject="fit", flops=1e15, device=None, **wishes):
        chosen = read_subject(str(path) if subject == "fit" else subject)
        devices = Devices(accelerator=accelerator(device), n_devices=64) if device else None
        return make_plan(chosen, Budget(kind="flops", amount=flops), devices, Wishes(**wishes))

    return make


@pytest.fixture(scope="session")
def full_plan(make_plan_of):
    """A plan of a fit with all that can be asked for."""
    return make_plan_of(
        flops=1e22,
        device="a100",
        inference_tokens=1e13,
        unique_tokens=1e10,
        next_run=Budget(kind="flops", amount=1e14),
    )


@pytest.fixture(scope="session")
def fits(ladder_folder):
    """The families of the ladder, fitted."""
    return tuple(fit_families(from_ladder(ladder_folder))[0].values())


@pytest.fixture(scope="session")
def isoflop_fit():
    """One family, fitted to five sizes at each of three amounts of compute."""
    E, A, alpha, B, beta = TRUE["transformer"]
    rng = np.random.default_rng(5)
    rows = [
        Observation(
            n_params=size,
            n_tokens=budget / 6 / size,
            train_flops=budget,
            loss=float(
                (E + A * size**-alpha + B * (budget / 6 / size) ** -beta) * np.exp(rng.normal(0, NOISE))
            ),
            name=f"run {budget:g} {size:g}",
        )
        for budget in (1e12, 1e13, 1e14)
        for size in np.geomspace(2e4, 2e6, 5)
    ]
    return fit_family(rows, "chinchilla", n_draws=200)


class Page(html.parser.HTMLParser):
    """A page as a strict reader sees it: every tag closed in order, every id once."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.source, self.open, self.ids, self.links, self.words = text, [], [], [], []
        self.attributes = []  # (tag, attributes)
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        links = [value for name, value in attrs if name in ("href", "src")]
        self.links += [] if tag == "a" and links[0].startswith("http") else links  # nothing is fetched by it
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style", "svg"} & set(self.open):
            self.words.append(data.strip())

    @property
    def text(self):
        return " ".join(word for word in self.words if word)


@pytest.fixture(scope="session")
def read_page():
    def read(text):
        page = Page(text)
        assert len(page.ids) == len(set(page.ids))
        assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
        fetched = re.sub(r'<a href="https?://[^"]*"', "<a", page.source)  # a reader may follow a source
        assert re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org)", fetched) is None
        assert len(text.encode()) < 1_500_000
        for tag, attributes in page.attributes:
            assert tag != "th" or attributes.get("scope") in ("col", "row", "colgroup")
            assert tag != "svg" or "aria-label" in attributes or attributes.get("aria-hidden") == "true"
        return page

    return read

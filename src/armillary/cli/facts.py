"""The JSON objects that verbs put together, as types: names, units and meanings of what ``--json`` prints.

A result that is a dataclass is printed with its own fields and does not stand here.  ``Annotated`` names
the dataclass behind a dictionary of plain values.  docs/json.md is made from these types and from those
dataclasses, so nothing here is needed when a verb runs.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from armillary.core.hardware import Accelerator
from armillary.export.parity import Parity
from armillary.fitting.fit import Certificate
from armillary.fitting.selection import BackTest
from armillary.fitting.uncertainty import Estimate
from armillary.runs.judgement import PairedRuns
from armillary.scaling.audit.expectation import Verdict
from armillary.scaling.audit.facts import Source
from armillary.scaling.audit.phrases import Language
from armillary.scaling.audit.records import UtilisationBand
from armillary.scaling.audit.slips import Reading
from armillary.scaling.audit.units import Kind
from armillary.scaling.curves.blend import BlendRecord
from armillary.scaling.curves.checks import CurveCheck
from armillary.scaling.observations import Dropped, Role
from armillary.scaling.sensitivity import Sensitivity
from armillary.trends.affordable import Affordable
from armillary.trends.bottlenecks import ReviewLimit
from armillary.trends.drift import Moved
from armillary.trends.families import Adoption, FamilyShares
from armillary.trends.ledger import Comparison, Ledger
from armillary.trends.rows import Problem

Plain = dict[str, Any]


class Saved(TypedDict):
    """What is added to a result that can be saved."""

    out: str | None  # the file that was written; null: none


class TrainedRun(TypedDict):
    """What is added to a run's measurements."""

    run: str  # the run's directory


class EvaluateFacts(TypedDict):
    """Metrics of a run on a split."""

    run: str  # as it was named
    split: str  # train, validation or test
    metrics: dict[str, float]  # by name: loss in nats per unit, accuracy as a share, ...
    baselines: dict[str, dict[str, float]] | None  # metrics by the baseline's name; null: without --baseline
    outputs: str | None  # file of what the model wrote; null: its task keeps nothing, or with --data
    comparison: PairedRuns | None  # with the run given to --against; null: without


class RungFacts(TypedDict):
    """A run of a ladder, before it is trained."""

    name: str  # of the rung, and of its folder
    family: str
    role: Role  # fitted, or held out to check the law
    trunk: str  # the rung whose stable phase it shares; its own name for the longest of a size
    n_params: int
    n_tokens: int
    train_flops: float
    seconds: float  # that it should take here, by a measured step
    memory_bytes: float  # that it should need


class DryRunFacts(TypedDict):
    """What a ladder would train and take."""

    rungs: list[RungFacts]  # in the order they are trained in
    workers: int  # processes
    threads: int  # of each process
    seconds: float  # that the whole ladder should take here


class LadderFacts(TypedDict):
    """What is added to a ladder's analysis."""

    ladder: str  # its folder
    report: str | None  # the HTML page, which `demo` writes; null: none


class MemberFacts(TypedDict):
    """One law of a family's blend."""

    law: str
    weight: float  # in the blend, by back-test; weights sum to 1
    formula: str
    citation: str
    method: str  # how it was fitted
    intervals_by: str  # where the parameters' intervals come from: "pair bootstrap", "profile likelihood"
    parameters: Annotated[dict[str, Plain], dict[str, Estimate]]  # intervals are of --level
    noise: float  # standard deviation of ln(measured / law) of one run
    certificate: Annotated[Plain, Certificate]
    back_test: Annotated[Plain, BackTest]


class FamilyFacts(TypedDict):
    """A family's law: ``law``, ``parameters`` and ``back_test`` are of what predicts, the blend."""

    family: str
    law: str  # of a blend "0.43 chinchilla + 0.57 kaplan"
    formula: str
    citation: str
    method: str  # how the heaviest law was fitted
    n_observations: int  # that were fitted
    parameters: Annotated[
        dict[str, Plain], dict[str, Estimate]
    ]  # of a blend as law.parameter; intervals are of --level
    noise: float  # standard deviation of ln(measured / law) of one run
    certificate: Annotated[Plain, Certificate]  # of the heaviest law
    laws: list[MemberFacts]  # those with weight, the heaviest first
    back_test: Annotated[Plain, BackTest]
    alternatives: Annotated[list[Plain], list[BackTest]]  # of the laws without weight, best first
    sensitivity: Annotated[Plain | None, Sensitivity | None]  # null: without --sensitivity


class FitFacts(TypedDict):
    """Laws fitted to runs."""

    families: list[FamilyFacts]  # in the order of their first run
    problems: dict[str, str]  # by family: why it has no law
    dropped: Annotated[list[Plain], list[Dropped]]
    assumptions: list[str]  # what had to be assumed of the runs, a sentence each
    out: str | None  # the file that was written; null: none


class CurveLawFacts(TypedDict):
    """One law of a curve's blend."""

    law: str
    formula: str
    parameters: dict[str, float]  # of the law of y, or of 1 / y where the curve rises
    weight: float  # in the blend, by back-test; weights sum to 1
    rmsle: float | None  # root mean square of ln(predicted / measured) in back-tests; null: there are none


class CurveFacts(TypedDict):
    """A fitted curve."""

    curve: str  # its name; empty when the table holds only one
    n_points: int  # that were fitted
    last_x: float  # the largest x that was fitted, in the table's unit
    rising: bool  # laws are fitted to 1 / y, which falls
    noise: float  # standard deviation of ln y about a smooth curve
    back_test: Annotated[Plain, BlendRecord]
    laws: list[CurveLawFacts]  # the heaviest first
    held_out: Annotated[Plain | None, CurveCheck | None]  # null: no points were held out


class DroppedPoint(TypedDict):
    """A row of a table of curves that was not used as it is."""

    curve: str  # its name; empty when there is only one
    row: str  # "row 12", or its name
    reason: str


class CurvesFacts(TypedDict):
    """Laws fitted to curves."""

    curves: list[CurveFacts]  # in order of their first row
    problems: dict[str, str]  # by curve: why it has no law
    dropped: list[DroppedPoint]
    out: str | None  # the file that was written; null: none


class CheckFacts(TypedDict):
    """One quantity of a claim, against what it should be."""

    kind: Kind  # what the amount is of, which says the base unit
    text: str  # as the claim writes it
    unit: str  # as people write it: GPU-day, PFLOP/s-day, CNY
    base_per_unit: float  # base units in one unit
    value: float  # claimed, in base units
    low: float  # the least that the claim's wording allows, in base units
    high: float  # the most that the claim's wording allows, in base units
    expected_low: float | None  # in base units; null: nothing bounds it
    expected_high: float | None  # in base units; null: nothing bounds it
    possible_low: float | None  # less is physically impossible, in base units
    possible_high: float | None  # more is physically impossible, in base units
    record: float | None  # what the run's makers published, in base units
    verdict: Verdict  # given: an input of the other checks
    factor: float | None  # how many times too high or too low, at least 1
    implied_utilisation: float | None  # of the devices' peak, as a share, if the claim were true
    arithmetic: list[str]  # lines, in the language of the answer
    summary: str  # one sentence
    plausible_if: Annotated[list[Plain], list[Reading]]  # readings that would be plausible


class ClaimFacts(TypedDict):
    """What is to be said of one claim."""

    text: str
    model: str | None  # as the record has it, else as the text has it; null: none is named
    hardware: str | None  # as the catalogue has it, else as the text has it; null: none is named
    verdict: Verdict  # the worst of its checks'
    summary: str  # one sentence
    checks: list[CheckFacts]
    notes: list[str]  # what differs from the record, how names were read
    sources: Annotated[list[Plain], list[Source]]


class AuditFacts(TypedDict):
    """The audit of a text."""

    language: Language  # of the answer
    verdict: Verdict  # the worst of the claims'
    utilisation: Annotated[Plain, UtilisationBand]
    claims: list[ClaimFacts]  # in the order of the text


class QuantileGrowth(TypedDict):
    """Growth of a quantile of the rows."""

    quantile: float  # which, as a share
    since: float  # decimal year
    until: float  # decimal year
    slope: Annotated[Plain, Estimate]  # orders of magnitude a year
    per_year: Annotated[Plain, Estimate]  # factor
    doubling_months: Annotated[Plain, Estimate]  # negative where it halves


class TrendAdded(TypedDict):
    """What is added to a projection."""

    quantile: QuantileGrowth | None  # null: without --quantile
    problems: Annotated[list[Plain], list[Problem]]  # cells and rows of the table that could not be used
    notes: list[str]  # how the table was read
    out: str | None  # the file that was written; null: none


class DemandFrom(TypedDict):
    """The projection that demand is taken from."""

    selection: str  # of rows, in words
    method: str  # which projects


class BottlenecksAdded(TypedDict):
    """What is added to bottlenecks."""

    demand_from: DemandFrom
    review: Annotated[Plain | None, ReviewLimit | None]  # null: nothing was stated of it


class InnovationsFacts(TypedDict):
    """What innovations save."""

    ledgers: Annotated[list[Plain], list[Ledger]]
    comparisons: Annotated[list[Plain], list[Comparison]]


class FamiliesFacts(TypedDict):
    """Families of architectures over time."""

    shares: Annotated[Plain, FamilyShares]
    adoption: Annotated[list[Plain], list[Adoption]]  # of the families that rose
    problems: dict[str, str]  # by family: why it has no curve


class DriftAdded(TypedDict):
    """What is added to drift."""

    left: Annotated[list[Plain], list[Moved]]  # those of ``moved`` that left their interval
    method: str  # which projects


class PricePerformance(TypedDict):
    """How the compute that a dollar buys grows."""

    selection: str  # the rule that rows were chosen by
    method: str  # which projects
    per_year: Annotated[Plain, Estimate]  # factor a year


class AffordableFacts(TypedDict):
    """What a sum of money buys, year by year."""

    usd: float  # the money
    law: str  # the published law that splits compute into size and data
    law_source: str  # the paper with the place in it
    years: Annotated[list[Plain], list[Affordable]]
    probability: list[float] | None  # that the compute asked for is affordable, by year; null: none asked for
    price_performance: PricePerformance


class LeverFacts(TypedDict):
    """What one lever does to the cost of a plan."""

    name: str
    usd_before: float  # cost of the plan as it is
    usd_after: float  # with the lever pulled, without the lever's own cost
    lever_usd: float  # to pull it once
    how: str  # in words, with the figure used
    source: str  # of that figure
    saved_usd: float  # beyond the lever's own cost; negative where it does not pay
    saved_per_usd: float | None  # for each dollar that the lever costs; null: it costs nothing


class LeversCosts(TypedDict):
    """What a plan costs."""

    training: float  # USD
    data: float  # USD
    serving: float  # USD


class LeversFacts(TypedDict):
    """A plan's cost, and what moves it."""

    usd: float  # of the plan
    costs: LeversCosts
    delivered: str  # the share of the peak that was assumed, in words
    levers: list[LeverFacts]  # the one that saves most first


class ExportFacts(TypedDict):
    """A run in the format of another library."""

    run: str  # as it was named
    out: str  # the folder that was made
    parity: Parity  # how alike the run and the folder answer
    dequantized: (
        str | None
    )  # the scheme of a quantized run, whose codes were multiplied out; null: of another


class ReportFacts(TypedDict):
    """The page that was written."""

    report: str  # its file


class NamedThing(TypedDict):
    """A thing to choose by its name."""

    name: str
    what: str  # one sentence


class ListedTask(TypedDict):
    """A task."""

    name: str
    default_source: str  # of data, where none is given
    what: str  # one sentence


class ListedSource(TypedDict):
    """A source of data."""

    name: str
    licence: str  # of the data
    what: str  # one sentence


class ListedRun(TypedDict):
    """A run."""

    run: str  # its directory
    task: str  # its registered name
    model: str  # the family
    n_params: int | None  # null: unfinished
    loss: float | None  # on the validation split, nats per unit; null: unfinished


class ListFacts(TypedDict, total=False):
    """What there is: the one of these that was asked for."""

    models: list[NamedThing]
    tasks: list[ListedTask]
    sources: list[ListedSource]
    laws: list[NamedThing]
    recipes: list[NamedThing]
    hardware: Annotated[list[Plain], list[Accelerator]]  # oldest first
    runs: list[ListedRun]

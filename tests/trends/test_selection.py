"""What is selected from a table."""

import datetime

import numpy as np
import pytest

from armillary.core.errors import DataError, RequestError, UnknownNameError
from armillary.trends.record import measures, models
from armillary.trends.rows import Amount, Date, Row, Table
from armillary.trends.selection import BY_CONFIDENCE, Selection, select


def row(name, day, flop, **fields):
    amount = flop if isinstance(flop, Amount) else Amount.exactly(flop)
    date = Date(day=datetime.date.fromisoformat(day))
    return Row(name=name, date=date, amounts={"training_flop": amount}, **{"notable": True, **fields})


def table(*rows):
    return Table(title="a table", rows=rows)


def names(*rows, **rules):
    return select(table(*rows), "training_flop", Selection(**rules)).names


A = row("a", "2020-01-01", 1e20, domains=("Language",), organisation="Lab A", confidence="Confident")
B = row("b", "2020-06-01", 1e21, domains=("Vision", "Language"), organisation="Lab B", base_model="A")
C = row("c", "2020-06-01", 1e22, domains=("Vision",), organisation="Lab A", notable=False)
D = row("d", "2021-01-01", 5e21, domains=("Games",), confidence="Speculative")


def test_rows_come_in_order_of_date_with_their_sources():
    series = select(table(D, row("x", "2019-01-01", 1.0, source="paper", edition="2020")), "training_flop")
    assert series.names == ("x", "d")
    assert series.unit == "FLOP"
    assert series.sources == ("paper; 2020", "")


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ({}, "abcd"),
        ({"since": 2020.2}, "bcd"),
        ({"until": 2020.5}, "abc"),
        ({"notable": True}, "abd"),
        ({"domain": "language"}, "ab"),
        ({"organisation": "lab a"}, "ac"),
        ({"without_fine_tunes": True}, "acd"),
        ({"frontier": 1}, "ac"),
        ({"frontier": 2}, "abcd"),
        ({"frontier": 2, "since": 2020.9}, "d"),
    ],
)
def test_rules_keep_what_they_say(rules, kept):
    assert "".join(names(A, B, C, D, **rules)) == kept


def test_the_frontier_is_that_of_a_hand_count():
    rng = np.random.default_rng(0)
    rows = [
        row(f"m{i}", f"{2000 + i // 6}-{1 + i % 3:02d}-01", float(10 ** rng.uniform(15, 25)))
        for i in range(60)
    ]
    flop = {r.name: r.amounts["training_flop"].value for r in rows}
    day = {r.name: r.date.day for r in rows}
    expected = {n for n in flop if sum(day[m] <= day[n] and flop[m] > flop[n] for m in flop) < 3}
    assert set(names(*rows, frontier=3)) == expected


def test_the_frontier_of_models_is_that_by_compute():
    def priced(name, day, flop, usd):
        amounts = {"cost_usd": Amount.exactly(usd)}
        amounts |= {"training_flop": Amount.exactly(flop)} if flop else {}
        return Row(name=name, date=Date(day=datetime.date.fromisoformat(day)), amounts=amounts)

    rows = (
        priced("large", "2020-01-01", 1e22, 10.0),
        priced("dear", "2020-02-01", 1e20, 1e6),
        priced("untold", "2020-03-01", None, 1e7),
        priced("larger", "2020-04-01", 1e23, 20.0),
    )
    cost = select(table(*rows), "cost_usd", Selection(frontier=1))
    assert cost.names == ("large", "larger")
    assert cost.selection.startswith("running top 1 by training_flop")
    assert cost.frontier == 0  # of its own largest values it is not the top
    own = select(table(*rows), "cost_usd", Selection(frontier=1, frontier_by="cost_usd"))
    assert own.names == ("large", "dear", "untold")
    assert own.frontier == 1
    with pytest.raises(UnknownNameError, match="quantity of this table"):
        select(table(*rows), "cost_usd", Selection(frontier=1, frontier_by="n_params"))


def test_a_row_known_by_bounds_belongs_to_the_frontier_where_it_may():
    hidden = row("hidden", "2021-06-01", Amount.bounded(1e21, 1e24))
    small = row("small", "2021-06-01", Amount.bounded(0.0, 1e19))
    assert names(A, B, C, hidden, small, frontier=1) == ("a", "c", "hidden")
    assert names(A, B, C, hidden, frontier=1, without_bounds=True) == ("a", "c")
    series = select(table(C, hidden), "training_flop")
    assert series.exact.tolist() == [True, False]
    assert (series.low[1], series.high[1]) == (1e21, 1e24)


def test_figures_are_uncertain_by_a_factor_or_by_class():
    series = select(table(A, D), "training_flop")
    assert series.low == pytest.approx([5e19, 2.5e21])
    assert series.high == pytest.approx([2e20, 1e22])
    by_class = select(table(A, D), "training_flop", Selection(uncertainty=BY_CONFIDENCE))
    assert by_class.high / by_class.values == pytest.approx([10**0.5, 10**1.5])
    exact = select(table(A, D), "training_flop", Selection(uncertainty=1))
    assert exact.low == pytest.approx(exact.values)


def test_rules_are_named():
    words = Selection(notable=True, frontier=10, since=2010, domain="Language").words(table(A))
    assert words == "running top 10, notable, domain Language, 2010-; a table"
    told = Table(title="mine", rows=(Row(name="x", date=A.date, amounts=A.amounts),))
    series = select(told, "training_flop", Selection(notable=True))
    assert series.names == ("x",)
    assert series.selection == "all; mine; it does not say what is notable"


def test_a_rule_that_leaves_nothing_or_names_nothing_says_so():
    with pytest.raises(UnknownNameError, match="did you mean 'training_flop'"):
        select(table(A), "training_flops")
    with pytest.raises(UnknownNameError, match="domain"):
        names(A, B, domain="Law")
    with pytest.raises(UnknownNameError, match="organisation"):
        names(A, B, organisation="Lab Z")
    with pytest.raises(DataError, match="no row with training_flop is left"):
        names(A, since=2030)
    with pytest.raises(RequestError, match="at least 1"):
        Selection(frontier=0)
    with pytest.raises(RequestError, match="uncertainty"):
        Selection(uncertainty=0.5)
    with pytest.raises(RequestError, match="swap"):
        Selection(since=2020, until=2010)


def test_editions_of_a_measure_are_not_mixed_unless_asked():
    one = select(measures(), "corporate_investment")
    assert "edition AI Index 2024" in one.selection
    assert one.values.tolist() == [337e9, 234e9, 189.2e9]
    every = select(measures(), "corporate_investment", Selection(edition="latest"))
    assert len(every) == len(set(every.dates)) == 6
    older = select(measures(), "corporate_investment", Selection(edition="AI Index 2022"))
    assert older.values.tolist() == [176.47e9]
    with pytest.raises(UnknownNameError, match="AI Index 2022"):
        select(measures(), "corporate_investment", Selection(edition="AI Index 1999"))
    with pytest.raises(DataError, match="told of AMD"):
        select(measures(), "accelerators_shipped")
    assert len(select(measures(), "accelerators_shipped", Selection(organisation="NVIDIA"))) == 17


def test_published_growth_is_met_by_the_record_that_ships():
    def per_year(**rules):
        series = select(models(), "training_flop", Selection(**rules)).known()
        return 10 ** np.polyfit(series.dates, np.log10(series.values), 1)[0]

    # Sevilla and Roldan 2024: notable 4.1 [3.7, 4.6]; Sevilla et al. 2022: doubling in 21 months before
    # 2010, 1.48 a year.  The record is a choice of rows, so it meets them nearly.
    assert 3.67 < per_year(since=2010, until=2024.4, notable=True) < 4.62
    assert 1.3 < per_year(until=2010) < 1.7


def test_least_compute_for_alexnets_accuracy_halves_in_about_16_months():
    series = select(measures(), "imagenet_compute")  # Hernandez and Brown 2020: 44 times in 7 years
    slope = np.polyfit(series.dates, np.log2(series.values), 1)[0]
    assert -12 / slope == pytest.approx(15.7, abs=0.3)

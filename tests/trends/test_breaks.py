import numpy as np
import pytest
from histories import history

from armillary.trends.breaks import LEAST_A_SIDE, break_dates, profiles, weights
from armillary.trends.censoring import Sample
from armillary.trends.growth import fit_growth


def bent(seed: int, **changed: float):
    known = {"slope": 0.8, "break_at": 2016.0, "bend": -0.5, "scatter": 0.5} | changed
    return history(np.random.default_rng(seed), 120, **known)


def test_each_side_of_a_break_has_ten_rows_and_some_time():
    sample = Sample.of(bent(0))
    dates = break_dates(sample)
    assert (sample.t < dates.min()).sum() >= LEAST_A_SIDE
    assert (sample.t >= dates.max()).sum() >= LEAST_A_SIDE
    assert dates.min() - sample.t.min() >= 0.1 * np.ptp(sample.t) - 1e-9
    assert not len(break_dates(Sample.of(history(np.random.default_rng(0), 19))))


def test_the_profile_is_that_of_a_fit_at_every_date():
    sample = Sample.of(bent(0))
    kink = profiles(sample)["kink"]
    for i in (0, 40, 119):
        columns = [np.ones(len(sample)), sample.t, np.maximum(sample.t - kink.breaks[i], 0)]
        _, [rss], *_ = np.linalg.lstsq(np.stack(columns, axis=1), sample.y, rcond=None)
        n = len(sample)
        expected = -n / 2 * (np.log(2 * np.pi * rss / n) + 1)
        assert kink.log_likelihood[i] == pytest.approx(expected)
    assert kink.bic == pytest.approx(5 * np.log(n) - 2 * kink.log_likelihood.max())


def test_the_form_that_made_a_history_is_found():
    forms = {
        "straight": bent(1, bend=0.0),
        "kink": bent(1),
        "jump": bent(1, jump=2.0, bend=0.0),
    }
    for form, series in forms.items():
        assert fit_growth(series, n_draws=100).forms[0].form == form


def test_a_line_is_seldom_taken_for_bent():
    false = [fit_growth(bent(s, bend=0.0), n_draws=50).forms[0].form != "straight" for s in range(100)]
    assert np.mean(false) < 0.1


def recovered(n_histories: int) -> dict[str, float]:
    inside = {"date": [], "before": [], "after": [], "latest": []}
    for seed in range(n_histories):
        growth = fit_growth(bent(seed), n_draws=300, seed=seed)
        kink = next(form for form in growth.forms if form.form == "kink")
        inside["date"].append(2016.0 in kink.date.interval)
        inside["before"].append(0.8 in kink.rates[0].slope.interval)
        inside["after"].append(0.3 in kink.rates[1].slope.interval)
        inside["latest"].append(0.3 in growth.latest.slope.interval)
    return {name: float(np.mean(held)) for name, held in inside.items()}


def test_break_and_growth_on_both_sides_are_covered():
    assert all(0.8 <= share <= 0.99 for share in recovered(60).values())


@pytest.mark.slow
def test_break_and_growth_on_both_sides_are_covered_at_the_nominal_rate():
    assert all(0.85 <= share <= 0.95 for share in recovered(500).values())


def test_support_for_a_break_peaks_where_it_was():
    growth = fit_growth(bent(3), n_draws=100)
    assert growth.profile_weights.sum() == pytest.approx(1)
    peak = growth.profile_dates[np.argmax(growth.profile_weights)]
    assert peak == pytest.approx(2016, abs=1.0)


def test_weights_follow_the_criterion():
    found = profiles(Sample.of(bent(0)))
    weight = weights(found)
    ratio = np.exp((found["jump"].bic - found["kink"].bic) / 2)
    assert weight["kink"] / weight["jump"] == pytest.approx(ratio)

"""What an explanation is worth, in words."""

from __future__ import annotations

from armillary.runs.explained import Checks, Faithfulness, Worth

BEATS = 0.95  # share of random explanations that one must beat to say anything
SHARE = 0.1  # of what the features are worth: an area below is real, and small
STABLE = 0.5  # rank correlation with itself under noise
LEARNT = 0.5  # rank correlation with models that learnt nothing, at most
COMPLETE = 0.1  # share of the answer that attributions which promise to add up to it may miss


def verdict(faithfulness: Faithfulness, checks: Checks) -> tuple[Worth, tuple[str, ...]]:
    """Return what an explanation is worth, and why no more."""
    if faithfulness.beats < BEATS:
        return "no better than random", (
            f"{1 - faithfulness.beats:.0%} of random explanations do as well or better",
        )
    reasons = []
    if faithfulness.share < SHARE:
        reasons.append(f"its order accounts for {faithfulness.share:.0%} of what the input is worth")
    if (ignorant := checks.with_random_weights) > LEARNT:
        reasons.append(
            f"models that learnt nothing have much the same (rank correlation {ignorant:.2f}): "
            "it shows the input more than the model"
        )
    if checks.stability < STABLE:
        reasons.append(f"a little noise changes it (rank correlation {checks.stability:.2f})")
    if checks.completeness_gap is not None and checks.completeness_gap > COMPLETE:
        reasons.append(f"its parts miss the whole by {checks.completeness_gap:.0%}")
    return ("weak" if reasons else "faithful"), tuple(reasons)

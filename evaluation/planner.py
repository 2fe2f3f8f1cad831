"""How many votes, raters and hours a study needs.

In a balanced design of K systems and N decided votes the difference of two strengths has the
standard error 2·√((K−1)/N) on the logit scale (Bradley–Terry, near equal strengths). A true win
share P, δ = logit(P), is found with the wished power when N = (z_{1−α/2} + z_power)²·4(K−1)/δ².
Ties decide nothing, so votes are divided by 1 − T; votes of one rater or case are alike, so they
are multiplied by the design effect. Source: the usual two-sided sample size (Chow, Shao & Wang,
*Sample Size Calculations in Clinical Research*, 2nd ed. 2008, chapter 1) with that standard error.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, floor, log
from statistics import NormalDist
from typing import Any

from evaluation.comparisons import DataError

ELO_PER_LOGIT = 400 / log(10)
FEWEST_RATERS = 5
USUAL_DEFF = 2.3


@dataclass(frozen=True)
class StudyPlan:
    """What it takes to separate one given pair of systems; counts are totals over all pairs.

    `raters_minimum` is the number below which no count of votes is enough, because raters differ
    from each other by `rater_sd` (logits) in how they see the pair. `hours` are those of all
    raters together.
    """

    systems: int
    win_share: float
    elo_gap: float
    tie_share: float
    deff: float
    power: float
    alpha: float
    pairs: int
    votes: int
    hours: float
    seconds_per_vote: float
    raters: int | None
    rater_sd: float
    raters_minimum: int
    votes_per_rater: int | None
    hours_per_rater: float | None
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe facts."""
        return asdict(self)


def plan_study(
    systems: int,
    win_share: float,
    *,
    tie_share: float = 0.0,
    raters: int | None = None,
    deff: float = 1.0,
    power: float = 0.8,
    alpha: float = 0.05,
    pairs: int = 1,
    seconds_per_vote: float = 60.0,
    rater_sd: float = 0.4,
) -> StudyPlan:
    """Votes, hours and raters to find a true `win_share` of one system over another.

    `win_share` is the share of decided votes, above 0.5; `pairs` shares `alpha` among so many
    comparisons (Bonferroni); `rater_sd` is the spread of raters' own opinions in logits.

    Raises `DataError` naming the setting that is out of range.
    """
    _refuse_broken(
        (systems >= 2, f"a comparison needs 2 systems or more, found {systems}"),
        (0.5 < win_share < 1, f"win share must lie between 0.5 and 1, found {win_share:g}"),
        (0 <= tie_share < 1, f"tie share must be at least 0 and below 1, found {tie_share:g}"),
        (raters is None or raters >= 1, f"raters must be 1 or more, found {raters}"),
        (deff >= 1, f"a design effect is 1 or more, found {deff:g}"),
        (0.5 <= power < 1, f"power must be at least 0.5 and below 1, found {power:g}"),
        (0 < alpha < 1, f"alpha must lie between 0 and 1, found {alpha:g}"),
        (pairs >= 1, f"pairs must be 1 or more, found {pairs}"),
        (seconds_per_vote > 0, f"seconds per vote must be above 0, found {seconds_per_vote:g}"),
        (rater_sd >= 0, f"the spread of raters is 0 or more, found {rater_sd:g}"),
    )
    gap = log(win_share / (1 - win_share))
    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha / pairs / 2) + normal.inv_cdf(power)
    votes = round(z**2 * 4 * (systems - 1) / gap**2 / (1 - tie_share) * deff)
    minimum = max(floor((z * rater_sd / gap) ** 2) + 1, 1)
    hours = votes * seconds_per_vote / 3600
    return StudyPlan(
        systems=systems,
        win_share=win_share,
        elo_gap=ELO_PER_LOGIT * gap,
        tie_share=tie_share,
        deff=deff,
        power=power,
        alpha=alpha,
        pairs=pairs,
        votes=votes,
        hours=hours,
        seconds_per_vote=seconds_per_vote,
        raters=raters,
        rater_sd=rater_sd,
        raters_minimum=minimum,
        votes_per_rater=None if raters is None else ceil(votes / raters),
        hours_per_rater=None if raters is None else hours / raters,
        warnings=_warnings(raters, minimum, deff, win_share, rater_sd),
    )


def _warnings(
    raters: int | None, minimum: int, deff: float, win_share: float, rater_sd: float
) -> tuple[str, ...]:
    found = []
    if raters is not None and raters < minimum:
        found.append(
            f"readers, not votes, are the limit: raters who differ by {rater_sd:g} logits cannot "
            f"settle {win_share:.0%} with {raters}, however many votes; take {minimum} or more"
        )
    if raters is not None and raters < FEWEST_RATERS:
        found.append(f"too few readers for inference: {raters}, take {FEWEST_RATERS} or more")
    if deff == 1:
        found.append(
            "votes are taken as independent; votes of one rater or case are alike, so a design "
            f"effect of about {USUAL_DEFF} is usual (--deff {USUAL_DEFF})"
        )
    return tuple(found)


def _refuse_broken(*rules: tuple[bool, str]) -> None:
    for kept, message in rules:
        if not kept:
            raise DataError(message)

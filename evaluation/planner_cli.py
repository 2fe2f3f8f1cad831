"""`python -m evaluation plan`: votes and reader-hours for a study."""

from __future__ import annotations

import argparse
import json
from typing import Any

from evaluation.planner import StudyPlan, plan_study


def add_parser(subparsers: Any) -> None:
    """Adds `plan` to the sub-commands."""
    parser = subparsers.add_parser("plan", help="votes, raters and hours a study needs")
    parser.add_argument("--systems", type=int, required=True, metavar="K")
    parser.add_argument(
        "--win-share", type=float, required=True, metavar="P", help="share of decided votes, > 0.5"
    )
    parser.add_argument("--tie-share", type=float, default=0.0, metavar="T")
    parser.add_argument("--raters", type=int, metavar="R")
    parser.add_argument("--deff", type=float, default=1.0, metavar="D", help="design effect")
    parser.add_argument("--power", type=float, default=0.8)
    parser.add_argument("--alpha", type=float, default=0.05, help="two-sided")
    parser.add_argument("--pairs", type=int, default=1, help="comparisons that share alpha")
    parser.add_argument("--seconds-per-vote", type=float, default=60.0)
    parser.add_argument("--rater-sd", type=float, default=0.4, help="in logits")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> str:
    """The plan as text. Raises `DataError` for a setting out of range."""
    plan = plan_study(
        args.systems,
        args.win_share,
        tie_share=args.tie_share,
        raters=args.raters,
        deff=args.deff,
        power=args.power,
        alpha=args.alpha,
        pairs=args.pairs,
        seconds_per_vote=args.seconds_per_vote,
        rater_sd=args.rater_sd,
    )
    if args.format == "json":
        return json.dumps(plan.to_dict(), indent=2, ensure_ascii=False)
    return as_table(plan)


def as_table(plan: StudyPlan) -> str:
    """The plan as aligned text."""
    rows = [
        ("to find", f"{plan.win_share:.1%} wins, {plan.elo_gap:.0f} rating points"),
        ("with power", f"{plan.power:.0%}, alpha {plan.alpha:g} over {plan.pairs} comparison(s)"),
        ("votes", f"{plan.votes:,} over {plan.systems} systems"),
        ("reader-hours", f"{plan.hours:.1f} at {plan.seconds_per_vote:g} s per vote"),
        ("raters at least", f"{plan.raters_minimum}"),
    ]
    if plan.raters is not None:
        each = f"{plan.votes_per_rater:,} votes, {plan.hours_per_rater:.1f} hours"
        rows.append((f"each of {plan.raters}", each))
    notes = [f"note: {warning}" for warning in plan.warnings]
    return "\n".join([*(f"{name:16}{text}" for name, text in rows), *notes])

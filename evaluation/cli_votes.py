"""The sub-commands beside `rate` that read votes: elo, winrate and position."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from evaluation.cli_rating import add_interval_arguments, add_votes_arguments, as_json, as_table
from evaluation.cli_rating import votes_from as votes_from_arguments
from evaluation.clustering import CLUSTERINGS
from evaluation.elo import elo
from evaluation.position import position_effect
from evaluation.results import Estimate, round_figures
from evaluation.winrate import win_rate_report


def add_parser(commands: Any) -> None:
    """Adds `elo`, `winrate` and `position` to the sub-commands."""
    parser = commands.add_parser("elo", help="sequential Elo in file order, a curiosity")
    add_votes_arguments(parser)
    for name, default in (("k", 4.0), ("start", 1000.0), ("scale", 400.0)):
        parser.add_argument(f"--{name}", type=float, default=default, metavar=f"{default:g}")
    parser.set_defaults(run=_elo)
    for name, text, run in (
        ("winrate", "share of votes won, and the mean over opponents", _winrate),
        ("position", "the left/right effect with its interval", _position),
    ):
        parser = commands.add_parser(name, help=text)
        add_votes_arguments(parser)
        add_interval_arguments(parser, CLUSTERINGS)
        parser.set_defaults(run=run)


def _elo(args: argparse.Namespace) -> str:
    votes = votes_from_arguments(args)
    scores = elo(votes, k=args.k, start=args.start, scale=args.scale)
    counts = np.bincount(np.concatenate([votes.model_a, votes.model_b]), minlength=len(scores))
    systems = [
        {"name": votes.names[i], "votes": int(counts[i]), "rating": float(scores[i])}
        for i in np.lexsort((np.arange(len(scores)), -scores))
    ]
    method = "Elo, sequential in file order: another order gives other scores, and no interval"
    if args.format == "json":
        parameters = {"k": args.k, "start": args.start, "scale": args.scale}
        report = {"method": method, "parameters": parameters, "n_votes": len(votes)}
        return as_json(round_figures({**report, "systems": systems}))
    rows = [tuple(system.values()) for system in systems]
    return f"{method}\n\n{as_table(('system', 'votes', 'rating'), rows)}"


def _winrate(args: argparse.Namespace) -> str:
    report = win_rate_report(
        votes_from_arguments(args), interval=args.interval, confidence=args.confidence
    )
    if args.format == "json":
        return as_json(report)
    fields = ("name", "votes", "wins", "ties", "losses", "both_bad")
    shares = ("win_rate", "lower", "upper", "mean_win_rate")
    rows = [
        (*(_whole(s[f]) for f in fields), *(_percent(s[f]) for f in shares))
        for s in report["systems"]
    ]
    return _with_notes(report, as_table((*fields, *shares), rows))


def _position(args: argparse.Namespace) -> str:
    effect = position_effect(
        votes_from_arguments(args), interval=args.interval, confidence=args.confidence
    )
    if args.format == "json":
        return as_json(effect.to_dict())
    share, odds = effect.left_share, effect.log_odds
    rows = [("share won by the left side", *(_percent(x) for x in _figures(share)))]
    if odds is not None:
        rows.append(("log-odds of the left side", *(f"{x:.3f}" for x in _figures(odds))))
    return _with_notes(effect.to_dict(), as_table(("", "value", "lower", "upper"), rows))


def _figures(estimate: Estimate) -> list[float]:
    ends = (estimate.value, estimate.lower, estimate.upper)
    return [float("nan") if x is None else x for x in ends]


def _whole(value: Any) -> Any:
    return round(value) if isinstance(value, float) and value.is_integer() else value


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}"


def _with_notes(report: dict[str, Any], table: str) -> str:
    notes = [f"! {warning}" for warning in report["warnings"]]
    return "\n".join([f"{report['method']}; {report['n_votes']} votes", "", table, *notes])

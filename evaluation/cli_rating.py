"""The sub-commands on votes: rate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.clustering import INTERVALS
from evaluation.comparisons import Comparisons, DataError
from evaluation.rating import rate
from evaluation.reading import read_votes
from evaluation.results import RatingResult
from evaluation.ties import TIES


def add_parser(commands: Any) -> None:
    """Adds `rate` to the sub-commands."""
    parser = commands.add_parser("rate", help="ratings with intervals and rank ranges")
    add_votes_arguments(parser)
    parser.add_argument("--ties", choices=list(TIES), default="half")
    add_interval_arguments(parser, INTERVALS)
    parser.add_argument("--seed", type=int, default=0, help="serves rank ranges and bootstrap")
    parser.add_argument(
        "--penalty",
        type=_penalty,
        metavar="firth|NUMBER",
        help="a declared regularisation, which rates systems that only won or lost",
    )
    parser.add_argument(
        "--covariates",
        type=lambda text: text.split(","),
        default=[],
        metavar="NAME,…",
        help="adjust for columns NAME (a minus b), or NAME_a minus NAME_b",
    )
    parser.add_argument("--side", action="store_true", help="adjust for standing left")
    parser.set_defaults(run=_rate)


def add_interval_arguments(parser: argparse.ArgumentParser, intervals: Sequence[str]) -> None:
    """How intervals are made."""
    parser.add_argument("--interval", choices=intervals, default="two-way")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="0.95")


def add_votes_arguments(
    parser: argparse.ArgumentParser, formats: Sequence[str] = ("table", "json")
) -> None:
    """The arguments of every command that reads votes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument(
        "--columns",
        type=_columns,
        default={},
        metavar="KEY=NAME,…",
        help="the file's names for model_a, model_b, winner, rater, case, weight, criterion",
    )
    parser.add_argument("--criterion", help="use only the votes on this criterion")
    if formats:
        parser.add_argument("--format", choices=formats, default=formats[0])


def votes_from(args: argparse.Namespace, covariates: Sequence[str] = ()) -> Comparisons:
    """The votes named on the command line."""
    votes = read_votes(args.file, columns=args.columns, covariates=covariates)
    if args.criterion is None:
        return votes
    if args.criterion not in votes.criterion_names or votes.criterion is None:
        known = ", ".join(votes.criterion_names) or "none"
        raise DataError(f"no criterion {args.criterion!r}; the file has {known}")
    return votes.select(votes.criterion == votes.criterion_names.index(args.criterion))


def as_json(result: dict[str, Any]) -> str:
    return json.dumps(result, indent=2, ensure_ascii=False)


def as_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns aligned, the first to the left and the others to the right."""
    cells = [list(header), *[[_cell(value) for value in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _rate(args: argparse.Namespace) -> str:
    result = rate(
        votes_from(args, args.covariates),
        ties=args.ties,
        interval=args.interval,
        confidence=args.confidence,
        seed=args.seed,
        penalty=args.penalty,
        covariates=args.covariates,
        side=args.side,
    )
    return rating_text(result, args.format)


def rating_text(result: RatingResult, form: str) -> str:
    """The result as JSON or as a table."""
    return as_json(result.to_dict()) if form == "json" else _rating_table(result)


def _rating_table(result: RatingResult) -> str:
    rows = [
        (s.name, s.votes, s.rating, s.lower, s.upper, _ranks(s.rank_low, s.rank_high))
        for s in result.systems
    ]
    table = as_table(("system", "votes", "rating", "lower", "upper", "rank"), rows)
    effects = [
        f"{name}: log-odds {effect.value:.3f} ({_number(effect.lower)} to {_number(effect.upper)})"
        for name, effect in result.effects.items()
    ]
    notes = [f"! {warning}" for warning in result.warnings]
    return "\n".join([f"{result.method}; {result.n_votes} votes", "", table, *effects, *notes])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _ranks(low: int | None, high: int | None) -> str | None:
    if low is None or high is None:
        return None
    return str(low) if low == high else f"{low}–{high}"


def _penalty(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _columns(text: str) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if any(len(pair) != 2 for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=NAME,KEY=NAME")
    return {key.strip(): name.strip() for key, name in pairs}

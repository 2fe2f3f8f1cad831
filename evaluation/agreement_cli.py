"""`python -m evaluation agree`: agreement of raters in a file of ratings."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from evaluation.agreement import LEVELS, METHODS, OVER, AgreementResult, Coefficient, agree
from evaluation.agreement.weights import FORMULAS
from evaluation.comparisons import DataError
from evaluation.reading import read_columns

ALLOWED_FOR = {"units": "units", "raters": "raters", "both": "units and other raters"}


def add_parser(subparsers: Any) -> None:
    """Adds `agree` to the sub-commands."""
    parser = subparsers.add_parser(
        "agree",
        help="agreement of raters: percent, kappas, alpha, AC1/AC2",
        description="One row per rating; an empty value is a missing rating.",
    )
    parser.add_argument("file", type=Path, help="CSV, TSV, JSON Lines or Parquet")
    parser.add_argument("--unit", required=True, metavar="U", help="column: what was rated")
    parser.add_argument("--rater", required=True, metavar="R", help="column: who rated")
    parser.add_argument("--value", required=True, metavar="V", help="column: the rating")
    parser.add_argument("--level", choices=LEVELS, default="nominal")
    parser.add_argument("--categories", type=_words, metavar="A,B,…", help="in order, all of them")
    parser.add_argument("--weights", choices=FORMULAS, help="default: those of the level")
    parser.add_argument("--interval", choices=METHODS, default="bootstrap")
    parser.add_argument(
        "--over", choices=OVER, default="units", help="what intervals allow for (default: units)"
    )
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> str:
    """The agreement as text. Raises `DataError` for a file or setting that cannot be used."""
    table = read_columns(args.file)
    for column in (args.unit, args.rater, args.value):
        if column not in table:
            raise DataError(f"is missing; the file has {', '.join(table)}", column=column)
    _refuse_nameless(table[args.unit], args.unit)
    _refuse_nameless(table[args.rater], args.rater)
    result = agree(
        table[args.unit],
        table[args.rater],
        table[args.value],
        level=args.level,
        categories=args.categories,
        weights=args.weights,
        interval=args.interval,
        over=args.over,
        confidence=args.confidence,
        resamples=args.resamples,
        seed=args.seed,
    )
    if args.format == "json":
        return json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    return as_table(result)


def as_table(result: AgreementResult) -> str:
    """The result as aligned text."""
    head = (
        f"{result.n_ratings} ratings of {result.n_units} units by {result.n_raters} raters; "
        f"{result.n_units_compared} units rated twice or more\n"
        f"level {result.level}, weights {result.weights}; "
        f"intervals speak of other {ALLOWED_FOR[result.over]}"
    )
    names = f"{'':20}{'value':>8}{'se':>8}   {result.confidence:.0%} interval"
    rows = [_row(name, coefficient) for name, coefficient in result.coefficients.items()]
    shares = ", ".join(f"{c.category} {c.share:.1%}" for c in result.prevalence)
    notes = [f"note: {warning}" for warning in result.warnings]
    return "\n".join([head, "", names, *rows, "", f"prevalence: {shares}", *notes])


def _row(name: str, c: Coefficient) -> str:
    if c.value is None:
        return f"{name:20}{'–':>8}   {c.reason}"
    if c.lower is None or c.upper is None:
        return f"{name:20}{c.value:8.3f}{'–':>8}   {c.reason}"
    return f"{name:20}{c.value:8.3f}{c.se:8.3f}   {c.lower:.3f} to {c.upper:.3f} ({c.method})"


def _refuse_nameless(labels: list[str], column: str) -> None:
    for row, label in enumerate(labels):
        if not label:
            raise DataError("is empty", row=row, column=column)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]

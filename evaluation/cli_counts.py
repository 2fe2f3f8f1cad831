"""The sub-commands for sites that may not send votes: counts and pool."""

from __future__ import annotations

import argparse
import json
from functools import reduce
from pathlib import Path
from typing import Any

from evaluation.cli_rating import (
    add_interval_arguments,
    add_votes_arguments,
    rating_text,
    votes_from,
)
from evaluation.clustering import CLUSTERINGS
from evaluation.comparisons import DataError
from evaluation.incremental import VoteCounts
from evaluation.rating import rate

TIES = ("half", "davidson", "rao-kupper")


def add_parser(commands: Any) -> None:
    """Adds `counts` and `pool` to the sub-commands."""
    parser = commands.add_parser("counts", help="a site's counts, which may leave it, as JSON")
    add_votes_arguments(parser, formats=())
    parser.set_defaults(run=_counts)
    parser = commands.add_parser("pool", help="ratings from the counts of several sites")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="JSON of `counts`")
    parser.add_argument("--ties", choices=TIES, default="half")
    add_interval_arguments(parser, (*CLUSTERINGS, "fisher"))
    parser.add_argument("--seed", type=int, default=0, help="serves rank ranges")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    parser.set_defaults(run=_pool)


def _counts(args: argparse.Namespace) -> str:
    return json.dumps(VoteCounts.of(votes_from(args)).to_dict(), ensure_ascii=False)


def _pool(args: argparse.Namespace) -> str:
    pooled = reduce(VoteCounts.merge, [_read(path) for path in args.files])
    result = rate(
        pooled.comparisons(),
        ties=args.ties,
        interval=args.interval,
        confidence=args.confidence,
        seed=args.seed,
    )
    return rating_text(result, args.format)


def _read(path: Path) -> VoteCounts:
    try:
        return VoteCounts.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None

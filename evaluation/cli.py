"""Statistics of paired comparisons and agreement, on a file of votes or ratings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from evaluation.comparisons import DataError
from evaluation.reading import line_of

# Each module offers `add_parser(subparsers)`, which sets `run`: a function of the parsed arguments
# that returns the text to print and raises `DataError` for data it cannot use.
COMMANDS = (
    "evaluation.cli_rating",
    "evaluation.cli_votes",
    "evaluation.cli_counts",
    "evaluation.agreement_cli",
    "evaluation.planner_cli",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one sub-command; 0 if it worked, 1 if the data cannot be used."""
    args = build_parser().parse_args(arguments)
    try:
        text = args.run(args)
    except DataError as error:
        print(_sentence(error, getattr(args, "file", None)), file=sys.stderr)
        return 1
    print(text)
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(name).add_parser(commands)
    return parser


def _sentence(error: DataError, file: Path | None) -> str:
    place = [] if file is None else [str(file)]
    if error.row is not None:
        text_file = file is not None and file.suffix.lower() != ".parquet"
        line = f" (line {line_of(file, error.row)})" if file and text_file else ""
        place.append(f"row {error.row + 1}{line}")
    if error.column is not None:
        place.append(f"column {error.column}")
    return f"{', '.join(place)}: {error.message}." if place else f"{error.message}."

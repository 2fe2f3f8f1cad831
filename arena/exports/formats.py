"""The kinds of export: each turns votes into named files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from arena.core.errors import UserError
from arena.exports.data import ExportData, shown
from arena.exports.highlights import HIGHLIGHT_NAMES, highlight_columns_csv, highlight_rows
from arena.exports.readme import readme
from arena.exports.schema import NAMES, as_csv, as_jsonl, cells, columns_csv
from arena.studies.formats import case_text

Files = dict[str, bytes]


@dataclass(frozen=True)
class Format:
    """``build`` gives the data files; README and checksums are added to each."""

    title: str
    summary: str
    build: Callable[[ExportData], Files]


def files_of(name: str, data: ExportData) -> Files:
    """Every file of an export by name: data, README.md, SHA256SUMS. Same data, same bytes."""
    chosen = format_named(name)
    files = chosen.build(data)
    files["README.md"] = readme(data, title=chosen.title, files=sorted(files)).encode()
    sums = [f"{hashlib.sha256(files[file]).hexdigest()}  {file}\n" for file in sorted(files)]
    return files | {"SHA256SUMS": "".join(sums).encode()}


def format_named(name: str) -> Format:
    if name not in FORMATS:
        raise UserError(f"There is no export format {name!r}; there are {', '.join(FORMATS)}.")
    return FORMATS[name]


def _votes_csv(data: ExportData) -> Files:
    return _votes(data, "csv", as_csv)


def _votes_jsonl(data: ExportData) -> Files:
    return _votes(data, "jsonl", lambda names, rows: as_jsonl(rows))


def _votes(data: ExportData, suffix: str, write: Callable[..., bytes]) -> Files:
    """``votes`` for the first criterion, ``votes-KEY`` for the others, and those left out.

    One file per criterion, so that a reader who knows nothing of criteria does not pool them.
    """
    background = data.background()
    files = {"columns.csv": columns_csv()}
    for key, votes in data.votes.items():
        stem = "votes" if key == data.headline else f"votes-{key}"
        rows = [cells(row, background) for row in votes.counted]
        files[f"{stem}.{suffix}"] = write(NAMES, rows)
    left_out = [
        cells(row, background) | {"excluded_because": reason.value}
        for votes in data.votes.values()
        for row, reason in votes.excluded
    ]
    files[f"excluded.{suffix}"] = write((*NAMES, "excluded_because"), left_out)
    marked = list(highlight_rows(data))
    if marked:
        files["highlights-columns.csv"] = highlight_columns_csv()
        files[f"highlights.{suffix}"] = write(HIGHLIGHT_NAMES, marked)
    return files


def _preferences(data: ExportData) -> Files:
    """TRL's standard preference format; ties and "both unacceptable" prefer neither."""
    rows = [row for row in data.votes[data.headline].counted if row.winner]
    outputs = shown(study=data.study)
    pairs = []
    for row in rows:
        if row.comparison not in outputs:
            continue
        content, records = outputs[row.comparison]
        loser = row.right if row.winner == row.left else row.left
        pairs.append(
            {
                "prompt": f"{data.protocol.question}\n\n{_case(data, content)}",
                "chosen": _text(records[row.winner or ""], "an output"),
                "rejected": _text(records[loser], "an output"),
            }
        )
    return {"preferences.jsonl": as_jsonl(pairs)}


def _case(data: ExportData, content: dict[str, Any]) -> str:
    return _text({"text": case_text(data.protocol.input_kind, content)}, "a case")


def _text(record: dict[str, Any], what: str) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise UserError(
            f"Preference pairs need text, and {what} of this study is none: "
            "export the votes instead."
        )
    return text


FORMATS: dict[str, Format] = {
    "votes-csv": Format("Votes, CSV", "One row per vote, for spreadsheets and R.", _votes_csv),
    "votes-jsonl": Format(
        "Votes, JSON Lines", "The same rows and columns, one JSON object each.", _votes_jsonl
    ),
    "trl-preference": Format(
        "Preference pairs, TRL",
        "prompt, chosen and rejected for preference training; text outputs only.",
        _preferences,
    ),
}

"""Measurements over time, at even or uneven times, as one array with the times in front."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.number_tables import NumberTable, even_signals, named, number_table
from arena.studies.readers.signals import Signals, check_signals, npy_bytes

SERIES = "series"
MOST_SHOWN = 24
"""Channels; each has a row of its own on the page."""


def measured(files: Sequence[SourceFile], options: Mapping[str, str]) -> NewAsset:
    """(row, 1 + channel): seconds from the first row, then values, NaN where there is none."""
    file = files[0]
    table = named(number_table(file), options.get("channels", ""), (), file.name)
    if table.times is None:
        table = _timed(table, options, file.name)
    if len(table.names) > MOST_SHOWN:
        raise RowError(
            f"has {len(table.names)} channels; at most {MOST_SHOWN} are shown", file.name
        )
    check_signals(Signals(table.names, 1.0, table.values.T), file.name)
    assert table.times is not None  # noqa: S101  given, or made from the rate
    rows = np.column_stack([table.times, table.values])
    meta = {
        "channels": list(table.names),
        "rows": len(rows),
        "seconds": round(float(table.times[-1]), 6),
        "ranges": [_ends(table.values[:, i]) for i in range(len(table.names))],
    }
    return NewAsset(SERIES, "application/x-npy", npy_bytes(rows), meta)


def _timed(table: NumberTable, options: Mapping[str, str], name: str) -> NumberTable:
    rate = even_signals(table, options, name).rate
    return replace(table, times=np.arange(len(table.values)) / rate)


def _ends(column: np.ndarray) -> list[float]:
    return [float(f"{end:.6g}") for end in (np.nanmin(column), np.nanmax(column))]

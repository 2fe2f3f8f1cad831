"""Tables of numbers that were made to do harm are refused, by place and without much memory."""

import json
import tracemalloc

import pytest

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.number_tables import number_table

HUGE = "1" + "0" * 400


@pytest.mark.parametrize(
    "text",
    [
        f'{{"time": [0, 1], "a": [1, {HUGE}]}}',
        f'{{"time": [0, {HUGE}], "a": [1, 2]}}',
        '{"time": [0, NaN], "a": [1, 2]}',
        '{"time": [0, Infinity], "a": [1, 2]}',
        '[{"time": [1], "name": "a", "value": 1}]',
        '[{"time": NaN, "name": "a", "value": 1}]',
    ],
)
def test_what_is_no_number_and_no_time_is_refused(text: str) -> None:
    with pytest.raises(RowError, match=r"is no number|seconds"):
        number_table(SourceFile("x.json", text.encode()))


def test_few_rows_that_would_make_many_gaps_are_refused_before_they_are_made() -> None:
    rows = [{"time": n, "name": f"channel {n}", "value": 1} for n in range(2000)]
    file = SourceFile("x.json", json.dumps(rows).encode())
    tracemalloc.start()
    try:
        with pytest.raises(RowError, match="more than"):
            number_table(file)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()

"""``python -m workers.probes MODEL TABLE --out FILE.npz``: a training set from labelled files.

TABLE is CSV with the columns ``file`` (text or image, beside the table), ``label`` or ``time`` and
``event``, and maybe ``group`` (patient, site) and ``bag`` (slide).
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from workers.adapters.base import AdapterError, Ask, Part
from workers.adapters.local_model import LocalModel
from workers.adapters.probes import ImageProbe, Probe, TextProbe

TEXTS = {".txt", ".md"}
Row = dict[str, str]


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.probes", description=__doc__)
    parser.add_argument("model", help="folder of the encoder, or its name in the local Hub cache")
    parser.add_argument("table", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--revision", default="")
    parser.add_argument("--pooling", choices=["first", "mean"], default="first")
    given = parser.parse_args(words)
    try:
        rows = table_rows(given.table)
        arrays = embedded(rows, given.table.parent, given.model, given.revision, given.pooling)
    except AdapterError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    np.savez_compressed(given.out, **arrays)  # type: ignore[arg-type]
    print(f"{len(arrays['embeddings'])} embeddings in {given.out}.")  # noqa: T201
    return 0


def table_rows(path: Path) -> list[Row]:
    """Raises ``AdapterError`` naming the row and column at fault."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AdapterError(f"{path} cannot be read: {error}.") from error
    if not rows or "file" not in rows[0] or not ({"label", "time"} & set(rows[0])):
        raise AdapterError(f"{path} needs the columns file, and label or time and event.")
    for number, row in enumerate(rows, start=2):
        if not row["file"] or not (path.parent / row["file"]).is_file():
            raise AdapterError(f"{path}, row {number}, column file: there is no {row['file']!r}.")
    return rows


def embedded(
    rows: list[Row], folder: Path, model: str, revision: str, pooling: str
) -> dict[str, np.ndarray]:
    """The arrays of a training set, one row per text or image (or tile of one)."""
    texts = Path(rows[0]["file"]).suffix.lower() in TEXTS
    probe: Probe = (TextProbe if texts else ImageProbe)(
        {"model": model, "pooling": pooling}, revision
    )
    LocalModel.load(probe)
    found = [_embedding(probe, folder / row["file"], texts) for row in rows]
    made_by = {"encoder": np.array(probe.checkpoint.weights), "pooling": np.array(pooling)}
    probe.close()
    counts = [len(each) for each in found]
    columns = {
        "labels": "label",
        "groups": "group",
        "bags": "bag",
        "time": "time",
        "event": "event",
    }
    arrays = {
        key: np.repeat([row[column] for row in rows], counts)
        for key, column in columns.items()
        if rows[0].get(column)
    }
    for key in {"time", "event"} & set(arrays):
        arrays[key] = arrays[key].astype(float)
    return {"embeddings": np.concatenate(found).astype(np.float32), **arrays, **made_by}


def _embedding(probe: Probe, path: Path, text: bool) -> np.ndarray:
    import torch

    data = path.read_bytes()
    part = (
        Part("text", data.decode(errors="replace"))
        if text
        else Part("image", data, path.name, "image/png")
    )
    with torch.inference_mode():
        return probe.embedded(Ask("", "", (part,), "label-probabilities"))


if __name__ == "__main__":
    sys.exit(main())

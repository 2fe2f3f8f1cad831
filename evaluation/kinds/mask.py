"""Regions of an image or a volume, one mask per named object."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.kinds.rle import Mask, rle_decode, rle_spans, rle_tidy
from evaluation.scores.masks import dice, iou

MOST_PIXELS_A_SIDE = 8192
MOST_OBJECTS = 256
MOST_LABELS_OF_A_VOLUME = 120
"""Both sides' labels together are numbered in one byte."""
MOST_PIXELS_OF_ALL = 400_000_000
"""Of all objects of an image together: what runs pack into bytes is unpacked to be shown."""
MOST_VOXELS = 2**27
SIZES = ("width", "height", "depth")


class SegmentationMask:
    """``{"width": int, "height": int, "objects": [{"label": str, "counts": [int, …]}, …]}``.

    ``counts`` are run lengths row by row, beginning with background; they sum to width × height.
    A mask of a volume also has ``depth``, and its runs go on slice by slice from the feet to the
    head; there rows run from back to front, columns from the patient's left to the right, and no
    voxel has two labels.
    """

    key = "mask"
    title = "Segmentation mask"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        deep = case.extra.get("depth") is not None
        required = [*SIZES[: 3 if deep else 2], "objects"]
        optional = [] if deep or case.width else ["depth"]
        checks.fields(record, "", required=required, optional=optional)
        sizes = {name: _side(record[name], name, case) for name in SIZES if name in record}
        objects = checks.items(record["objects"], "objects", most=MOST_OBJECTS)
        _check_room(sizes, len(objects))
        pixels = int(np.prod(list(sizes.values())))
        found = [_object(item, f"objects[{i}]", sizes, pixels) for i, item in enumerate(objects)]
        if "depth" in sizes:
            _check_apart(found)
        return {**sizes, "objects": found}

    def is_empty(self, record: Record) -> bool:
        return not any(sum(item["counts"][1::2]) for item in record["objects"])

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Dice and intersection over union, averaged over the labels in either record."""
        labels = sorted({*labels_of(record), *labels_of(reference)})
        pairs = [(mask_of(record, label), mask_of(reference, label)) for label in labels]
        return {
            "dice": float(np.mean([dice(a, b) for a, b in pairs] or [1.0])),
            "iou": float(np.mean([iou(a, b) for a, b in pairs] or [1.0])),
        }


def labels_of(record: Record) -> set[str]:
    return {item["label"] for item in record["objects"]}


def mask_of(record: Record, label: str) -> Mask:
    """The (height, width) or (depth, height, width) mask of a label; nothing where it has none."""
    shape = tuple(record[name] for name in reversed(SIZES) if name in record)
    mask = np.zeros(shape, dtype=bool)
    for item in record["objects"]:
        if item["label"] == label:
            counts, height = item["counts"], mask.size // record["width"]
            mask |= rle_decode(counts, width=record["width"], height=height).reshape(shape)
    return mask


def masks_by_label(record: Record) -> dict[str, Mask]:
    """Label → mask; objects of one label are joined. In order of label."""
    return {label: mask_of(record, label) for label in sorted(labels_of(record))}


def label_volume(record: Record, numbers: Mapping[str, int]) -> NDArray[np.uint8]:
    """The number of each voxel's label, as (depth, height, width); 0 where there is none."""
    shape = record["depth"], record["height"], record["width"]
    steps = np.zeros(int(np.prod(shape)) + 1, dtype=np.int16)
    for item in record["objects"]:
        starts, ends = rle_spans(item["counts"])
        steps[starts] += numbers[item["label"]]
        steps[ends] -= numbers[item["label"]]
    return np.cumsum(steps[:-1], dtype=np.int16).astype(np.uint8).reshape(shape)


def record_of_volume(values: NDArray[np.integer[Any]], names: Mapping[int, str]) -> Record:
    """A label volume (depth, height, width) as a record; 0 is background, others are named."""
    depth, height, width = values.shape
    flat = np.ascontiguousarray(values).ravel()
    changes = np.flatnonzero(np.diff(flat, prepend=0)) if flat.size else np.array([], dtype=int)
    ends = np.append(changes[1:], flat.size)
    found = flat[changes]
    objects = [
        {"label": names[int(number)], "counts": _runs(changes, ends, found == number, flat.size)}
        for number in sorted({int(n) for n in found} - {0})
    ]
    return {"width": width, "height": height, "depth": depth, "objects": objects}


def _runs(
    starts: NDArray[np.int64], ends: NDArray[np.int64], own: Mask, size: int
) -> Sequence[int]:
    edges = np.column_stack([starts[own], ends[own]]).ravel()
    return rle_tidy(np.diff(edges, prepend=0, append=size).tolist())


def _side(value: Any, name: str, case: CaseFacts) -> int:
    size = checks.whole(value, name, least=1, most=MOST_PIXELS_A_SIDE)
    known = {"width": case.width, "height": case.height, "depth": case.extra.get("depth")}
    if known[name] is not None and size != known[name]:
        what = "volume" if known["depth"] is not None else "image"
        raise RecordError(name, f"is {size}, but the {what} has {known[name]}")
    return size


def _check_room(sizes: Mapping[str, int], objects: int) -> None:
    pixels = int(np.prod(list(sizes.values())))
    if "depth" in sizes:
        if pixels > MOST_VOXELS:
            raise RecordError("depth", f"makes more than {MOST_VOXELS:,} voxels")
        if objects > MOST_LABELS_OF_A_VOLUME:
            most = MOST_LABELS_OF_A_VOLUME
            raise RecordError("objects", f"are {objects}; at most {most} fit a volume")
    elif objects * pixels > MOST_PIXELS_OF_ALL:
        problem = f"are too many for an image this large: at most {MOST_PIXELS_OF_ALL:,} pixels"
        raise RecordError("objects", f"{problem} in all objects together")


def _object(item: Any, field: str, sizes: Mapping[str, int], pixels: int) -> Record:
    checks.fields(item, field, required=["label", "counts"])
    label = checks.word(item["label"], f"{field}.label")
    counts = checks.items(item["counts"], f"{field}.counts", most=pixels + 1)
    runs = [checks.whole(run, f"{field}.counts[{i}]") for i, run in enumerate(counts)]
    if sum(runs) != pixels:
        size = " × ".join(str(side) for side in sizes.values())
        raise RecordError(f"{field}.counts", f"sum to {sum(runs):,}; {size} are {pixels:,}")
    return {"label": label, "counts": rle_tidy(runs)}


def _check_apart(objects: Sequence[Record]) -> None:
    """That no voxel has two labels, as in the label maps of volumes; tells the first that does."""
    spans = [(*rle_spans(item["counts"]), i) for i, item in enumerate(objects)]
    starts = np.concatenate([s for s, _, _ in spans] or [np.array([], dtype=np.int64)])
    ends = np.concatenate([e for _, e, _ in spans] or [np.array([], dtype=np.int64)])
    owner = np.concatenate([np.full(len(s), i) for s, _, i in spans] or [np.array([], dtype=int)])
    order = np.argsort(starts, kind="stable")
    reach = np.maximum.accumulate(ends[order])[:-1]
    meets = np.flatnonzero(starts[order][1:] < reach)
    if meets.size:
        later = int(owner[order][meets[0] + 1])
        problem = "covers voxels that another label has: in a volume each voxel has one"
        raise RecordError(f"objects[{later}].counts", problem)


KIND = SegmentationMask()

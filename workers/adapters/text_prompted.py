"""Masks of what words name: a zero-shot detector finds boxes, a model of SAM's kind outlines each.

Two checkpoints in a row, because SAM itself understands no words, and SAM 3, which does, needs
torchvision, which no worker is required to have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

import numpy as np

from evaluation.kinds.rle import rle_decode, rle_encode
from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Part, Record, Result
from workers.adapters.registry import adapter_for

SHARED = ("dtype", "attention", "time_limit")
MOST_BOXES = 100


class TextPromptedSegmentation(Adapter):
    """``classes``: what to look for; ``detector`` (OWLv2, Grounding DINO) with ``threshold``, and
    ``model`` (SAM). Regions of one class are one mask."""

    heavy = True
    batch = 8

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        held = {name: self.config[name] for name in SHARED if name in self.config}
        finds = {name: self.config[name] for name in ("classes", "threshold") if name in config}
        detector = {**held, **finds, "model": self.config["detector"]}
        revised = str(self.config.get("detector_revision") or "")
        self._detector = adapter_for("zero-shot-detection", detector, revised)
        outlines = {**held, "model": self.config["model"]}
        self._outliner = adapter_for("prompted-segmentation", outlines, revision)

    def load(self) -> None:
        self._detector.load()
        try:
            self._outliner.load()
        except BaseException:
            self._detector.close()
            raise

    def close(self) -> None:
        self._detector.close()
        self._outliner.close()

    def needs(self) -> int:
        return self._detector.needs() + self._outliner.needs()

    def holds(self) -> Mapping[str, int]:
        return {**self._detector.holds(), **self._outliner.holds()}

    def identity(self) -> dict[str, Any]:
        inner = {"detector": self._detector.identity(), "outliner": self._outliner.identity()}
        return {**super().identity(), **inner}

    @property
    def checkpoint(self) -> Any:
        """Whose card and commit the system's are: the one that draws."""
        return getattr(self._outliner, "checkpoint", None)

    def answer(self, ask: Ask) -> Answer:
        (found,) = self.answer_batch([ask])
        if isinstance(found, AdapterError):
            raise found
        return found

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer | AdapterError]:
        wanted = [replace(ask, output_kind="boxes") for ask in asks]
        found = {id(result.ask): result for result in self._detector.results(wanted)}
        return [self._outlined(ask, found[id(put)]) for ask, put in zip(asks, wanted, strict=True)]

    def _outlined(self, ask: Ask, detected: Result) -> Answer | AdapterError:
        if detected.answer is None:
            return detected.error or AdapterError("The detector gave no answer.")
        boxes = sorted(detected.answer.record["boxes"], key=lambda box: -box["score"])[:MOST_BOXES]
        puts = [
            replace(ask, parts=(_prompt(box), *ask.images), output_kind="mask") for box in boxes
        ]
        results = {id(result.ask): result for result in self._outliner.results(puts)}
        masks: list[tuple[str, Record]] = []
        for box, put in zip(boxes, puts, strict=True):
            result = results[id(put)]
            if result.answer is None:
                return result.error or AdapterError("No mask came back for a box.")
            masks.append((box["label"], result.answer.record))
        known = {**detected.answer.provenance, "boxes": boxes}
        return Answer(_joined(masks, ask.images[0].meta), known)


def _prompt(box: Record) -> Part:
    """The box in whole pixels around it, as the outlining model is told."""
    left, top = floor(box["x"]), floor(box["y"])
    right, bottom = ceil(box["x"] + box["w"]), ceil(box["y"] + box["h"])
    return Part("text", f"box: {left}, {top}, {right}, {bottom}", name="text")


def _joined(masks: Sequence[tuple[str, Record]], meta: Mapping[str, Any]) -> Record:
    """One object a class, in the order in which the surest box of each was found."""
    size = {"width": int(meta["width"]), "height": int(meta["height"])}
    whole: dict[str, np.ndarray] = {}
    for label, record in masks:
        mask = rle_decode(record["objects"][0]["counts"], **size)
        whole[label] = whole[label] | mask if label in whole else mask
    objects = [{"label": label, "counts": rle_encode(mask)} for label, mask in whole.items()]
    return {**size, "objects": objects}

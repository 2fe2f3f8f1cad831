"""Phrases linked to boxes of an image, against reference phrases and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from evaluation.scores.boxes import Box
from evaluation.scores.masks import dice
from evaluation.scores.text import token_f1

Phrase = tuple[str, Sequence[Box]]
ALIKE = 0.5
"""F1 of tokens from which two phrases speak of the same."""
FINEST = 512
"""Columns or rows of the grid on which regions are compared, at most."""


def linked_dice(found: Sequence[Phrase], true: Sequence[Phrase], width: int, height: int) -> float:
    """Mean Dice of each reference phrase's boxes with those of the phrase most like it.

    0 for a reference phrase that no phrase is like; NaN without reference phrases. Source: the
    measure of grounded reports in Zhang et al. (2024), arXiv:2404.16754 (RadGenome-Chest CT).
    """
    scale = min(1.0, FINEST / max(width, height))
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    parts = [_best(phrase, found, shape, scale) for phrase in true]
    return float(np.mean(parts)) if parts else nan


def _best(phrase: Phrase, found: Sequence[Phrase], shape: tuple[int, int], scale: float) -> float:
    alike = [(token_f1(words, phrase[0]), boxes) for words, boxes in found]
    near = [pair for pair in alike if pair[0] >= ALIKE]
    if not near:
        return 0.0
    most = max(score for score, _ in near)
    masks = [_mask(boxes, shape, scale) for score, boxes in near if score == most]
    wanted = _mask(phrase[1], shape, scale)
    return max(dice(mask, wanted) for mask in masks)


def _mask(boxes: Sequence[Box], shape: tuple[int, int], scale: float) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    for box in boxes:
        left, top = int(box.x * scale), int(box.y * scale)
        right, bottom = (int(np.ceil(end * scale)) for end in (box.x + box.w, box.y + box.h))
        mask[top:bottom, left:right] = True
    return mask

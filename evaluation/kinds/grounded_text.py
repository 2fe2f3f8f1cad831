"""A text whose phrases are linked to places in the case's image."""

import re
from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.boxes import Box
from evaluation.scores.grounding import linked_dice

MOST_REGIONS = 100
MOST_LINKS = 500
SENTENCE = re.compile(r"[^.!?\n]*[^.!?\s][^.!?\n]*[.!?]*")


class GroundedText:
    """``{"text": str, "regions": [{"id", "x", "y", "w", "h"}, …], "links": [{"start", "end",
    "region"}, …]}``.

    Offsets count characters of ``text``, ``end`` exclusive; boxes are in pixels of the image. A
    phrase may be linked to several regions, and every region must be linked. The text is shown as
    it is, without formatting.
    """

    key = "grounded-text"
    title = "Text linked to an image"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text", "regions", "links"])
        text = checks.text(record["text"], "text")
        size = regions.image_size(case, "regions")
        given = checks.items(record["regions"], "regions", most=MOST_REGIONS)
        found = [_region(item, f"regions[{i}]", size) for i, item in enumerate(given)]
        checks.once([region["id"] for region in found], "regions", "id")
        links = checks.items(record["links"], "links", most=MOST_LINKS)
        ids = {region["id"] for region in found}
        linked = {_link(item, f"links[{i}]", len(text), ids) for i, item in enumerate(links)}
        for i, region in enumerate(found):
            if region["id"] not in {link[2] for link in linked}:
                raise RecordError(f"regions[{i}].id", "is not linked to any phrase")
        return {
            "text": text,
            "regions": sorted(found, key=lambda region: _first_mention(region, linked)),
            "links": [{"start": s, "end": e, "region": r} for s, e, r in sorted(linked)],
        }

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Dice of the regions of like phrases, and the share of sentences without a link."""
        size = regions.image_size(case, "regions")
        return {
            "linked_dice": linked_dice(phrases(record), phrases(reference), *size),
            "ungrounded_rate": _ungrounded(record),
        }


def phrases(record: Record) -> list[tuple[str, list[Box]]]:
    """Each linked phrase with the boxes it is linked to, in order of place."""
    boxes = {r["id"]: Box(r["x"], r["y"], r["w"], r["h"]) for r in record["regions"]}
    found: dict[tuple[int, int], list[Box]] = {}
    for link in record["links"]:
        found.setdefault((link["start"], link["end"]), []).append(boxes[link["region"]])
    return [(record["text"][start:end], own) for (start, end), own in found.items()]


def _first_mention(region: Record, links: set[tuple[int, int, str]]) -> tuple[int, str]:
    return min(start for start, _, name in links if name == region["id"]), region["id"]


def _ungrounded(record: Record) -> float:
    """0 for a text without a sentence."""
    sentences = [match.span() for match in SENTENCE.finditer(record["text"])]
    bare = [
        (start, end)
        for start, end in sentences
        if not any(link["start"] < end and start < link["end"] for link in record["links"])
    ]
    return len(bare) / len(sentences) if sentences else 0.0


def _region(item: Any, field: str, size: regions.Size) -> Record:
    checks.fields(item, field, required=["id", "x", "y", "w", "h"])
    return {"id": checks.word(item["id"], f"{field}.id"), **regions.box(item, field, size)}


def _link(item: Any, field: str, length: int, ids: set[str]) -> tuple[int, int, str]:
    checks.fields(item, field, required=["start", "end", "region"])
    start = checks.whole(item["start"], f"{field}.start")
    end = checks.whole(item["end"], f"{field}.end")
    if end <= start:
        raise RecordError(f"{field}.end", f"is {end}; it must lie after start {start}")
    if end > length:
        raise RecordError(f"{field}.end", f"is {end}, but the text has {length} characters")
    region = checks.word(item["region"], f"{field}.region")
    if region not in ids:
        raise RecordError(f"{field}.region", f"names a region {region!r} that is not there")
    return start, end, region


KIND = GroundedText()

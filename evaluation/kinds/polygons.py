"""Irregular regions of an image, by their corners."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.masks import dice, iou
from evaluation.scores.polygons import polygon_mask, ring_area

MOST_REGIONS = 500
MOST_CORNERS = 20_000
FINEST = 1024
"""Columns or rows of the grid on which regions are scored, at most."""


class Polygons:
    """``{"regions": [{"label", "rings": [[[x, y], …], …], "score"}, …]}``, in pixels of the image.

    The first ring is the outline, further ones are holes; ``score`` may be left out. A GeoJSON
    ``FeatureCollection`` of polygons is taken as well (as QuPath writes it): a feature's label is
    its ``label``, ``name`` or ``classification``; its other properties are not kept.
    """

    key = "polygons"
    title = "Outlined regions"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        if isinstance(record, Mapping) and record.get("type") == "FeatureCollection":
            record = {"regions": list(_from_geojson(record))}
        checks.fields(record, "", required=["regions"])
        size = regions.image_size(case, "regions")
        given = checks.items(record["regions"], "regions", most=MOST_REGIONS)
        found = [_region(item, f"regions[{i}]", size) for i, item in enumerate(given)]
        if sum(len(ring) for region in found for ring in region["rings"]) > MOST_CORNERS:
            raise RecordError("regions", f"have more than {MOST_CORNERS:,} corners together")
        return {"regions": sorted(found, key=lambda region: (region["label"], region["rings"]))}

    def is_empty(self, record: Record) -> bool:
        """Never: to find nothing is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Dice and intersection over union of the pixels, averaged over the labels of either."""
        width, height = regions.image_size(case, "regions")
        scale = min(1.0, FINEST / max(width, height))
        grid = (max(1, round(width * scale)), max(1, round(height * scale)), scale)
        got, wanted = _masks(record, *grid), _masks(reference, *grid)
        nothing = np.zeros((grid[1], grid[0]), dtype=bool)
        pairs = [(got.get(k, nothing), wanted.get(k, nothing)) for k in {*got, *wanted}]
        return {
            "dice": float(np.mean([dice(a, b) for a, b in pairs] or [1.0])),
            "iou": float(np.mean([iou(a, b) for a, b in pairs] or [1.0])),
        }


def area(region: Record) -> float:
    """Square pixels inside the outline and outside the holes."""
    outline, *holes = (ring_area(ring) for ring in region["rings"])
    return max(0.0, outline - sum(holes))


def _masks(record: Record, width: int, height: int, scale: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for region in record["regions"]:
        mask = polygon_mask(region["rings"], width, height, scale)
        found[region["label"]] = found.get(region["label"], False) | mask
    return found


def _region(item: Any, field: str, size: regions.Size) -> Record:
    checks.fields(item, field, required=["label", "rings"], optional=["score"])
    label = checks.word(item["label"], f"{field}.label")
    rings = checks.items(item["rings"], f"{field}.rings", most=1_000)
    if not rings:
        raise RecordError(f"{field}.rings", "needs an outline")
    found = [_ring(ring, f"{field}.rings[{i}]", size) for i, ring in enumerate(rings)]
    return {"label": label, "rings": found, **regions.score(item, field)}


def _ring(ring: Any, field: str, size: regions.Size) -> list[list[float]]:
    """Without the repeated last corner that GeoJSON closes rings with."""
    given = checks.items(ring, field, most=MOST_CORNERS)
    corners = [list(regions.point(pair, f"{field}[{i}]", size)) for i, pair in enumerate(given)]
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) < 3:
        raise RecordError(field, f"has {len(corners)} corners; a region needs at least 3")
    if ring_area(corners) == 0:
        raise RecordError(field, "has no area")
    return corners


def _from_geojson(record: Mapping[str, Any]) -> Iterator[Record]:
    features = checks.items(record.get("features"), "features", most=MOST_REGIONS)
    for i, feature in enumerate(features):
        field = f"features[{i}]"
        geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
        if not isinstance(geometry, Mapping):
            raise RecordError(f"{field}.geometry", "must be a Polygon or a MultiPolygon")
        label = _geojson_label(feature.get("properties"), field)
        for rings in _polygons(geometry, f"{field}.geometry"):
            yield {"label": label, "rings": rings}


def _polygons(geometry: Mapping[str, Any], field: str) -> list[Any]:
    kind = checks.one_of(geometry.get("type"), f"{field}.type", ("Polygon", "MultiPolygon"))
    parts = geometry.get("coordinates")
    many = [parts] if kind == "Polygon" else parts
    return checks.items(many, f"{field}.coordinates", most=MOST_REGIONS)


def _geojson_label(properties: Any, field: str) -> Any:
    known = properties if isinstance(properties, Mapping) else {}
    classified = known.get("classification")
    named = classified.get("name") if isinstance(classified, Mapping) else None
    label = known.get("label") or named or known.get("name")
    if label is None:
        raise RecordError(f"{field}.properties.label", "is missing")
    return label


KIND = Polygons()

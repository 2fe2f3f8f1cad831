"""Entities and typed relations between them: a table of edges and, where it is small, a drawing."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from arena.core.errors import RowError
from arena.studies.drawings import graph
from arena.studies.formats.base import AssetUrl, Content, FileRule, Found, Made
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from evaluation.kinds import checks

MOST_EDGES, MOST_DRAWN = 2000, 40
DRAWING = "graph"
NEEDED, OPTIONAL = ("source", "relation", "target"), ("source_type", "target_type")


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    """Edges, one a row, as CSV or JSON Lines."""
    if not files:
        return Found({})
    file = files[0]
    try:
        text = file.data.decode("utf-8-sig")
        if file.name.lower().endswith((".jsonl", ".ndjson")):
            rows: list[Any] = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            rows = [
                {key: value for key, value in row.items() if value}
                for row in csv.DictReader(io.StringIO(text))
            ]
    except (ValueError, RecursionError, csv.Error) as error:
        raise RowError("is no CSV or JSON Lines file of edges", file.name) from error
    return Found({"edges": rows})


class KnowledgeGraph(Structured):
    key: str = "knowledge-graph"
    title: str = "Knowledge graph"
    accepts: str = (
        "CSV or JSON Lines files with the columns source, relation, target and, if known, "
        "source_type and target_type, one graph each; or a table cases.jsonl whose rows hold "
        "“edges”."
    )
    fields: tuple[str, ...] = ("caption", "edges")
    parsed: tuple[str, ...] = ("edges",)
    files: FileRule | None = FileRule(read, own_tables=True, needed=False)
    template: str = "studies/formats/knowledge-graph.html"

    def clean(self, content: Content) -> Content:
        edges = checks.items(content.get("edges"), "edges", most=MOST_EDGES)
        if not edges:
            raise CaseError("edges", "are empty")
        return {"edges": [_edge(edge, f"edges[{i}]") for i, edge in enumerate(edges)]}

    def text(self, content: Content) -> str:
        return "\n".join(
            f"{_named(edge, 'source')} -- {edge['relation']} -> {_named(edge, 'target')}"
            for edge in content["edges"]
        )

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        edges = version.content["edges"]
        nodes = graph.nodes_of(edges)
        drawing = {"url": asset_url(DRAWING), "width": graph.WIDTH, "height": graph.HEIGHT}
        return {
            "caption": version.content["caption"],
            "edges": edges,
            "nodes": len(nodes),
            "drawing": drawing if len(nodes) <= MOST_DRAWN else None,
        }

    def made(self, version: CaseVersion, name: str) -> Made | None:
        edges = version.content["edges"]
        if name != DRAWING or len(graph.nodes_of(edges)) > MOST_DRAWN:
            return None
        return Made(graph.drawing(edges), "image/svg+xml")


def _edge(edge: Any, field: str) -> Content:
    checks.fields(edge, field, required=NEEDED, optional=OPTIONAL)
    names = [name for name in (*NEEDED, *OPTIONAL) if edge.get(name) not in (None, "")]
    for name in NEEDED:
        if name not in names:
            raise CaseError(f"{field}.{name}", "is empty")
    return {name: checks.word(str(edge[name]), f"{field}.{name}", most=200) for name in names}


def _named(edge: Mapping[str, Any], end: str) -> str:
    kind = edge.get(f"{end}_type")
    return f"{edge[end]} ({kind})" if kind else str(edge[end])


FORMAT = KnowledgeGraph()

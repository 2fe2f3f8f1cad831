"""How an answer came about, in words and in order, for the page of one answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.generations.models import Generation
from arena.generations.spending import money
from arena.generations.templatetags.figures import few

HALF = frozenset({"float16", "bfloat16"})
PLACES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("What was asked", (
        ("System version", "system_version.number"),
        ("Its digest", "system_version.digest"),
        ("Case version", "case_version"),
        ("Its digest", "case_digest"),
        ("Prompt as sent, SHA-256", "prompt_sha256"),
        ("Request as sent, SHA-256", "sent_sha256"),
        ("Template, SHA-256", "template_sha256"),
        ("Token ids, SHA-256", "token_ids_sha256"),
        ("Decoding", "decoding"),
        ("Seed", "seed"),
        ("Files not sent", "files_not_sent"),
    )),
    ("Where and with what", (
        ("Device", "device"),
        ("Precision", "dtype"),
        ("Attention", "attention"),
        ("Batching", "batching"),
        ("Cases in the batch", "batch"),
        ("Worker", "worker.name"),
        ("Processor", "worker.processor"),
        ("Libraries", "identity.versions"),
        ("CUDA", "identity.cuda"),
        ("Commit", "identity.commit"),
        ("Server said it was", "served"),
        ("Confined by", "sandbox"),
    )),
    ("How long and how much", (
        ("Waited in the queue, s", "waited_seconds"),
        ("Loading the model, s", "load_seconds"),
        ("Waited for the engine, s", "queue_seconds"),
        ("Until the first token, s", "first_token_seconds"),
        ("Writing, s", "seconds"),
        ("Share of the device, s", "device_seconds"),
        ("Tokens in", "tokens_in"),
        ("of them cached", "tokens_cached"),
        ("Tokens out", "tokens_out"),
        ("of them thinking", "tokens_thinking"),
        ("Why it ended", "finish_reason"),
        ("Cut off", "truncated"),
        ("Attempt", "attempt"),
        ("Requests", "requests"),
        ("Energy, Wh (estimated)", "energy_wh_estimated"),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Facts under one heading: label and value, both as text."""

    title: str
    facts: list[tuple[str, str]]


def provenance_told(row: Generation) -> list[Told]:
    """What is known, by heading; what nobody told is left out."""
    told = [Told(title, _facts(row.provenance, places)) for title, places in PLACES]
    if row.cost is not None:
        told[-1].facts.append(("Cost", money(row.cost, row.cost_currency)))
    return [each for each in told if each.facts]


def company_note(known: Mapping[str, Any]) -> str:
    """What the others in a batch may have changed; empty where they change nothing."""
    batch = known.get("batch")
    if known.get("served"):
        return (
            "A server decides for itself what it computes together, so the same seed need not give "
            "the same words again."
        )
    if not isinstance(batch, int) or batch < 2 or known.get("dtype") not in HALF:
        return ""
    return (
        f"Computed together with {batch - 1} other case{'s' if batch > 2 else ''} in "
        f"{known['dtype']}. In half precision sums depend on what is computed beside them: asked "
        "alone, or in another batch, it may differ in its last bits and now and then in a word."
    )


def prompt_sent(known: Mapping[str, Any]) -> str:
    """The text of the prompt, as far as it is known."""
    return str(known.get("prompt_sent") or "")


def _facts(known: Mapping[str, Any], places: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    found = [(label, _at(known, place)) for label, place in places]
    return [(label, _text(value)) for label, value in found if value not in (None, "", [], {})]


def _at(known: Any, place: str) -> Any:
    for key in place.split("."):
        known = known.get(key) if isinstance(known, Mapping) else None
    return known


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return few(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(held)}" for key, held in value.items() if held is not None)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

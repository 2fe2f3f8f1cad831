"""Ways of asking a registered system differently; the code is in ``workers.strategies``."""

from arena.generations.adapter_info import ANY, AdapterInfo, Field

STRATEGIES = (
    ("few-shot", "Few-shot examples"),
    ("chain-of-thought", "Chain of thought"),
    ("choice-shuffling", "Choice shuffling"),
    ("self-consistency", "Self-consistency"),
    ("retrieval", "Retrieval (RAG)"),
    ("self-reflection", "Self-reflection"),
    ("team", "Team of roles"),
    ("perturbation", "Perturbation"),
    ("modality-drop", "Modality drop"),
    ("truncation", "Truncation"),
)

VARIANT = AdapterInfo(
    "variant",
    "Variant of a registered system",
    "The same system asked differently: with examples, passages, reasoning or less of the case.",
    ANY,
    ANY,
    (
        Field(
            "of", "System", "system", required=True,
            help="Its short name, with a version where it is not the newest, as in gemma-27b@2. "
            "Yours are offered as you type.",
        ),
        Field(
            "strategy", "Strategy", "choice", "What is done differently. Few-shot examples, "
            "retrieval, a team and a modality drop need options.",
            required=True, choices=STRATEGIES,
        ),
        Field(
            "options", "Options", "json",
            'As in {"demonstrations": [{"text": "Chest pain, ST elevation.", "answer": '
            '"Infarction"}]} for few-shot examples, {"corpus": "guidelines.jsonl"} for retrieval, '
            '{"roles": [{"name": "radiologist", "brief": "Look at the film."}]} for a team, '
            '{"drop": ["image"]} for a modality drop, {"samples": 5} for self-consistency and '
            'choice shuffling, {"change": "typos", "strength": 0.1} for a perturbation, '
            '{"fraction": 0.5, "keep": "start"} for a truncation. docs/variants.md explains each.',
        ),
    ),
    batch=16,
)  # fmt: skip

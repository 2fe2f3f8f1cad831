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
            "strategy", "Strategy", "choice", "What is done differently; docs/variants.md explains "
            "each.", required=True, choices=STRATEGIES,
        ),
        Field(
            "options", "Options", "json",
            'Of the strategy, as in {"samples": 5}; docs/variants.md has all.',
        ),
    ),
    batch=16,
)  # fmt: skip

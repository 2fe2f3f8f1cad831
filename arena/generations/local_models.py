"""Adapters whose weights are loaded by the workers; the code is in ``workers.adapters``."""

from arena.generations.adapter_info import ANY, AdapterInfo, Field, Sense
from arena.generations.sight import SIGHT

MODEL = Field(
    "model",
    "Model",
    required=True,
    help="Hub name or folder; pin its revision (a commit hash). Workers download nothing.",
)
DTYPE = Field(
    "dtype",
    "Numbers",
    "choice",
    default="auto",
    choices=(
        ("auto", "As stored"),
        ("bfloat16", "16 bit (bfloat16)"),
        ("float16", "16 bit (float16)"),
        ("float32", "32 bit"),
    ),
)
ATTENTION = Field(
    "attention",
    "Attention",
    "choice",
    "Flash attention needs a GPU and its package on the workers.",
    default="auto",
    choices=(
        ("auto", "What the model prefers"),
        ("sdpa", "PyTorch's"),
        ("eager", "Plain"),
        ("flash_attention_2", "Flash attention 2"),
        ("flash_attention_3", "Flash attention 3"),
    ),
)
RESOURCE = Field(
    "resource",
    "Runs on",
    "choice",
    default="gpu",
    choices=(("gpu", "GPU workers"), ("cpu", "CPU workers: small models only")),
)
WEIGHTS = (MODEL, DTYPE, ATTENTION, RESOURCE)
"""The settings that every adapter with weights of its own has."""

TALK = (
    Field(
        "system_prompt",
        "System prompt",
        "lines",
        help="Sent first. Summaries and answers are taken as the model writes them; for every "
        "other output the model must write the record as JSON, so say here what it looks like.",
    ),
    Field(
        "template_options",
        "Template options",
        "json",
        'For the chat template, as in {"enable_thinking": false}.',
    ),
    Field(
        "thinking_end",
        "End of thinking",
        help="The token after which the answer begins, where it is not &lt;/think&gt;.",
    ),
    Field(
        "find_refusals",
        "Find refusals",
        "yes-no",
        "Count a short answer that only declines as a refusal.",
        default=True,
    ),
)

LOCAL_MODELS = [
    AdapterInfo(
        "transformers-text",
        "Language model (transformers)",
        "A text model from the Hub or a folder, run by the workers; safetensors only.",
        ANY,
        ANY,
        (
            *WEIGHTS,
            *TALK,
            Field(
                "batching",
                "Batching",
                "choice",
                default="auto",
                choices=(
                    ("auto", "Continuous where the model can, else padded"),
                    ("continuous", "Continuous, or not at all"),
                    ("padded", "Padded batches of similar length"),
                    ("alone", "One case at a time"),
                ),
            ),
            Field(
                "in_flight",
                "At a time",
                "number",
                "How many cases are answered together; empty: 16, on a GPU 64.",
            ),
        ),
        resource="gpu",
        batch=32,
        sense=Sense.WORDS,
    ),
    AdapterInfo(
        "transformers-image-text",
        "Vision language model (transformers)",
        "A model that reads text and images, from the Hub or a folder; safetensors only.",
        ANY,
        ANY,
        (*WEIGHTS, *TALK, *SIGHT),
        resource="gpu",
        batch=16,
        sense=Sense.PICTURES,
    ),
]

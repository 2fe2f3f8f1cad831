"""Adapters whose weights are loaded by the workers; the code is in ``workers.adapters``."""

from arena.generations.adapter_info import ANY, AdapterInfo, Field, Sense
from arena.generations.decoding import LOCAL
from arena.generations.sight import SIGHT
from arena.generations.tool_fields import TOOLS

MODEL = Field(
    "model",
    "Hub id or folder",
    required=True,
    help="As in org/ward-llm, or a folder such as /models/ward-llm. The workers look in "
    "CONSILIUM_MODELS_DIR and the Hub's cache and download nothing themselves: have whoever runs "
    "them call “hf download” first.",
)
DTYPE = Field(
    "dtype",
    "Precision",
    "choice",
    "As stored is right for nearly all; 32 bit where every run must give the very same text.",
    default="auto",
    choices=(
        ("auto", "As stored"),
        ("bfloat16", "16 bit (bfloat16)"),
        ("float16", "16 bit (float16)"),
        ("float32", "32 bit"),
    ),
    rare=True,
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
    rare=True,
)
RESOURCE = Field(
    "resource",
    "Runs on",
    "choice",
    "Which workers load it. Up to a billion parameters a CPU will do.",
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
        help="Sent first, as in: You are a careful physician. Summaries and answers are taken as "
        "the model writes them; for every other output the model must write the record as JSON, "
        "so say here what it looks like.",
    ),
    Field(
        "template_options",
        "Template options",
        "json",
        'For the chat template, as in {"enable_thinking": false}.',
        rare=True,
    ),
    Field(
        "thinking_end",
        "End of thinking",
        help="The token after which the answer begins, where it is not </think>; as in [/THINK].",
        rare=True,
    ),
    Field(
        "find_refusals",
        "Find refusals",
        "yes-no",
        "Count a short answer that only declines as a refusal.",
        default=True,
        rare=True,
    ),
)

LOCAL_MODELS = [
    AdapterInfo(
        "transformers-text",
        "Language model (transformers)",
        "Llama, Qwen, Gemma, Mistral, Phi, medical ones made from them, and whatever else writes "
        "text.",
        ANY,
        ANY,
        (
            *WEIGHTS,
            *TALK,
            *TOOLS,
            Field(
                "batching",
                "Batching",
                "choice",
                "How cases share the model. The text is the same in all of these.",
                default="auto",
                choices=(
                    ("auto", "Continuous where the model can, else padded"),
                    ("continuous", "Continuous, or not at all"),
                    ("padded", "Padded batches of similar length"),
                    ("alone", "One case at a time"),
                ),
                rare=True,
            ),
            Field(
                "in_flight",
                "At a time",
                "number",
                "How many cases are answered together, as in 32. Empty: 16, on a GPU 64.",
                rare=True,
            ),
        ),
        resource="gpu",
        batch=32,
        sense=Sense.WORDS,
        group="weights",
        prompted=True,
        decoding=LOCAL,
    ),
    AdapterInfo(
        "transformers-image-text",
        "Vision language model (transformers)",
        "LLaVA, MedGemma, Qwen-VL and the like: text and images in, text out.",
        ANY,
        ANY,
        (*WEIGHTS, *TALK, *TOOLS, *SIGHT),
        resource="gpu",
        batch=16,
        sense=Sense.PICTURES,
        group="weights",
        prompted=True,
        decoding=LOCAL,
    ),
]

"""The decoding settings that adapters keep to, by the same words for all of them."""

LOCAL = (
    "max_tokens", "min_tokens", "temperature", "top_p", "top_k", "repetition_penalty",
    "no_repeat_ngram_size", "stop", "max_new_tokens", "max_completion_tokens", "seed",
)  # fmt: skip
BEAMS = (*LOCAL, "num_beams")
"""Of encoder-decoders, which may search for the likeliest text."""
SERVER = (
    "temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "stop",
    "frequency_penalty", "presence_penalty", "repetition_penalty", "reasoning_effort",
    "response_format", "chat_template_kwargs", "verbosity",
)  # fmt: skip
"""What chat servers are told; of each other word they would never hear."""

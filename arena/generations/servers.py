"""Systems that answer from a server: chat completions, and services with JSON of their own."""

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from arena.core.errors import UserError
from arena.generations.adapter_info import ANY, AdapterInfo, Field, Sense
from arena.generations.decoding import SERVER
from arena.generations.mapping import path_checked, record_checked, request_checked
from arena.generations.sight import SIGHT
from arena.generations.tool_fields import TOOLS

TAKEN_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding"})


def _address(value: Any) -> str:
    """An address that can be called; whether it may be, the workers decide."""
    try:
        found = urlsplit(str(value).strip())
        good = found.scheme in {"http", "https"} and found.hostname and found.port != 0
    except ValueError:
        good = False
    if not good or "@" in found.netloc:
        raise UserError(
            f"base_url: {str(value)!r} is not an address; write it as in https://api.example.org/v1"
        )
    return str(value).strip()


def chat_address(value: Any) -> str:
    """As ``_address``; what is asked for comes behind it, so the usual ending is taken off."""
    return re.sub(r"(/chat)?/completions/?$", "", _address(value))


def _header(value: Any) -> str:
    name = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name) or name.lower() in TAKEN_HEADERS:
        raise UserError(f"key_header: {name!r} cannot carry the key; write it as in X-API-Key.")
    return name


KEY_HEADER = Field(
    "key_header",
    "Key header",
    check=_header,
    help="Which header carries the key, as in X-API-Key. Empty: Authorization, as “Bearer …”.",
    rare=True,
)
KEY_VARIABLE = Field(
    "key_variable",
    "Key variable",
    help="For admins, in place of a stored key: the workers' variable, CONSILIUM_KEY_….",
    rare=True,
)
SERVERS = (
    AdapterInfo(
        "openai-compatible",
        "Chat server or API (OpenAI-compatible)",
        "vLLM, TGI, Ollama, LM Studio or a commercial API, asked by chat completions; with tools "
        "it is an agent.",
        ANY,
        ANY,
        (
            Field(
                "base_url",
                "Address",
                required=True,
                check=chat_address,
                help="Up to /v1, as in http://gpu1:8000/v1 (vLLM), http://localhost:11434/v1 "
                "(Ollama) or https://api.example.org/v1. The operator lists servers of your own "
                "network in CONSILIUM_INSIDE_ENDPOINTS.",
            ),
            Field(
                "model",
                "Model",
                required=True,
                help="The name the server knows it by, as in org/ward-llm or llama3.2:3b.",
            ),
            Field(
                "sees",
                "Sees pictures",
                "yes-no",
                "The model looks at images. Slices, frames, ECGs on paper and the like are then "
                "sent as pictures; otherwise it is asked only what words say in full.",
                default=False,
            ),
            KEY_HEADER,
            KEY_VARIABLE,
            Field(
                "system_prompt",
                "System prompt",
                "lines",
                help="Sent first, as in: You are a careful physician. Summaries and answers are "
                "taken as the model writes them; for every other output the model must write the "
                "record as JSON, so say here what it looks like.",
            ),
            *TOOLS,
            Field(
                "send_seed",
                "Send a seed",
                "yes-no",
                "So that servers which can repeat themselves do; off for those that refuse it.",
                default=True,
                rare=True,
            ),
            Field(
                "stream",
                "Stream",
                "yes-no",
                "Read the answer as it is written; off for servers that cannot.",
                default=True,
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
            Field(
                "image_side",
                "Largest image side",
                "number",
                "Pixels, as in 2048; larger images are made smaller before they are sent.",
                default=2048,
                rare=True,
            ),
            *SIGHT,
        ),
        resource="remote",
        batch=16,
        sense=Sense.PICTURES,
        group="server",
        prompted=True,
        decoding=SERVER,
    ),
    AdapterInfo(
        "http-json",
        "Service with its own JSON",
        "Sends each case by POST and takes the record from the reply, field by field.",
        ANY,
        ANY,
        (
            Field(
                "base_url",
                "Address",
                required=True,
                check=_address,
                help="Where to POST, as in https://models.example.org/predict. The operator lists "
                "servers of your own network in CONSILIUM_INSIDE_ENDPOINTS.",
            ),
            Field(
                "request",
                "Request",
                "json",
                required=True,
                check=request_checked,
                help='What is sent, as in {"inputs": "{prompt}", "image": "{file.image}"}. '
                "Filled in are {prompt}, {question}, {text}, {turns}, {seed}, {decoding}, "
                "{output_kind}, {case_id}, {files}, {file.NAME} (base64), {meta.NAME.KEY} and "
                "{key}.",
            ),
            Field(
                "record",
                "Record",
                "json",
                required=True,
                check=record_checked,
                help='The output, with paths into the reply, as in {"text": "$.answer"}, or '
                '{"spans": {"$each": "$.found", "start": "$.from", "end": "$.to", '
                '"type": "$.label"}}. A picture or sound in base64: '
                '{"image": {"$file": "$.png"}}.',
            ),
            KEY_HEADER,
            KEY_VARIABLE,
            Field(
                "refused",
                "Refusal",
                check=partial(path_checked, place="refused"),
                help="Path that holds something where the service declines, as in $.refused.",
                rare=True,
            ),
            Field(
                "version",
                "Version",
                check=partial(path_checked, place="version"),
                help="Path to the service's own version, as in $.version; kept with each answer.",
                rare=True,
            ),
        ),
        resource="remote",
        batch=16,
        group="server",
        prompted=True,
    ),
)

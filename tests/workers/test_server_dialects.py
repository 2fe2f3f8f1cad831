"""vLLM, TGI, Ollama and llama.cpp as they answer, imitated from their public sources: what each
says in its own way is understood alike."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.workers.chat_server import ChatServer, event, serving, whole
from tests.workers.test_openai_compatible import ASK, adapter, asking
from workers.adapters.base import AdapterError

DONE = b"data: [DONE]\n\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        yield made


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], **more})


# Answers ----------------------------------------------------------------------------------------
def vllm() -> Iterator[bytes]:
    """The role first, thinking apart, usage in a chunk of its own without a choice."""
    yield chunk({"role": "assistant", "content": ""}, model="org/m")
    yield chunk({"reasoning_content": "Viral?"}, model="org/m")
    yield chunk({"content": "Rest."}, model="org/m")
    yield event({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop",
                              "stop_reason": 128001}], "model": "org/m"})  # fmt: skip
    usage = {"prompt_tokens": 9, "total_tokens": 14, "completion_tokens": 5}
    yield event({"id": "c-1", "choices": [], "model": "org/m", "usage": usage})
    yield DONE


def tgi() -> Iterator[bytes]:
    """Whatever model was asked for, it says which one it runs; usage may stand with a choice."""
    known = {"model": "org/m", "system_fingerprint": "3.3.5-sha"}
    yield chunk({"role": "assistant", "content": "Re"}, **known)
    yield chunk({"role": "assistant", "content": "st."}, **known)
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    yield chunk({"role": "assistant", "content": ""}, "stop_sequence", usage=usage, **known)
    yield event({"choices": [], "usage": usage, **known})
    yield DONE


def ollama() -> Iterator[bytes]:
    known = {"model": "m:4b", "system_fingerprint": "fp_ollama"}
    yield chunk({"role": "assistant", "content": "", "reasoning": "Viral?"}, **known)
    yield chunk({"role": "assistant", "content": "Rest."}, **known)
    yield chunk({"role": "assistant", "content": ""}, "stop", **known)
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    yield event({"choices": [], "usage": usage, **known})
    yield DONE


@pytest.mark.parametrize("says", [vllm, tgi, ollama], ids=lambda says: says.__name__)
def test_an_answer_is_read_from_each(server: ChatServer, says: Any) -> None:
    server.say = lambda body: says()
    answer = adapter(server).answer(ASK)
    assert answer.record == {"text": "Rest."}
    known = answer.provenance
    assert (known["tokens_in"], known["tokens_out"]) == (9, 5)
    assert known["served"]["model"] in {"org/m", "m:4b"}
    assert known.get("thinking") == (None if says is tgi else "Viral?")
    assert known["finish_reason"] in {"stop", "stop_sequence"}


# Errors -----------------------------------------------------------------------------------------
def openai_error(message: str, kind: str, code: Any, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def tgi_error(message: str, kind: str) -> dict[str, Any]:
    return {"error": message, "error_type": kind}


LONG = (
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens. "
    "Please reduce the length of the messages or completion."
)
TGI_LONG = (
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 1512. Given: 1000 "
    "`inputs` tokens and 1024 `max_new_tokens`"
)
WHOLE = [
    ("vLLM, model", 404, openai_error("The model `m` does not exist.", "NotFoundError", 404),
     "crashed", False),
    ("vLLM, long", 400, openai_error(LONG, "BadRequestError", 400), "rejected_by_policy", False),
    ("vLLM, blind", 400, openai_error("m is not a multimodal model", "BadRequestError", 400),
     "cannot_take", False),
    ("vLLM, images", 400,
     openai_error("At most 0 image(s) may be provided in one prompt.", "BadRequestError", 400),
     "cannot_take", False),
    ("vLLM, field", 422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]},
     "crashed", False),
    ("vLLM, engine", 500, openai_error("EngineCore died", "InternalServerError", 500),
     "crashed", True),
    ("vLLM, before 0.10", 404, {"object": "error", "message": "The model `m` does not exist.",
     "type": "NotFoundError", "code": 404}, "crashed", False),
    ("TGI, long", 422, tgi_error(TGI_LONG, "validation"), "rejected_by_policy", False),
    ("TGI, field", 422, tgi_error("Input validation error: `temperature` must be strictly positive",
     "validation"), "crashed", False),
    ("TGI, busy", 429, tgi_error("Model is overloaded", "overloaded"), "crashed", True),
    ("TGI, broken", 424, tgi_error("Request failed during generation: Server error: ",
     "generation"), "crashed", True),
    ("TGI, memory", 424, tgi_error("Request failed during generation: Server error: CUDA out of "
     "memory. Tried to allocate 2.00 GiB", "generation"), "out_of_memory", True),
    ("TGI, template", 422, tgi_error("Template error: template not found", "template_error"),
     "crashed", False),
    ("TGI, too many bytes", 413, b"Failed to buffer the request body: length limit exceeded",
     "rejected_by_policy", False),
    ("TGI, another API", 200, [{"generated_text": "Rest."}], "invalid_output", False),
    ("Ollama, model", 404, openai_error('model "m" not found, try pulling it first', "api_error",
     None), "crashed", False),
    ("Ollama, tools", 400, openai_error("registry.ollama.ai/library/m does not support tools",
     "invalid_request_error", None), "crashed", False),
    ("Ollama, busy", 503, openai_error("server busy, please try again.  maximum pending requests "
     "exceeded", "api_error", None), "crashed", True),
    ("Ollama, blind", 500, openai_error("this model is missing data required for image input",
     "api_error", None), "cannot_take", False),
    ("Ollama, memory", 500, openai_error("model requires more system memory (9.1 GiB) than is "
     "available (4.0 GiB)", "api_error", None), "out_of_memory", True),
    ("Ollama, its own API", 200, {"model": "m", "response": "Rest.", "done": True},
     "invalid_output", False),
    ("llama.cpp, long", 400, openai_error("the request exceeds the available context size",
     "exceed_context_size_error", 400), "rejected_by_policy", False),
    ("llama.cpp, blind", 500, openai_error("image input is not supported - hint: if this is "
     "unexpected, you may need to provide the mmproj", "server_error", 500), "cannot_take", False),
    ("a proxy, 200", 200, openai_error("Rate limit reached", "rate_limit_error", None),
     "crashed", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "said", "failure", "retryable"),
    [row[1:] for row in WHOLE],
    ids=[row[0] for row in WHOLE],
)
def test_an_error_counts_as_its_class_and_is_tried_again_where_that_may_help(
    server: ChatServer, status: int, said: Any, failure: str, retryable: bool
) -> None:
    server.status, server.say = status, lambda body: said
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert (caught.value.failure, caught.value.retryable) == (failure, retryable)
    if failure == "invalid_output":
        assert "API that is no chat" in str(caught.value)


STREAMED = [
    ("vLLM, long", openai_error(LONG, "BadRequestError", 400), "rejected_by_policy", False),
    ("vLLM, engine", openai_error("Internal server error", "InternalServerError", 500),
     "crashed", True),
    ("TGI, long", tgi_error(TGI_LONG, "validation"), "rejected_by_policy", False),
    ("TGI 3, long", {"error": {"message": TGI_LONG, "http_status_code": 422}},
     "rejected_by_policy", False),
    ("TGI, field", tgi_error("Input validation error: `top_p` must be < 1.0", "validation"),
     "crashed", False),
    ("TGI, busy", tgi_error("Model is overloaded", "overloaded"), "crashed", True),
    ("a text alone", {"error": "upstream connect error"}, "crashed", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "failure", "retryable"),
    [row[1:] for row in STREAMED],
    ids=[row[0] for row in STREAMED],
)
def test_an_error_in_a_stream_that_began_well_counts_as_any_other(
    server: ChatServer, said: Any, failure: str, retryable: bool
) -> None:
    server.say = lambda body: iter([chunk({"content": "Re"}), event(said), DONE])
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert (caught.value.failure, caught.value.retryable) == (failure, retryable)


def test_a_busy_server_in_a_stream_is_left_alone_for_a_while(server: ChatServer) -> None:
    server.say = lambda body: iter([event(tgi_error("Model is overloaded", "overloaded")), DONE])
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert caught.value.retry_after is not None


def test_ollama_ends_a_stream_in_which_its_model_died_without_a_reason(server: ChatServer) -> None:
    """The error's line is read as an empty chunk, and nothing comes after it."""
    server.say = lambda body: iter([chunk({"content": "Re"}), chunk({"content": ""})])
    with pytest.raises(AdapterError, match="broke off") as caught:
        adapter(server).answer(ASK)
    assert caught.value.retryable


@pytest.mark.parametrize("finish", ["abort", "error"])
def test_what_vllm_could_not_finish_is_no_answer(server: ChatServer, finish: str) -> None:
    server.say = lambda body: whole("Re", finish=finish)
    with pytest.raises(AdapterError, match=f"broke the answer off \\({finish}\\)") as caught:
        adapter(server).answer(asking("summary"))
    assert caught.value.retryable

"""Chat servers: what is sent, what comes back, and which troubles pass."""

import base64
import hashlib
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from PIL import Image

from tests.workers.chat_server import ChatServer, calling, event, serving, streamed, whole
from workers.adapters.base import AdapterError, Ask, Part, Turn
from workers.adapters.openai_compatible import OpenAICompatible
from workers.adapters.sse import events


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        yield made


def adapter(server: ChatServer, **config: Any) -> OpenAICompatible:
    return OpenAICompatible({"base_url": f"http://{server.place}/v1/", "model": "m", **config})


ASK = Ask(
    "c", "What now?", (Part("text", "Fever. {text}", name="text"),), "summary",
    prompt="{question} {text}", decoding={"temperature": 0.2, "colour": 1}, seed=7,
)  # fmt: skip


def asking(kind: str, text: str = "Fever.", **more: Any) -> Ask:
    return Ask("c", "?", (Part("text", text, name="text"),), kind, prompt="{text}", **more)


# What is sent -----------------------------------------------------------------------------------
def test_the_case_stands_in_the_users_turn_and_only_known_settings_are_sent(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_KEY_TEST", "secret")
    monkeypatch.setenv("CONSILIUM_KEY_TEST_HOST", "localhost")
    made = adapter(server, system_prompt="Be brief.", key_variable="CONSILIUM_KEY_TEST")
    assert made.answer(ASK).record == {"text": "Rest."}
    path, body, key = server.sent[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What now? Fever. {text}"},
        ],
        "temperature": 0.2,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_streaming_and_the_seed_can_be_left_out(server: ChatServer) -> None:
    adapter(server, stream=False, send_seed=False).answer(ASK)
    assert {"stream", "stream_options", "seed"}.isdisjoint(server.bodies[0])


def picture(width: int, height: int) -> Part:
    kept = io.BytesIO()
    Image.new("L", (width, height), 128).save(kept, format="PNG")
    meta = {"width": width, "height": height}
    return Part("image", kept.getvalue(), name="image", media_type="image/png", meta=meta)


def sent_image(server: ChatServer) -> Image.Image:
    url = server.bodies[0]["messages"][0]["content"][1]["image_url"]["url"]
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_images_go_along_as_data(server: ChatServer) -> None:
    image = picture(8, 4)
    adapter(server).answer(Ask("c", "?", (image,), "summary"))
    assert sent_image(server).size == (8, 4)


def test_a_large_image_is_made_smaller_before_it_is_sent(server: ChatServer) -> None:
    adapter(server, image_side=100).answer(Ask("c", "?", (picture(400, 200),), "summary"))
    assert sent_image(server).size == (100, 50)


def test_an_image_too_large_to_send_is_refused(server: ChatServer) -> None:
    huge = Part("image", b"\x89PNG" + bytes(9 * 2**20), name="scan", media_type="image/png")
    with pytest.raises(AdapterError, match=r"scan has 9\.0 MB") as caught:
        adapter(server).answer(Ask("c", "?", (huge,), "summary"))
    assert caught.value.failure == "rejected_by_policy"
    assert server.sent == []


def test_a_case_with_a_file_that_a_chat_has_no_place_for_is_not_asked(server: ChatServer) -> None:
    """Its caption alone could be answered, but that would be no answer to the case."""
    volume = Part("application", b"\x00", name="volume", media_type="application/x-nifti")
    with pytest.raises(AdapterError, match="Cannot take: volume") as caught:
        adapter(server).answer(Ask("c", "?", (*ASK.parts, volume), "summary"))
    assert (caught.value.failure, caught.value.retryable) == ("cannot_take", False)
    assert server.sent == []


def test_a_chat_that_sees_nothing_is_sent_no_image(server: ChatServer) -> None:
    with pytest.raises(AdapterError, match="Cannot take: image") as caught:
        adapter(server, sees=False).answer(Ask("c", "?", (*ASK.parts, picture(8, 4)), "summary"))
    assert caught.value.failure == "cannot_take"
    assert server.sent == []


def test_what_a_picture_shows_is_said_before_it_and_kept_as_it_was_sent(
    server: ChatServer,
) -> None:
    slices = [said(picture(40, 20), f"Slice {n} of 9.") for n in (3, 6)]
    made = adapter(server, image_side=10)
    answer = made.answer(Ask("c", "?", (*ASK.parts, *slices), "summary"))
    content = server.bodies[0]["messages"][0]["content"]
    assert [part.get("text", part["type"]) for part in content[1:]] == [
        "Slice 3 of 9.", "image_url", "Slice 6 of 9.", "image_url",
    ]  # fmt: skip
    shown = answer.provenance["pictures"]
    assert [(p["said"], p["width"], p["height"]) for p in shown] == [
        ("Slice 3 of 9.", 10, 5), ("Slice 6 of 9.", 10, 5),
    ]  # fmt: skip
    sent = base64.b64decode(content[2]["image_url"]["url"].partition(",")[2])
    assert shown[0]["sha256"] == hashlib.sha256(sent).hexdigest()


def said(part: Part, sentence: str) -> Part:
    return replace(part, meta={**part.meta, "said": sentence})


# Dialogues --------------------------------------------------------------------------------------
TALK = (
    Turn("user", "I have a rash."), Turn("assistant", "Since when?"),
    Turn("user", "Monday."), Turn("user", "It itches."),
)  # fmt: skip


def test_what_was_said_before_goes_along_turn_by_turn(server: ChatServer) -> None:
    ask = Ask("c", "?", (), "text-answer", prompt="Patient: {text}", turns=TALK)
    adapter(server).answer(ask)
    assert server.bodies[0]["messages"] == [
        {"role": "user", "content": "Patient: I have a rash."},
        {"role": "assistant", "content": "Since when?"},
        {"role": "user", "content": "Monday."},
        {"role": "user", "content": "It itches."},
    ]


def test_a_dialogue_is_led_turn_by_turn_with_the_systems_own_replies(server: ChatServer) -> None:
    server.say = lambda body: whole(f"Reply {sum(m['role'] == 'user' for m in body['messages'])}")
    ask = Ask("c", "?", (), "chat-multi-turn", prompt="{text}", turns=TALK)
    answer = adapter(server).answer(ask)
    assert answer.record == {
        "turns": [
            {"role": "user", "text": "I have a rash."}, {"role": "assistant", "text": "Reply 1"},
            {"role": "user", "text": "Monday."}, {"role": "assistant", "text": "Reply 2"},
            {"role": "user", "text": "It itches."}, {"role": "assistant", "text": "Reply 3"},
        ]
    }  # fmt: skip
    assert answer.provenance["requests"] == 3
    assert "Since when?" not in json.dumps(server.bodies)


# What comes back --------------------------------------------------------------------------------
def test_a_stream_is_put_together_with_its_usage_and_first_token(server: ChatServer) -> None:
    usage = {
        "prompt_tokens": 12,
        "completion_tokens": 40,
        "completion_tokens_details": {"reasoning_tokens": 30},
        "prompt_tokens_details": {"cached_tokens": 8},
    }
    deltas = [
        {"reasoning_content": "Fe"},
        {"reasoning": "ver?"},
        {"content": "Ré"},
        {"content": "st."},
    ]
    server.say = lambda body: streamed(*deltas, usage=usage, pause=0.02)
    answer = adapter(server).answer(ASK)
    assert answer.record == {"text": "Rést."}
    known = answer.provenance
    assert (known["tokens_in"], known["tokens_out"], known["tokens_thinking"]) == (12, 40, 30)
    assert (known["tokens_cached"], known["thinking"]) == (8, "Fever?")
    assert (known["served"], known["finish_reason"]) == ({"model": "m-1"}, "stop")
    assert 0.01 < known["first_token_seconds"] < 2


def test_a_whole_answer_of_a_server_that_does_not_stream_is_taken(server: ChatServer) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    server.say = lambda body: whole("Rest.", usage=usage, model="m-2", system_fingerprint="fp")
    known = adapter(server).answer(ASK).provenance
    assert (known["tokens_out"], known["served"]) == (
        2,
        {"model": "m-2", "system_fingerprint": "fp"},
    )
    assert "first_token_seconds" not in known


def test_thinking_left_in_the_text_is_told_apart_from_the_answer(server: ChatServer) -> None:
    server.say = lambda body: whole("<think>\nSepsis?\n</think>\n\nGive fluids.")
    answer = adapter(server).answer(ASK)
    assert answer.record == {"text": "Give fluids."}
    assert answer.provenance["thinking"] == "Sepsis?"


def test_a_stream_that_breaks_off_is_tried_again(server: ChatServer) -> None:
    server.say = lambda body: iter([event({"choices": [{"delta": {"content": "Re"}}]})])
    with pytest.raises(AdapterError, match="broke off") as caught:
        adapter(server).answer(ASK)
    assert caught.value.retryable


def test_events_may_break_anywhere() -> None:
    sent = 'data: {"a": "Fieber – 39 °C"}\r\n\r\n: note\ndata: x\ndata:  y\n\ndata: z'.encode()
    for size in (1, 2, 3, 7, 1000):
        pieces = [sent[n : n + size] for n in range(0, len(sent), size)]
        assert list(events(pieces)) == ['{"a": "Fieber – 39 °C"}', "x\n y", "z"]


@pytest.mark.parametrize(
    ("status", "answer", "failure", "retryable"),
    [
        (429, {"error": "slow down"}, "crashed", True),
        (429, {"error": {"code": "insufficient_quota"}}, "crashed", False),
        (503, {}, "crashed", True),
        (504, {}, "timed_out", True),
        (400, {"error": "bad"}, "crashed", False),
        (401, {"error": "bad key"}, "crashed", False),
        (400, {"error": {"code": "content_filter"}}, "rejected_by_policy", False),
        (400, {"error": {"code": "context_length_exceeded"}}, "rejected_by_policy", False),
        (302, {}, "rejected_by_policy", False),
        (200, {"choices": []}, "invalid_output", False),
        (200, {"choices": [{"message": 3}]}, "invalid_output", False),
        (200, b"<html>", "invalid_output", False),
        (200, b"[" * 100_000, "invalid_output", False),
        (200, [1], "invalid_output", False),
        (200, whole("", message={"refusal": "I cannot"}), "refused", False),
        (200, whole("I'm sorry, but I can't assist with that."), "refused", False),
        (200, whole("", finish="content_filter"), "rejected_by_policy", False),
        (200, whole("", finish="length"), "empty", False),
    ],
)  # fmt: skip
def test_every_trouble_has_its_class(
    server: ChatServer, status: int, answer: Any, failure: str, retryable: bool
) -> None:
    server.status, server.say = status, lambda body: answer
    server.extra = {"Location": "http://169.254.169.254/"}
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert (caught.value.failure, caught.value.retryable) == (failure, retryable)
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("17", 17, 17),
        ("0.5", 0.5, 0.5),
        ("86400", 3600, 3600),
        ("Sat, 21 Nov 2099 07:28:00 GMT", 3600, 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("soon", 2, 10),
        ("", 2, 10),
    ],
)
def test_the_pause_a_busy_server_asks_for_is_kept(
    server: ChatServer, said: str, least: float, most: float
) -> None:
    server.status, server.extra = 429, {"Retry-After": said} if said else {}
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert caught.value.retry_after is not None
    assert least <= caught.value.retry_after <= most


def test_a_pause_may_be_told_as_a_date(server: ChatServer) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    server.status, server.extra = 503, {"Retry-After": until}
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    assert 60 < (caught.value.retry_after or 0) <= 120


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I'm sorry, but I can't assist with that request.", True),
        ("I cannot provide medical advice.", True),
        ("As an AI language model, I am not able to give a diagnosis.", True),
        ("Sorry, I won't help with this.", True),
        ("I must decline to answer.", True),
        ("I cannot exclude a fracture of the scaphoid.", False),
        ("Unfortunately the image is rotated; no pneumothorax.", False),
        ("I can't say which side, but there is an effusion.", False),
        ("Sorry state of nutrition; weight 41 kg.", False),
        ("I cannot help but notice the widened mediastinum." + " Details follow." * 30, False),
        ("The patient said: I cannot help myself.", False),
    ],
)
def test_a_refusal_in_words_is_told_from_an_answer(
    server: ChatServer, text: str, refused: bool
) -> None:
    server.say = lambda body: whole(text)
    if refused:
        with pytest.raises(AdapterError, match=text[:10]) as caught:
            adapter(server).answer(ASK)
        assert caught.value.failure == "refused"
    else:
        assert adapter(server).answer(ASK).record["text"] == text
    assert adapter(server, find_refusals=False).answer(ASK).record["text"] == text


@pytest.mark.parametrize(
    ("kind", "text", "record"),
    [
        ("multiple-choice", '{"choice": "B", "probs": {}}', {"choice": "B", "probs": {}}),
        ("multiple-choice", "(b)", {"choice": "B"}),
        ("multiple-choice", "The answer is C.", {"choice": "C"}),
        ("spans", 'Here:\n```json\n{"spans": []}\n```', {"spans": []}),
        ("risk-score", 'Sure: {"p": 0.2, "horizon": "1 y"} as asked', {"p": 0.2, "horizon": "1 y"}),
    ],
)  # fmt: skip
def test_other_kinds_are_read_from_the_text(
    server: ChatServer, kind: str, text: str, record: Any
) -> None:
    server.say = lambda body: whole(text)
    assert adapter(server).answer(asking(kind)).record == record


def test_a_text_without_a_record_is_not_valid(server: ChatServer) -> None:
    server.say = lambda body: whole("No idea.")
    with pytest.raises(AdapterError, match=r"JSON record of spans.*No idea") as caught:
        adapter(server).answer(asking("spans"))
    assert caught.value.failure == "invalid_output"


# Tools ------------------------------------------------------------------------------------------
LABS = {
    "name": "lab_result",
    "description": "A laboratory value.",
    "parameters": {"type": "object", "properties": {"test": {"type": "string"}}},
    "replies": [{"input": {"test": "CRP"}, "output": "48 mg/L"}],
    "otherwise": "not measured",
}


def with_tools(server: ChatServer, *turns: Any, **config: Any) -> OpenAICompatible:
    said = iter(turns)
    server.say = lambda body: next(said)
    return adapter(server, tools=[LABS], **config)


def test_a_tool_is_looked_up_and_the_call_is_kept_as_a_step(server: ChatServer) -> None:
    call = calling("lab_result", '{"test": "CRP"}')
    answer = with_tools(server, call, whole("Bacterial.")).answer(asking("text-answer"))
    first, second = server.bodies
    assert first["tools"][0]["function"]["name"] == "lab_result"
    assert "48 mg/L" not in json.dumps(first)
    said = {"role": "tool", "tool_call_id": "c1", "content": "48 mg/L"}
    assert second["messages"][-1] == said
    steps = ['lab_result({"test": "CRP"}) → 48 mg/L']
    assert answer.record == {"text": "Bacterial.", "steps": steps}
    step = answer.provenance["steps"][0]
    assert (step["type"], step["input"], step["output"]) == (
        "tool-call",
        {"test": "CRP"},
        "48 mg/L",
    )


def test_kinds_without_a_place_for_steps_keep_them_in_provenance(server: ChatServer) -> None:
    call = calling("lab_result", '{"test": "Na"}')
    answer = with_tools(server, call, whole("Low.")).answer(asking("summary"))
    assert answer.record == {"text": "Low."}
    assert answer.provenance["steps"][0]["output"] == "not measured"


def test_a_trajectory_is_the_steps_and_the_last_word(server: ChatServer) -> None:
    call = calling("lab_result", '{"test": "CRP"}')
    answer = with_tools(server, call, whole("Done.")).answer(asking("agent-trajectory"))
    types = [(step["type"], step["output"]) for step in answer.record["steps"]]
    assert types == [("tool-call", "48 mg/L"), ("message", "Done.")]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [("lab_result", "{test", "not valid JSON"), ("order_surgery", "{}", "there is no tool")],
)
def test_a_faulty_call_is_told_so(server: ChatServer, name: str, arguments: str, told: str) -> None:
    with_tools(server, calling(name, arguments), whole("Done.")).answer(asking("summary"))
    assert told in server.bodies[1]["messages"][-1]["content"]


def test_a_tool_that_is_declared_nowhere_is_named(server: ChatServer) -> None:
    server.say = lambda body: calling("lab_result", "{}")
    with pytest.raises(AdapterError, match=r"asked for a tool \(lab_result\)") as caught:
        adapter(server).answer(asking("summary"))
    assert caught.value.failure == "empty"
    steps = adapter(server).answer(asking("agent-trajectory")).record["steps"]
    assert [step["type"] for step in steps] == ["tool-call", "message"]


def test_a_system_that_only_ever_calls_tools_is_stopped(server: ChatServer) -> None:
    calls = [calling("lab_result", "{}") for _ in range(5)]
    with pytest.raises(AdapterError, match="called tools 3 times") as caught:
        with_tools(server, *calls, most_steps=2).answer(asking("summary"))
    assert caught.value.failure == "timed_out"
    assert len(caught.value.known["steps"]) == 3


def test_calls_that_stream_in_pieces_are_put_together(server: ChatServer) -> None:
    pieces = [
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "lab_result"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"test": '}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"CRP"}'}}]},
    ]
    answer = with_tools(server, streamed(*pieces), whole("OK.")).answer(asking("summary"))
    assert answer.provenance["steps"][0]["output"] == "48 mg/L"


# Time, numbers and keys -------------------------------------------------------------------------
def test_the_asks_of_a_claim_are_put_side_by_side(server: ChatServer) -> None:
    together = threading.Barrier(6, timeout=5)
    server.say = lambda body: (together.wait(), whole(body["messages"][0]["content"]))[1]
    results = list(adapter(server).results([asking("summary", f"Case {n}") for n in range(6)]))
    answered = {r.answer.record["text"] for r in results if r.answer}
    assert answered == {f"Case {n}" for n in range(6)}
    assert server.most_at_once == 6


def test_one_bad_case_costs_the_others_nothing(server: ChatServer) -> None:
    server.say = lambda body: b"<" if "bad" in str(body["messages"]) else whole("Fine.")
    asks = [asking("summary", word) for word in ("good", "bad", "fine")]
    results = adapter(server).results(asks)
    failures = {result.ask.text: result.error and result.error.failure for result in results}
    assert failures == {"good": None, "bad": "invalid_output", "fine": None}


def test_the_time_limit_is_for_all_turns_of_a_case(server: ChatServer) -> None:
    server.say = lambda body: (time.sleep(0.25), whole("Hm."))[1]
    ask = Ask("c", "?", (), "chat-multi-turn", prompt="{text}", turns=TALK)
    with pytest.raises(AdapterError) as caught:
        adapter(server, time_limit=0.4).answer(ask)
    assert caught.value.failure == "timed_out"
    assert caught.value.known["requests"] == 1


def test_a_key_may_not_be_just_any_variable(server: ChatServer) -> None:
    with pytest.raises(AdapterError, match="CONSILIUM_KEY_"):
        adapter(server, key_variable="CONSILIUM_SECRET_KEY").answer(ASK)
    assert server.sent == []


@pytest.mark.parametrize("host", [None, "", "api.example.org"])
def test_a_key_goes_to_no_server_but_its_own(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    monkeypatch.setenv("CONSILIUM_KEY_TEST", "secret")
    if host is not None:
        monkeypatch.setenv("CONSILIUM_KEY_TEST_HOST", host)
    with pytest.raises(AdapterError, match="not a key for localhost"):
        adapter(server, key_variable="CONSILIUM_KEY_TEST").answer(ASK)
    assert server.sent == []

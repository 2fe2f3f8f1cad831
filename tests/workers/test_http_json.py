"""Services with JSON of their own: fields out, fields back, and faults by their place."""

import base64
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from arena.core.errors import UserError
from arena.generations.mapping import path_checked, record_checked, request_checked
from arena.generations.services import system_register
from tests.arena.generations import world
from tests.workers.chat_server import ChatServer, serving
from workers.adapters.base import AdapterError, Ask, Part, Turn
from workers.adapters.http_json import HttpJson
from workers.adapters.json_mapping import at, filled, picked

IMAGE = Part("image", b"\x89PNG", name="image", media_type="image/png", meta={"width": 8})
ASK = Ask(
    "c0ffee", "What now?", (Part("text", 'Say "hi" {seed}', name="text"), IMAGE), "text-answer",
    prompt="Q: {question} {text}", decoding={"temperature": 0}, seed=7,
    turns=(Turn("user", "Hello"),),
)  # fmt: skip
REQUESTS: list[tuple[Any, Any]] = [
    ({"inputs": "{prompt}"}, {"inputs": 'Q: What now? Say "hi" {seed}'}),
    ({"a": {"b": ["{text}", 1, None, True]}}, {"a": {"b": ['Say "hi" {seed}', 1, None, True]}}),
    ({"seed": "{seed}", "s": "s{seed}"}, {"seed": 7, "s": "s7"}),
    ({"id": "{case_id}", "kind": "{output_kind}"}, {"id": "c0ffee", "kind": "text-answer"}),
    (
        {"url": "data:image/png;base64,{file.image}", "w": "{meta.image.width}"},
        {"url": f"data:image/png;base64,{base64.b64encode(IMAGE.data).decode()}", "w": 8},
    ),
    ({"talk": "{turns}"}, {"talk": [{"role": "user", "text": "Hello"}]}),
    ({"p": "{decoding}", "q": "{question}"}, {"p": {"temperature": 0}, "q": "What now?"}),
    (
        ["{files}"],
        [[{"name": "image", "media_type": "image/png", "data": "iVBORw=="}]],
    ),
    ({"x": "{question} {not a placeholder} {}"}, {"x": "What now? {not a placeholder} {}"}),
]
REPLY = {
    "answer": "Rest.",
    "scores": {"flu": 0.7, "odd name": 0.3},
    "found": [{"from": 0, "to": 4, "label": "drug"}, {"from": 5, "to": 9, "label": "test"}],
}
RECORDS: list[tuple[Any, Any]] = [
    ({"text": "$.answer"}, {"text": "Rest."}),
    ({"labels": "$.scores"}, {"labels": REPLY["scores"]}),
    ({"p": '$.scores["odd name"]', "horizon": "1 year"}, {"p": 0.3, "horizon": "1 year"}),
    ({"first": "$.found[0].label", "all": ["$.found[*].to"]}, {"first": "drug", "all": [[4, 9]]}),
    (
        {"spans": {"$each": "$.found", "start": "$.from", "end": "$.to", "type": "$.label"}},
        {
            "spans": [
                {"start": 0, "end": 4, "type": "drug"},
                {"start": 5, "end": 9, "type": "test"},
            ]
        },
    ),
    ("$", REPLY),
]


@pytest.mark.parametrize(("template", "sent"), REQUESTS)
def test_what_passes_registration_is_filled_in(template: Any, sent: Any) -> None:
    assert filled(request_checked(template), ASK) == sent


@pytest.mark.parametrize(("template", "record"), RECORDS)
def test_what_passes_registration_is_picked_out(template: Any, record: Any) -> None:
    assert picked(record_checked(template), REPLY) == (record, {})


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"a": {"b": ["{tekst}"]}}, r"request\.a\.b\[0\]: \{tekst\} is not known; there are"),
        ({"a": "{file}"}, r"request\.a: \{file\} is not known"),
        ({"a": "{meta.image}"}, r"\{meta\.image\} is not known"),
        ({"a": "fixed"}, "sends nothing of the case"),
        ({}, "must be a JSON object"),
        ("{prompt}", "must be a JSON object"),
    ],
)
def test_a_faulty_request_is_told_by_its_place(template: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        request_checked(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"text": "answer"}, "takes nothing from the reply"),
        ({"a": [{"b": "$.x["}]}, r"record\.a\[0\]\.b: '\$\.x\[' is not a path from character 4"),
        ({"text": "$answer"}, "from character 2"),
        ({"x": {"$each": "$.a[b]"}}, r"record\.x\.\$each: .* from character 4"),
        ([], "must be a JSON object"),
    ],
)
def test_a_faulty_record_is_told_by_its_place(template: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        record_checked(template)


def test_a_template_nested_without_end_is_refused() -> None:
    deep: Any = "$.a"
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(UserError, match="nested too deeply"):
        record_checked(deep)


@pytest.mark.parametrize("path", ["$", "$.a", "$.a-b.c_d[12][*].e", '$["x y"].z'])
def test_every_path_that_passes_can_be_walked(path: str) -> None:
    assert path_checked(path, "version") == path
    if path != "$":
        with pytest.raises(AdapterError, match="has nothing at"):
            at(path, {"b": 1})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$.found[2].from", r"nothing at \$\.found\[2\]; there is a list of 2"),
        ("$.scores.none", r"nothing at \$\.scores\.none; there is an object with flu, odd name"),
        ("$.answer[*]", 'there is "Rest."'),
    ],
)
def test_a_reply_without_the_field_says_what_it_has(path: str, said: str) -> None:
    with pytest.raises(AdapterError, match=said) as caught:
        picked({"x": path}, REPLY)
    assert caught.value.failure == "invalid_output"


def test_each_goes_through_lists_only() -> None:
    with pytest.raises(AdapterError, match=r"no list at \$\.answer"):
        picked({"x": {"$each": "$.answer"}}, REPLY)


def test_files_come_in_base64_and_are_named_in_the_record() -> None:
    template = record_checked({"image": {"$file": "$.png"}, "more": [{"$file": "$.url"}]})
    reply = {"png": "iVBORw==", "url": "data:image/png;base64,iVBORw=="}
    assert picked(template, reply) == (
        {"image": "file-1", "more": ["file-2"]},
        {"file-1": b"\x89PNG", "file-2": b"\x89PNG"},
    )
    for said in ("not base64!", 3, None):
        with pytest.raises(AdapterError, match=r"\$\.png is no file in base64"):
            picked({"image": {"$file": "$.png"}}, {"png": said})


def test_a_record_that_takes_one_file_over_and_over_is_refused() -> None:
    template = {"images": [{"$file": "$.png"}] * 65}
    with pytest.raises(AdapterError, match="more than 64 files"):
        picked(template, {"png": "iVBORw=="})


@pytest.mark.parametrize(
    "template",
    [{"a": "{file.image}" * 99}, {"a": ["{files}"] * 99}, ["{text}" * 99], {"a": "{prompt}" * 99}],
)
def test_a_request_too_large_to_be_sent_is_not_even_made(template: Any) -> None:
    size = 2**20
    parts = (Part("text", "x" * size, name="text"), Part("image", bytes(size), name="image"))
    service = HttpJson({"base_url": "https://192.0.2.1/", "request": template, "record": "$"})
    tracemalloc.start()
    try:
        with pytest.raises(AdapterError, match="at most 64 are sent"):
            service.answer(Ask("c", "", parts, "summary", prompt="{text}"))
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_a_case_without_the_file_is_said() -> None:
    with pytest.raises(AdapterError, match="no file 'scan'; it has: image"):
        filled({"a": "{file.scan}"}, ASK)


# Through HTTP -----------------------------------------------------------------------------------
@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        yield made


def adapter(server: ChatServer, **config: Any) -> HttpJson:
    fields = {"request": {"inputs": "{text}"}, "record": {"text": "$.answer"}, **config}
    return HttpJson({"base_url": f"http://{server.place}/predict?v=1", **fields})


def test_a_service_is_asked_and_its_version_is_kept(server: ChatServer) -> None:
    server.say = lambda body: {"answer": body["inputs"].upper(), "model": {"rev": "1.4"}}
    answer = adapter(server, version="$.model.rev").answer(ASK)
    assert answer.record == {"text": 'SAY "HI" {SEED}'}
    assert answer.provenance["served"] == {"version": "1.4"}
    assert server.sent[0][0] == "/predict?v=1"


@pytest.mark.parametrize(
    ("status", "reply", "failure", "retryable"),
    [
        (200, {"declined": "no advice on opioids"}, "refused", False),
        (200, {"other": 1}, "invalid_output", False),
        (200, b"<html>", "invalid_output", False),
        (503, {}, "crashed", True),
        (422, {"detail": "inputs missing"}, "crashed", False),
    ],
)
def test_every_trouble_of_a_service_has_its_class(
    server: ChatServer, status: int, reply: Any, failure: str, retryable: bool
) -> None:
    server.status, server.say = status, lambda body: reply
    with pytest.raises(AdapterError) as caught:
        adapter(server, refused="$.declined").answer(ASK)
    assert (caught.value.failure, caught.value.retryable) == (failure, retryable)


def test_a_record_that_is_no_object_is_not_valid(server: ChatServer) -> None:
    server.say = lambda body: {"answer": 3}
    with pytest.raises(AdapterError, match="no object"):
        adapter(server, record="$.answer").answer(ASK)


# Registered -------------------------------------------------------------------------------------
GOOD = {
    "base_url": "https://models.example.org/predict",
    "request": {"inputs": "{text}"},
    "record": {"text": "$.answer"},
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("adapter", "change", "said"),
    [
        ("http-json", {"request": {"a": "{x}"}}, r"request\.a: \{x\} is not known"),
        ("http-json", {"record": {"a": "$["}}, r"record\.a: "),
        ("http-json", {"refused": "error"}, "refused: must be a path"),
        ("http-json", {"record": ""}, "needs the setting 'record'"),
        ("http-json", {"base_url": "models.example.org"}, "is not an address"),
        ("http-json", {"base_url": "https://user:pw@example.org"}, "is not an address"),
        ("openai-compatible", {"tools": {"name": "x"}}, "tools: must be a list"),
        ("openai-compatible", {"tools": [{"name": "a b"}]}, r"tools\[0\]\.name: "),
        ("openai-compatible", {"tools": [{"name": "a", "url": 1}]}, r"tools\[0\]\.url: is not"),
        (
            "openai-compatible",
            {"tools": [{"name": "a", "replies": [{"input": 1}]}]},
            r"tools\[0\]\.replies\[0\]: must be",
        ),
    ],
)
def test_a_faulty_setting_is_named_at_registration(
    adapter: str, change: dict[str, Any], said: str
) -> None:
    chat = {"base_url": GOOD["base_url"], "model": "m"}
    config = {**(GOOD if adapter == "http-json" else chat), **change}
    with pytest.raises(UserError, match=said):
        system_register(slug="s", by=world.coordinator(), adapter=adapter, config=config)


@pytest.mark.django_db
def test_a_good_mapping_is_registered() -> None:
    version = system_register(slug="s", by=world.coordinator(), adapter="http-json", config=GOOD)
    assert version.config["record"] == {"text": "$.answer"}
    assert version.endpoint is not None
    assert version.endpoint.address == "models.example.org:443"

"""The engine: requests that end it, memory that runs out, time that is up, and closing."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install ".[models]"')
transformers = pytest.importorskip("transformers")

from tests.workers import checkpoints  # noqa: E402
from workers.adapters.base import AdapterError, Ask, Part  # noqa: E402
from workers.adapters.decoding import Decoding  # noqa: E402
from workers.adapters.engine import Engine  # noqa: E402
from workers.adapters.generating import Made, Request, Stops, generate, padded  # noqa: E402
from workers.adapters.transformers_text import TransformersText  # noqa: E402
from workers.energy import Energy  # noqa: E402

pytestmark = pytest.mark.slow
POISON = 77
STOPS = Stops(frozenset({2}), 0)
Forward = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.llama(tmp_path_factory.mktemp("engine"), seed=3)


@pytest.fixture
def model(folder: Path) -> Any:
    found = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return found.eval()


@pytest.fixture
def build(model: Any) -> Iterator[Callable[..., Engine]]:
    made: list[Engine] = []

    def engine(in_flight: int = 8, context: int = 256) -> Engine:
        made.append(
            Engine(model, Decoding(), STOPS, device="cpu", in_flight=in_flight, context=context)
        )
        return made[-1]

    yield engine
    for each in made:
        each.close()


def request(*ids: int, tokens: int = 6, **more: Any) -> Request:
    return Request((1, *ids), Decoding(max_tokens=tokens), **more)


REQUESTS = [request(*range(10, 10 + n), tokens=5 + n) for n in range(1, 9)]


def reference(model: Any, asked: Request) -> list[int]:
    with torch.inference_mode():
        inputs = padded([asked.ids], 0, "cpu")
        return generate(model, inputs, [asked], STOPS, energy=Energy("cpu"))[0].ids


def around(model: Any, check: Callable[[dict[str, Any]], None]) -> None:
    """Every forward pass is shown to ``check`` first, which may raise as a device would."""
    forward: Forward = model.forward

    def watched(**inputs: Any) -> Any:
        check(inputs)
        return forward(**inputs)

    model.forward = watched


def outcome(future: Any) -> Made | Exception:
    error = future.exception(timeout=60)
    found: Made | Exception = error or future.result()
    return found


def test_requests_of_all_lengths_are_answered_as_one_alone_would_be(
    model: Any, build: Callable[..., Engine]
) -> None:
    engine = build(in_flight=3)
    futures = [engine.submit(each) for each in REQUESTS]
    assert [future.result(60).ids for future in futures] == [reference(model, r) for r in REQUESTS]
    assert {future.result().batch for future in futures} <= {1, 2, 3}
    assert max(future.result().batch for future in futures) == 3


def test_a_poisonous_request_fails_alone_and_the_others_are_answered(
    model: Any, build: Callable[..., Engine]
) -> None:
    wanted = [reference(model, each) for each in REQUESTS]

    def poisoned(inputs: dict[str, Any]) -> None:
        if (inputs["input_ids"] == POISON).any():
            raise RuntimeError("device-side assert")

    around(model, poisoned)
    engine = build()
    futures = [engine.submit(each) for each in (*REQUESTS[:4], request(POISON), *REQUESTS[4:])]
    found = [outcome(future) for future in futures]
    culprit = found.pop(4)
    assert isinstance(culprit, AdapterError)
    assert "device-side assert" in str(culprit)
    assert [each.ids for each in found if isinstance(each, Made)] == wanted
    assert engine.rebuilt >= 1


def test_out_of_memory_lets_half_as_many_in_and_goes_on(
    model: Any, build: Callable[..., Engine]
) -> None:
    wanted = [reference(model, each) for each in REQUESTS]

    def small(inputs: dict[str, Any]) -> None:
        if len(inputs["logits_indices"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    around(model, small)
    engine = build(in_flight=8)
    found = [outcome(engine.submit(each)) for each in REQUESTS[:1]]
    found += [outcome(f) for f in [engine.submit(each) for each in REQUESTS[1:]]]
    assert [each.ids for each in found if isinstance(each, Made)] == wanted
    assert engine.in_flight <= 2


def test_memory_that_does_not_do_for_one_is_a_failure_of_its_own_class(
    model: Any, build: Callable[..., Engine]
) -> None:
    def none(inputs: dict[str, Any]) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    around(model, none)
    error = outcome(build().submit(REQUESTS[0]))
    assert isinstance(error, AdapterError)
    assert (error.failure, error.retryable) == ("out_of_memory", True)


def test_what_the_cache_cannot_hold_is_not_let_in(build: Callable[..., Engine]) -> None:
    engine = build(in_flight=1, context=64)
    assert engine.capacity == 64
    assert engine.size == 64 * 2 * 2 * 2 * 8 * 4  # tokens, k and v, layers, heads, width
    assert not engine.fits(request(*range(10, 60), tokens=20))
    with pytest.raises(ValueError, match="does not fit"):
        engine.submit(request(*range(10, 60), tokens=20))
    assert engine.submit(request(*range(10, 50), tokens=20)).result(60)


def test_a_request_past_its_time_is_broken_off_and_the_others_go_on(
    model: Any, build: Callable[..., Engine]
) -> None:
    around(model, lambda inputs: time.sleep(0.02))
    engine = build()
    slow = engine.submit(request(10, tokens=200, seconds=0.2))
    quick = engine.submit(request(11, tokens=20))
    assert slow.result(60).finish == "time"
    error = slow.result().broken(alone=False)
    assert error is not None
    assert (error.failure, error.retryable) == ("timed_out", True)
    assert quick.result(60).ids == reference(model, request(11, tokens=20))


def test_a_request_that_nobody_wants_any_more_is_given_up(
    model: Any, build: Callable[..., Engine]
) -> None:
    around(model, lambda inputs: time.sleep(0.02))
    engine, gone = build(), threading.Event()
    future = engine.submit(request(10, tokens=200, unwanted=gone.is_set))
    gone.set()
    began = time.monotonic()
    assert future.result(60).finish == "unwanted"
    assert time.monotonic() - began < 2
    assert engine.idle


def test_a_closed_engine_tells_its_waiters(model: Any, build: Callable[..., Engine]) -> None:
    around(model, lambda inputs: time.sleep(0.02))
    engine = build(in_flight=1)
    futures = [engine.submit(request(10 + n, tokens=200)) for n in range(3)]
    engine.close()
    errors = [outcome(future) for future in [*futures, engine.submit(request(10))]]
    assert all(isinstance(error, AdapterError) and error.retryable for error in errors)


def test_a_request_that_the_manager_lost_is_asked_again(
    model: Any, build: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts are compared: transformers drops requests with no more than a line in the log."""
    monkeypatch.setattr("workers.adapters.engine.LOST_SECONDS", 0.2)
    engine = build()
    assert engine.submit(REQUESTS[0]).result(60)
    manager = engine._manager
    dropped = iter([None])
    real = manager.add_request
    manager.add_request = lambda *a, **k: next(dropped, 1) and real(*a, **k)
    assert engine.submit(REQUESTS[1]).result(60).ids == reference(model, REQUESTS[1])
    assert engine.rebuilt == 1


def ask(text: str, **decoding: Any) -> Ask:
    parts = (Part("text", text, name="text"),)
    return Ask(text, "What now?", parts, "summary", decoding={"max_tokens": 8, **decoding})


def test_a_model_that_cannot_be_batched_so_is_answered_in_padded_batches(folder: Path) -> None:
    model = TransformersText({"model": str(folder), "dtype": "float32", "attention": "eager"})
    model.load()
    model.model.init_continuous_batching = _unsupported
    results = list(model.results([ask("Fever."), ask("Cough.")]))
    assert [r.answer.provenance["batching"] for r in results if r.answer] == ["padded"] * 2
    model.config["batching"] = "continuous"
    model._fault = ""
    [result] = model.results([ask("Fever.")])
    assert "cannot be batched continuously" in str(result.error)
    model.close()


def _unsupported(**settings: Any) -> Any:
    raise ValueError("no paged attention")


def test_an_engine_of_another_decoding_gives_way_when_it_is_idle(folder: Path) -> None:
    model = TransformersText({"model": str(folder), "dtype": "float32"})
    model.load()
    for decoding in ({}, {"temperature": 1.0}, {"temperature": 1.0, "max_tokens": 4}):
        [result] = model.results([ask("Fever.", **decoding)])
        assert result.answer is not None
        assert result.answer.provenance["batching"] == "continuous"
    assert model._held.beside["engine"].choice == (1.0, 1.0, 0)
    model.close()
    assert not [t for t in threading.enumerate() if t.name == "engine" and t.is_alive()]

"""The adapter's contract: batches, isolation, prompts, names."""

import io
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from workers.adapters import registry
from workers.adapters.base import (
    Adapter,
    AdapterError,
    Answer,
    Ask,
    Part,
    adapter_error,
    fingerprint,
)
from workers.adapters.segmentation import largest, pixels_of


def ask(case: str = "c", text: str = "Fever.", **more: Any) -> Ask:
    return Ask(case, "What now?", (Part("text", text, name="text"),), "summary", **more)


class Picky(Adapter):
    """Refuses a batch that holds a bad case, as a device would."""

    batch = 8

    def answer(self, ask: Ask) -> Answer:
        return Answer({"text": ask.case_id})

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
        if any(a.case_id.startswith("bad") for a in asks):
            raise RuntimeError("device trouble")
        return [self.answer(a) for a in asks]


@given(st.lists(st.booleans(), max_size=30))
def test_each_ask_has_one_result_in_order_and_only_the_culprits_fail(bad: list[bool]) -> None:
    asks = [ask(f"{'bad' if b else 'good'}-{n}") for n, b in enumerate(bad)]
    results = list(Picky({}).results(asks))
    assert [r.ask for r in results] == asks
    assert [r.error is not None for r in results] == bad
    assert all((r.answer is None) == (r.error is not None) for r in results)


class Small(Adapter):
    batch = 8
    seen: list[int]

    def answer(self, ask: Ask) -> Answer:
        return Answer({"text": "x"})

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
        self.seen.append(len(asks))
        if len(asks) > 2:
            raise MemoryError
        return super().answer_batch(asks)


def test_out_of_memory_halves_the_batch_and_goes_on() -> None:
    adapter = Small({})
    adapter.seen = []
    assert all(r.answer for r in adapter.results([ask(str(n)) for n in range(8)]))
    assert adapter.seen == [8, 4, 2, 2, 4, 2, 2]


class Holding(Adapter):
    """Its first batch fails while it holds something large."""

    batch = 4
    held: "weakref.ref[Any] | None" = None

    def answer(self, ask: Ask) -> Answer:
        return Answer({"text": "x"})

    def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
        if self.held is None:
            tensor = np.zeros(8)
            self.held = weakref.ref(tensor)
            raise MemoryError
        assert self.held() is None, "what the failed batch held is still there"
        return [self.answer(ask) for ask in asks]


def test_what_a_failed_batch_held_is_free_before_the_next() -> None:
    """Else half a batch would not fit where a whole one had not."""
    assert all(result.answer for result in Holding({}).results([ask(str(n)) for n in range(4)]))


def test_missing_answers_are_noticed() -> None:
    class Short(Picky):
        def answer_batch(self, asks: Sequence[Ask]) -> list[Answer]:
            return []

    assert all(r.error for r in Short({}).results([ask("a"), ask("b")]))


@pytest.mark.parametrize(
    ("raised", "failure", "retryable"),
    [
        (MemoryError(), "out_of_memory", True),
        (TimeoutError("slow"), "timed_out", True),
        (ValueError("bad"), "crashed", False),
        (AdapterError("no", failure="refused"), "refused", False),
    ],
)
def test_errors_know_whether_trying_again_may_help(
    raised: Exception, failure: str, retryable: bool
) -> None:
    error = adapter_error(raised)
    assert (error.failure, error.retryable) == (failure, retryable)


def test_the_case_cannot_steer_the_prompt() -> None:
    sent = ask(text="{question} {0.__class__} {text}", prompt="Q: {question}\nT: {text} {other}")
    assert sent.rendered == "Q: What now?\nT: {question} {0.__class__} {text} {other}"


def test_the_fingerprint_changes_with_all_that_is_sent_and_with_nothing_else() -> None:
    base = fingerprint(ask())
    assert fingerprint(ask()) == base
    assert fingerprint(ask(text="Pain.")) != base
    assert fingerprint(ask(seed=1)) != base
    assert fingerprint(ask(prompt="{text}")) != base
    assert fingerprint(ask(decoding={"temperature": 0.5})) != base


def test_an_unknown_adapter_names_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"extractive-summary, .*mock"):
        registry.adapter_class("nonsense")


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="already"):
        registry.register("mock", "elsewhere:Mock")


@pytest.mark.parametrize("name", registry.names())
def test_every_registered_adapter_can_be_imported(name: str) -> None:
    assert issubclass(registry.adapter_class(name), Adapter)


@pytest.mark.parametrize("kind", ["text-answer", "summary", "spans", "mask"])
def test_the_mock_answers_every_kind_validly(kind: str) -> None:
    from evaluation.kinds import CaseFacts, kind_for

    image = Part("image", b"", name="image", meta={"width": 5, "height": 3})
    sent = Ask("c", "?", (Part("text", "Fever and cough."), image), kind)
    record = registry.adapter_for("mock", {}).answer(sent).record
    valid = kind_for(kind).validate(record, CaseFacts("Fever and cough.", 5, 3))
    assert not kind_for(kind).is_empty(valid)


def picture(values: np.ndarray) -> Ask:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return Ask("c", "?", (Part("image", file.getvalue(), name="image"),), "mask")


def test_sixteen_bit_pictures_keep_their_contrast() -> None:
    pixels = pixels_of(picture(np.array([[1000, 2000], [3000, 4000]], dtype=np.uint16)))
    assert pixels.tolist() == [[0, 85], [170, 255]]


def test_a_case_without_an_image_is_an_error_of_its_own() -> None:
    with pytest.raises(AdapterError, match="no image"):
        pixels_of(ask())


def test_the_largest_region_of_nothing_is_nothing() -> None:
    assert not largest(np.zeros((3, 3), dtype=bool)).any()
    two = np.array([[1, 1, 0, 1]], dtype=bool)
    assert largest(two).tolist() == [[True, True, False, False]]

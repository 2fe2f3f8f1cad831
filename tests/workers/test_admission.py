"""Who is let in on a GPU, who goes, when a worker gives up: by a GPU that only reports memory."""

import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from arena.generations.models import SystemVersion
from workers import devices, residency, worn
from workers.adapters.base import Adapter, AdapterError, Answer, Ask
from workers.residency import Residents
from workers.worn import Worn, ran_out

GB = 2**30


class FakeGpu:
    """24 GB, of which 10 % are for others; models take what they take, whatever they announced."""

    def __init__(self) -> None:
        self.total, self.others, self.models = 24 * GB, 0, dict[str, int]()

    @property
    def free(self) -> int:
        return self.total - self.others - sum(self.models.values())


class FakeModel(Adapter):
    """Announces ``needs`` and takes ``takes`` gigabytes."""

    heavy = True
    gpu: FakeGpu

    def answer(self, ask: Ask) -> Answer:
        return Answer({})

    def needs(self) -> int:
        return int(self.config["needs"] * GB)

    def load(self) -> None:
        self.gpu.models[self.revision] = int(self.config["takes"] * GB)

    def close(self) -> None:
        self.gpu.models.pop(self.revision, None)

    def holds(self) -> Mapping[str, int]:
        return {self.revision: self.gpu.models.get(self.revision, 0)}


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    made = FakeGpu()
    monkeypatch.setattr(devices, "device", lambda: "cuda:0")
    monkeypatch.setattr(devices, "memory_limit", lambda name: int(0.9 * made.total))
    monkeypatch.setattr(devices, "memory_free", lambda name: made.free)
    monkeypatch.setattr(FakeModel, "gpu", made, raising=False)
    monkeypatch.setattr(
        residency, "adapter_for", lambda name, config, revision: FakeModel(config, revision)
    )
    return made


def version(name: str, needs: float, takes: float) -> SystemVersion:
    number = ord(name)
    return SystemVersion(
        pk=number, adapter="fake", revision=name, digest=name,
        config={"needs": needs, "takes": takes},
    )  # fmt: skip


def used(held: Residents, *versions: SystemVersion) -> list[str]:
    for one in versions:
        with held.use(one):
            pass
    return sorted(held._loaded[pk].adapter.revision for pk in held.ids())


def test_models_stay_together_as_long_as_their_measured_size_allows(gpu: FakeGpu) -> None:
    held = Residents(capacity=9)
    a, b, c = (version(name, 7, 6) for name in "abc")
    assert used(held, a, b) == ["a", "b"]
    assert used(held, c) == ["a", "b", "c"]  # 6 + 6 + 7 announced fit into 21.6
    assert used(held, a, version("d", 7, 6)) == ["a", "c", "d"]  # b was longest unused


def test_what_a_model_really_took_counts_and_not_what_it_announced(gpu: FakeGpu) -> None:
    held = Residents(capacity=9)
    assert used(held, version("a", 4, 15)) == ["a"]
    assert used(held, version("b", 8, 8)) == ["b"]  # 15 + 8 are too much: a had to go
    assert gpu.models == {"b": 8 * GB}


def test_why_a_model_was_refused_is_told_though_it_cannot_close_what_it_never_loaded(
    gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: FakeModel) -> None:
        raise AdapterError("Its weights are missing.", failure="rejected_by_policy")

    monkeypatch.setattr(FakeModel, "load", refused)
    monkeypatch.setattr(FakeModel, "close", lambda self: self.never_loaded.close())
    with pytest.raises(AdapterError, match=r"Its weights are missing\."):
        used(Residents(capacity=9), version("a", 4, 4))


def test_memory_that_others_take_is_not_given_away(gpu: FakeGpu) -> None:
    held = Residents(capacity=9)
    used(held, version("a", 8, 8))
    gpu.others = 12 * GB
    assert used(held, version("b", 8, 8)) == ["b"]
    gpu.others = 20 * GB
    with pytest.raises(AdapterError, match=r"no room for 8\.0 GB on cuda:0") as short:
        used(held, version("c", 8, 8))
    assert ran_out(short.value)
    assert held.ids() == []


def test_a_model_larger_than_the_gpu_does_not_wear_it_out(gpu: FakeGpu) -> None:
    with pytest.raises(AdapterError) as large:
        used(Residents(capacity=9), version("a", 30, 30))
    assert not ran_out(large.value)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have been sent to this very process."""
    sent: list[Any] = []
    monkeypatch.delenv("CONSILIUM_EXIT_AFTER_OOM", raising=False)
    monkeypatch.setattr(worn.os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


def test_memory_that_runs_out_again_and_again_ends_the_worker(
    gpu: FakeGpu, ended: list[Any]
) -> None:
    counter = Worn()
    for out_of_memory in (True, True, False, True, True):
        counter.note(out_of_memory=out_of_memory)
    assert ended == []
    counter.note(out_of_memory=True)
    assert ended == [(os.getpid(), signal.SIGTERM)]


@pytest.mark.parametrize(("told", "times"), [("1", 4), ("0", 0), ("2", 2), ("", 1)])
def test_the_operator_says_after_how_many(
    told: str, times: int, gpu: FakeGpu, ended: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_EXIT_AFTER_OOM", told)
    counter = Worn()
    for _ in range(4):
        counter.note(out_of_memory=True)
    assert len(ended) == times


def test_a_cpu_gives_its_memory_back_so_nothing_is_counted(
    ended: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "device", lambda: "cpu")
    counter = Worn()
    for _ in range(9):
        counter.note(out_of_memory=True)
    assert ended == []

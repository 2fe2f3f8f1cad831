"""From a queued row to a stored answer by a model in this process: memory, cancelling, stopping."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install ".[models]"')
pytest.importorskip("transformers")

from django.db import connections  # noqa: E402

from arena.generations.models import Generation, SystemVersion  # noqa: E402
from arena.generations.services import generation_cancel, generation_request  # noqa: E402
from arena.studies.models import Study  # noqa: E402
from tests.arena.generations import world  # noqa: E402
from tests.workers import checkpoints  # noqa: E402
from workers import devices, runner  # noqa: E402
from workers.adapters.base import AdapterError  # noqa: E402
from workers.adapters.local_model import pool  # noqa: E402
from workers.residency import Residents  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [
        checkpoints.llama(tmp_path_factory.mktemp(f"model-{seed}"), seed=seed, ends=False)
        for seed in range(3)
    ]


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A crew of one, nothing resident, and bells that nobody hears."""
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)
    yield
    runner.residents.close()


def asked(folder: Path, count: int = 4, tokens: int = 6, **config: Any) -> Study:
    study = world.study()
    world.cases(study, count)
    settings = {"model": str(folder), "dtype": "float32", **config}
    world.system(
        study,
        adapter="transformers-text",
        config=settings,
        decoding={"max_tokens": tokens},
        prompt="Shorten: {text}",
    )
    generation_request(study=study)
    return study


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        work()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.02)


def slowed(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Every step of every engine takes some time, as that of a large model does."""
    from transformers.generation.continuous_batching.model_runner import ModelRunner

    compute = ModelRunner.compute_batch

    def slow(self: Any, *args: Any) -> None:
        time.sleep(seconds)
        compute(self, *args)

    monkeypatch.setattr(ModelRunner, "compute_batch", slow)


def test_answers_are_stored_with_all_that_explains_them(folders: list[Path]) -> None:
    study = asked(folders[0], 5)
    runner.run(resource="gpu")
    assert world.statuses(study) == {"succeeded": 5}
    for row in Generation.objects.all():
        known = row.provenance
        assert known["batching"] == "continuous"
        assert "fever since" in known["prompt_sent"]
        assert known["identity"]["files"]["model.safetensors"]
        assert {"seed", "ask", "load_seconds", "queue_seconds", "waited_seconds"} <= set(known)
        assert {"token_ids_sha256", "template_sha256", "device", "attention"} <= set(known)


def test_a_small_model_can_be_sent_to_the_workers_without_a_gpu(folders: list[Path]) -> None:
    study = asked(folders[0], 1, resource="cpu")
    assert Generation.objects.get().resource == "cpu"
    runner.run(resource="cpu")
    assert world.statuses(study) == {"succeeded": 1}


def test_what_is_cancelled_while_it_is_written_is_given_up(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(monkeypatch, 0.03)
    study = asked(folders[0], 2, tokens=400)
    thread = in_thread(lambda: runner.run(resource="gpu"))
    until(lambda: any(flight.asks for flight in runner.crew.flights.values()))
    generation_cancel(study=study, by="test")
    runner.leases_hold()
    thread.join(timeout=8)
    assert not thread.is_alive()
    assert world.statuses(study) == {"cancelled": 2}


def test_a_stop_breaks_off_what_is_written_and_gives_it_back(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(monkeypatch, 0.03)
    study = asked(folders[0], 3, tokens=400)
    thread = in_thread(lambda: runner.run(resource="gpu"))
    until(lambda: any(flight.asks for flight in runner.crew.flights.values()))
    runner.stop()
    thread.join(timeout=8)
    assert not thread.is_alive()
    assert world.statuses(study) == {"queued": 3}
    assert set(Generation.objects.values_list("attempts", flat=True)) == {0}


def test_what_takes_too_long_has_timed_out(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together with others it is tried again; alone it has failed."""
    slowed(monkeypatch, 0.03)
    study = asked(folders[0], 1, tokens=400, time_limit=0.5)
    runner.run(resource="gpu")
    row = Generation.objects.get()
    assert (world.statuses(study), row.failure) == ({"failed": 1}, "timed_out")
    assert row.provenance["finish_reason"] == "time"


# Which models stay in memory ---------------------------------------------------------------------
def version(number: int, folder: Path, **config: Any) -> SystemVersion:
    settings = {"model": str(folder), "dtype": "float32", "batching": "padded", **config}
    digest = f"{number}-{config}"
    return SystemVersion(pk=number, adapter="transformers-text", config=settings, digest=digest)


def size_of(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size


def limited(monkeypatch: pytest.MonkeyPatch, models: float, folder: Path) -> None:
    limit = int(models * size_of(folder))
    monkeypatch.setattr(devices, "memory_limit", lambda device: limit)


def test_the_longest_unused_models_make_room_by_measured_memory(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, 2.5, folders[0])
    before = len(pool)
    held = Residents(capacity=9)
    a, b, c = (version(n, folder) for n, folder in enumerate(folders))
    for each in (a, b, a, c):
        with held.use(each) as resident:
            assert sum(resident.adapter.holds().values()) == pytest.approx(
                size_of(folders[0]), rel=0.2
            )
    assert held.ids() == [a.pk, c.pk]
    held.close()
    assert len(pool) == before


def test_systems_with_the_same_weights_are_both_resident_in_the_room_of_one(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, 1.5, folders[0])
    held = Residents(capacity=9)
    for number, prompt in enumerate(["", "Be brief.", "Be kind."]):
        with held.use(version(number, folders[0], system_prompt=prompt)):
            pass
    assert held.ids() == [0, 1, 2]
    held.close()


def test_a_busy_model_is_waited_for_and_never_put_out(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, 1.5, folders[0])
    held, order = Residents(capacity=9), list[str]()
    first, second = version(1, folders[0]), version(2, folders[1])

    def other() -> None:
        with held.use(second):
            order.append("second in")

    with held.use(first) as resident:
        thread = in_thread(other)
        time.sleep(0.3)
        assert resident.adapter.holds()
        order.append("first out")
    thread.join(timeout=20)
    assert order == ["first out", "second in"]
    assert held.ids() == [second.pk]
    held.close()


def test_who_waits_for_memory_goes_before_those_that_use_a_loaded_model_again(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, 1.5, folders[0])
    held, order = Residents(capacity=9), list[str]()
    first, second = version(1, folders[0]), version(2, folders[1])

    def use(one: SystemVersion, name: str) -> None:
        with held.use(one):
            order.append(name)

    with held.use(first):
        waiting = in_thread(lambda: use(second, "waited"))
        time.sleep(0.2)
        again = in_thread(lambda: use(first, "came later"))
        time.sleep(0.2)
    for thread in (waiting, again):
        thread.join(timeout=20)
    assert order == ["waited", "came later"]
    held.close()


def test_a_model_that_is_too_large_says_by_how_much(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, 0.5, folders[0])
    held = Residents(capacity=9)
    with pytest.raises(AdapterError, match=r"needs about .* GB; the models of this worker may"):
        held.use(version(1, folders[0])).__enter__()
    assert held.ids() == []


def test_a_loaded_model_is_favoured_until_others_have_waited_their_turn(
    folders: list[Path],
) -> None:
    held = Residents(capacity=2, turn_seconds=0.0)
    monkey = version(1, folders[0])
    with held.use(monkey) as resident:
        resident.load_seconds = 0.0
    held._turn_ends = time.monotonic() + 0.1
    assert held.favoured() == [monkey.pk]
    time.sleep(0.15)
    assert held.favoured() == []
    assert held.ids() == [monkey.pk]
    held.close()


def test_light_systems_do_not_put_out_a_heavy_one(folders: list[Path]) -> None:
    held = Residents(capacity=1)
    with held.use(version(1, folders[0])):
        pass
    for number in range(5, 9):
        with held.use(SystemVersion(pk=number, adapter="mock", config={}, digest=str(number))):
            pass
    assert held.ids() == [1, 8]
    held.close()

"""What a device drew, from a driver that tells it, one that tells less, and none at all."""

import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from workers import energy
from workers.energy import Energy


class FakeNvml:
    """As much of NVML as is asked: ``joules`` grow as told, ``watts`` stand; ``None``: not told."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, joules: float | None = None, watts: float | None = None) -> None:
        self.joules, self.watts = joules, watts
        self.asked: list[Any] = []

    def nvmlInit(self) -> None:  # noqa: N802  (NVML's names)
        return None

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        self.asked.append(index)
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        self.asked.append(uuid)
        return uuid

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any) -> int:  # noqa: N802
        return self._milli(self.joules)

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> int:  # noqa: N802
        return self._milli(self.watts)

    def _milli(self, value: float | None) -> int:
        if value is None:
            raise self.NVMLError("Not Supported")
        return round(value * 1000)


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "_uuid", lambda number: "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def driver(monkeypatch: pytest.MonkeyPatch, **told: float) -> FakeNvml:
    made = FakeNvml(**told)
    monkeypatch.setitem(sys.modules, "pynvml", made)
    return made


def test_a_counter_is_read_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = driver(monkeypatch, joules=1000.0)
    meter = Energy("cuda:0")
    nvml.joules = 1500.0
    meter.begin()  # what was drawn before is nobody's
    nvml.joules = 1520.5
    assert meter.since() == pytest.approx(20.5)
    assert meter.since() == 0.0


def test_without_a_counter_the_power_is_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    driver(monkeypatch, watts=250.0)
    monkeypatch.setattr(energy, "SAMPLE_SECONDS", 0.01)
    monkeypatch.setattr(energy, "IDLE_SECONDS", 0.2)
    meter = Energy("cuda:0")
    sampler = meter._total.__self__  # type: ignore[union-attr]
    sleep(0.5)  # it has fallen asleep meanwhile
    assert sampler._thread is None
    meter.begin()
    sleep(0.15)
    drawn = meter.since()
    assert drawn is not None
    assert 5 < drawn < 250 * 2


@pytest.mark.parametrize("visible", ["", "3,1", "GPU-aa,GPU-bb"])
def test_the_right_one_of_several_gpus_is_asked(
    visible: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml = driver(monkeypatch, joules=1.0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    Energy("cuda:1")
    assert nvml.asked == [{"": 1, "3,1": 1, "GPU-aa,GPU-bb": "GPU-bb"}[visible]]
    monkeypatch.setattr(energy, "_uuid", lambda number: f"GPU-{number}")
    Energy("cuda:1")
    assert nvml.asked[1] == "GPU-1"


def test_who_tells_nothing_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    driver(monkeypatch)
    assert (Energy("cuda:0").known, Energy("cuda:0").since()) == (False, None)


def test_a_binding_without_a_driver_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = driver(monkeypatch, joules=1.0)

    def broken() -> None:
        raise nvml.NVMLError("Driver Not Loaded")

    monkeypatch.setattr(nvml, "nvmlInit", broken)
    assert Energy("cuda:0").since() is None


def test_how_busy_a_gpu_is_is_told_where_its_driver_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = driver(monkeypatch, joules=1.0)
    assert energy.gpu_busy("cpu") is None

    def busy(handle: Any) -> Any:
        return type("Rates", (), {"gpu": 73})

    monkeypatch.setattr(nvml, "nvmlDeviceGetUtilizationRates", busy, raising=False)
    assert energy.gpu_busy("cuda:0") == 0.73

    def untold(handle: Any) -> Any:
        raise nvml.NVMLError("Not Supported")

    monkeypatch.setattr(nvml, "nvmlDeviceGetUtilizationRates", untold)
    assert energy.gpu_busy("cuda:0") is None


def test_this_machine_without_a_gpu_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Energy("cpu").since() is None
    monkeypatch.setitem(sys.modules, "pynvml", None)  # as where it is not installed
    assert Energy("cuda:0").since() is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    from tests.workers import checkpoints

    return checkpoints.llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNvml]:
    """A CPU that tells its energy as a GPU does: a joule more at every look."""
    made = driver(monkeypatch, joules=0.0)

    def look(handle: Any) -> int:
        made.joules = (made.joules or 0.0) + 1.0
        return round(made.joules * 1000)

    monkeypatch.setattr(made, "nvmlDeviceGetTotalEnergyConsumption", look)
    count = energy.counter_of
    monkeypatch.setattr(energy, "counter_of", lambda device: count("cuda:0"))
    yield made


@pytest.mark.parametrize("batching", ["continuous", "padded", "alone"])
def test_all_that_was_drawn_is_shared_by_tokens(
    batching: str, folder: Path, nvml: FakeNvml
) -> None:
    from tests.workers.test_transformers_text import ask
    from workers.adapters.transformers_text import TransformersText

    model = TransformersText({"model": str(folder), "dtype": "float32", "batching": batching})
    model.load()
    asks = [ask("Fever.", seed=n, max_tokens=40, temperature=1.5) for n in range(4)]
    results = list(model.results(asks))
    known = [r.answer.provenance if r.answer else r.provenance for r in results]
    model.close()
    energies = [each["energy_wh_estimated"] * 3600 for each in known]
    assert len(energies) == 4
    assert all(joules > 0 for joules in energies)
    assert 4 < sum(energies) < (nvml.joules or 0)
    assert all(0 < each["device_seconds"] <= each["seconds"] + 0.001 for each in known)
    if batching == "padded":
        per_token = [j / each["tokens_out"] for j, each in zip(energies, known, strict=True)]
        assert max(per_token) == pytest.approx(min(per_token), rel=0.01)


def test_models_that_write_nothing_share_it_equally(nvml: FakeNvml, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from tests.workers import task_checkpoints
    from tests.workers.test_transformers_text import ask
    from workers.adapters.registry import adapter_for

    made = task_checkpoints.bert(tmp_path, "BertForTokenClassification", task_checkpoints.NER)
    model = adapter_for("token-classification", {"model": str(made)})
    model.load()
    known = [each.answer.provenance for each in model.results([ask("Fever."), ask("Cough.")])
             if each.answer]  # fmt: skip
    model.close()
    assert [each["energy_wh_estimated"] * 3600 for each in known] == pytest.approx([0.5, 0.5])

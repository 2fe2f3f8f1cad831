"""One process, one device: what the operator names, what it holds, what it draws."""

from pathlib import Path

import pytest

from workers import devices
from workers.adapters import checkpoint
from workers.adapters.checkpoint import file_sha256
from workers.devices import DeviceError


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "tpu:0"])
def test_an_odd_device_is_refused_in_plain_words(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_DEVICE", name)
    with pytest.raises(DeviceError, match="must be cpu, cuda or cuda:1"):
        devices.device()


def test_a_gpu_that_is_not_there_is_no_reason_to_crawl_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("CONSILIUM_DEVICE", "cuda:1")
    assert devices.device() == "cuda:1"
    monkeypatch.setenv("CONSILIUM_DEVICE", "cuda:2")
    with pytest.raises(DeviceError, match="sees 2 GPUs"):
        devices.device()


def test_memory_has_a_limit_that_the_operator_may_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSILIUM_MODEL_MEMORY_GB", raising=False)
    assert 2**28 < devices.memory_limit("cpu") < 2**50
    assert devices.memory_free("cpu") > 0
    monkeypatch.setenv("CONSILIUM_MODEL_MEMORY_GB", "1.5")
    assert devices.memory_limit("cpu") == 1.5 * 2**30
    monkeypatch.setenv("CONSILIUM_MODEL_MEMORY_GB", "much")
    with pytest.raises(DeviceError, match="must be a number"):
        devices.memory_limit("cpu")


def test_running_out_of_memory_is_told_from_other_faults() -> None:
    assert devices.out_of_memory(MemoryError())
    assert devices.out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert not devices.out_of_memory(RuntimeError("shapes do not fit"))


def test_a_file_is_read_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(checkpoint, "_known", {})
    file, read = tmp_path / "model.safetensors", list[Path]()
    digest = checkpoint._digest
    monkeypatch.setattr(checkpoint, "_digest", lambda path: (read.append(path), digest(path))[1])
    file.write_bytes(b"weights")
    first = file_sha256(file)
    assert file_sha256(file) == first
    monkeypatch.setattr(checkpoint, "_known", {})  # as in another process
    assert file_sha256(file) == first
    assert len(read) == 1
    file.write_bytes(b"other weights")
    assert file_sha256(file) != first
    assert len(read) == 2

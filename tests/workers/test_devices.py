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


def test_an_apple_gpu_is_used_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setenv("CONSILIUM_DEVICE", "mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no Apple GPU"):
        devices.device()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.device() == "mps"
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 10 * 2**30)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 4 * 2**30)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 3 * 2**30)
    assert devices.memory_limit("mps") == 9 * 2**30
    assert devices.memory_free("mps") == 6 * 2**30
    assert devices.memory_taken("mps") == 3 * 2**30


@pytest.mark.parametrize(
    ("device", "generation", "packages", "found"),
    [
        ("cuda:0", 9, {"flash_attn", "flash_attn_interface"},
         ["flash_attention_3", "flash_attention_2"]),
        ("cuda:0", 8, {"flash_attn", "flash_attn_interface"}, ["flash_attention_2"]),
        ("cuda:0", 7, {"flash_attn"}, []),
        ("cuda:0", 9, set(), []),
        ("cpu", 9, {"flash_attn"}, []),
        ("mps", 9, {"flash_attn"}, []),
    ],
)  # fmt: skip
def test_flash_attention_needs_its_package_and_a_gpu_that_is_new_enough(
    device: str, generation: int, packages: set[str], found: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda name: (generation, 0))
    monkeypatch.setattr(
        devices.importlib.util, "find_spec", lambda name: object() if name in packages else None
    )
    assert devices.flash_attentions(device) == found


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

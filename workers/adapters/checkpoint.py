"""A model's files on this machine: where they lie, what they are, and whether they may be used.

Nothing is fetched: workers are offline, downloading is the operator's act. Weights are safetensors
only. A repository's own Python code runs only where the operator listed that very state of it in
``CONSILIUM_REMOTE_CODE`` (``org/name@commit``; for a folder, its digest), and only confined.
"""

import hashlib
import json
import os
import re
import tempfile
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

from workers import sandbox
from workers.adapters.base import AdapterError

KEPT = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja", ".tiktoken", ".py"})
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{64}")
UNREADABLE = ("sam2", "sam3", "edgetam")
"""Beginnings of types whose pictures transformers prepares with torchvision alone."""
PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".ckpt"})
PIECE = 1 << 20
_known: dict[str, list[Any]] = {}
_lock = threading.Lock()


class Checkpoint:
    """``model`` is a folder or a Hub name that has been downloaded; raises ``AdapterError``."""

    def __init__(self, model: str, revision: str = "") -> None:
        self.model, self.revision = model, revision
        self.folder = _folder(model) or _snapshot(model, revision)

    @property
    def commit(self) -> str:
        """The Hub's commit, where the files came from there."""
        name = self.folder.name
        return name if self.folder.parent.name == "snapshots" and COMMIT.fullmatch(name) else ""

    @cached_property
    def files(self) -> dict[str, str]:
        """SHA-256 of every file that may change an answer, by name."""
        found = (path for path in self.folder.rglob("*") if path.suffix in KEPT and path.is_file())
        return {str(path.relative_to(self.folder)): file_sha256(path) for path in sorted(found)}

    @cached_property
    def digest(self) -> str:
        """One SHA-256 over all of ``files``."""
        return hashlib.sha256(json.dumps(self.files, sort_keys=True).encode()).hexdigest()

    @property
    def weights(self) -> str:
        """One SHA-256 over the weights alone, wherever they lie."""
        held = [self.files[name] for name in sorted(self.files) if name.endswith(".safetensors")]
        return hashlib.sha256(json.dumps(held).encode()).hexdigest()

    @property
    def stamp(self) -> str:
        """Another as soon as any of the files is another; costs no reading."""
        found = [path for path in self.folder.rglob("*") if path.suffix in KEPT and path.is_file()]
        states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
        return hashlib.sha256(json.dumps(sorted(states)).encode()).hexdigest()

    def check_pin(self) -> None:
        """Raises ``AdapterError`` where a folder is not, or no longer, what was registered."""
        if self.revision and not self.commit and not DIGEST.fullmatch(self.revision):
            problem = (
                f"{self.model} lies in a folder, which has no revision {self.revision!r}: leave "
                "the revision empty, and trying it pins the files as they are."
            )
            raise AdapterError(problem, failure="rejected_by_policy")
        if DIGEST.fullmatch(self.revision) and self.revision != self.digest:
            problem = (
                f"{self.model} has other files than those that were registered. Register it as a "
                "new version: with the revision left empty, trying it pins the files of now. "
                f"(Their digest is {self.digest[:12]}…, not {self.revision[:12]}….)"
            )
            raise AdapterError(problem, failure="rejected_by_policy")

    @property
    def weight_bytes(self) -> int:
        """Size of the weights on disk."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))

    @property
    def config(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "config.json").read_bytes())
        except (OSError, ValueError) as error:
            raise AdapterError(f"{self.model} has no readable config.json: {error}") from error
        return found if isinstance(found, dict) else {}

    @property
    def state(self) -> str:
        """What a permission to run its code names: the commit, or a folder's digest."""
        return self.commit or self.digest

    def check_type(self) -> None:
        """Raises ``AdapterError`` for models that only run with packages workers do without."""
        config = self.config
        kind = str(config.get("model_type") or "")
        # timm's own files name an architecture and no type that transformers knows.
        timm = kind.startswith("timm_") or (not kind and "architecture" in config)
        package = "timm" if timm else "torchvision" if kind.startswith(UNREADABLE) else ""
        if package:
            problem = (
                f"{self.model} ({kind or config['architecture']}) needs {package}, which workers "
                "do without. Put it behind an HTTP service (adapter http-json), or answer "
                "elsewhere and upload the outputs (adapter precomputed)."
            )
            raise AdapterError(problem, failure="rejected_by_policy")

    def check_weights(self) -> None:
        """Raises ``AdapterError`` where weights are anything but safetensors.

        Other formats are pickles, which run code when they are read; an index could name them.
        """
        named = [name for path in self.folder.glob("*.index.json") for name in _named_in(path)]
        odd = sorted({name for name in named if not name.endswith(".safetensors")})
        if any(self.folder.glob("*.safetensors")) and not odd:
            return
        found = odd or sorted(p.name for p in self.folder.iterdir() if p.suffix in PICKLES)
        has = f"has {', '.join(found[:3])}" if found else "has no weights"
        problem = f"{self.model} {has}: only weights in safetensors are read."
        raise AdapterError(problem, failure="rejected_by_policy")

    def options(self) -> dict[str, Any]:
        """What every loader of this checkpoint is told."""
        allowed = self.code_allowed()
        if allowed and not sandboxed():
            raise AdapterError("Code of its own runs confined only.", failure="rejected_by_policy")
        return {"local_files_only": True, "trust_remote_code": allowed}

    def code_allowed(self) -> bool:
        """Whether the operator let exactly this state run code of its own; refuses the others."""
        if "auto_map" not in self.config:
            return False
        words = os.environ.get("CONSILIUM_REMOTE_CODE", "").split(",")
        state = self.state
        if self.revision == state and f"{self.model}@{state}" in {word.strip() for word in words}:
            return True
        problem = (
            f"{self.model} brings code of its own, which is not run: an admin may pin the revision "
            f"{state} and list {self.model}@{state} in CONSILIUM_REMOTE_CODE on the workers."
        )
        raise AdapterError(problem, failure="rejected_by_policy")


def sandboxed() -> bool:
    """Whether this is a confined process (see ``workers.sandbox``)."""
    return sandbox.inside


def _named_in(index: Path) -> list[str]:
    """The files that an index of weights names."""
    try:
        found = json.loads(index.read_bytes())["weight_map"]
        return [str(name) for name in found.values()]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read again only when its size or its time of change differs."""
    real, stat = str(path.resolve()), path.stat()
    state = [stat.st_size, stat.st_mtime_ns]
    with _lock:
        if not _known:
            _known.update(_stored())
        held = _known.get(real)
    if held is None or held[:2] != state:
        held = [*state, _digest(path)]
        with _lock:
            _known[real] = held
            _store()
    return str(held[2])


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _cache_file() -> Path:
    folder = os.environ.get("CONSILIUM_DATA_DIR") or Path(tempfile.gettempdir()) / "consilium"
    return Path(folder) / "checkpoint-hashes.json"


def _stored() -> dict[str, list[Any]]:
    try:
        found = json.loads(_cache_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _store() -> None:
    """Kept for the next start; where nothing can be written, files are read once per process."""
    file = _cache_file()
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(_stored() | _known))
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)


def _folder(model: str) -> Path | None:
    places = [Path(model).expanduser()]
    if models := os.environ.get("CONSILIUM_MODELS_DIR"):
        places.append(Path(models) / model)
    return next((place.resolve() for place in places if (place / "config.json").is_file()), None)


def _snapshot(model: str, revision: str) -> Path:
    """The folder of a Hub checkpoint in the cache of ``CONSILIUM_MODELS_DIR``, else of the Hub."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError as error:
        raise no_torch() from error
    where = os.environ.get("CONSILIUM_MODELS_DIR") or None
    try:
        return Path(
            snapshot_download(
                model, revision=revision or None, cache_dir=where, local_files_only=True
            )
        )
    except (HFValidationError, LocalEntryNotFoundError, OSError) as error:
        pinned = f" --revision {revision}" if revision else ""
        place = f" --cache-dir {where}" if where else ""
        problem = (
            f"{model} is not on this worker, which downloads nothing by itself: "
            f"run `hf download {model}{pinned}{place}` there, or name a folder."
        )
        raise AdapterError(problem) from error


def no_torch() -> AdapterError:
    """The worker's fault, not the system's: another worker may have what this one lacks."""
    problem = 'This worker has no torch: install it with pip install ".[models]".'
    return AdapterError(problem, retryable=True, retry_after=60.0)

"""Base of every adapter whose weights are loaded in this process.

A subclass names transformers' classes and answers a batch; loading, safety, sharing of weights,
batches of similar size, halving when memory runs out, and provenance come from here.
"""

import logging
import threading
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from workers import devices
from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Result, adapter_error
from workers.adapters.checkpoint import Checkpoint, no_torch, sandboxed
from workers.adapters.labels import labels_check
from workers.adapters.sandboxed import SandboxedModel
from workers.energy import Energy

logger = logging.getLogger(__name__)
BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
HALF = frozenset({"float16", "bfloat16"})
ROOM = 1.2
"""Memory beside the weights, as a factor: activations and buffers."""


@dataclass
class Loaded:
    """Weights in memory and what prepares their input, used by one system or several."""

    model: Any
    processor: Any
    size: int
    """Bytes, as measured on the device."""
    users: int = 0
    turn: threading.RLock = field(default_factory=threading.RLock)
    beside: dict[Any, Any] = field(default_factory=dict)
    """What else lives and ends with the weights, by name; each has a ``size`` and a ``close``."""


class Pool:
    """Loaded weights by what they were loaded as: systems that share weights hold them once."""

    def __init__(self) -> None:
        self._held: dict[Any, Loaded] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def take(self, key: Any, load: Callable[[], Loaded]) -> Loaded:
        with self._lock:
            if key not in self._held:
                self._held[key] = load()
            self._held[key].users += 1
            return self._held[key]

    def give_back(self, key: Any) -> None:
        with self._lock:
            held = self._held[key]
            held.users -= 1
            if not held.users:
                del self._held[key]
                for thing in held.beside.values():
                    thing.close()


pool = Pool()


class LocalModel(Adapter):
    """``model`` (folder or Hub name), ``dtype`` and ``attention``; the rest is a subclass'.

    A subclass sets ``model_class`` and ``processor_class`` and writes ``run``. It finds the loaded
    ``model``, its ``processor`` and the ``device`` as attributes; torch is imported inside methods.
    """

    model_class: ClassVar[str]
    """A class of transformers, such as ``AutoModelForTokenClassification``."""
    processor_class: ClassVar[str] = "AutoTokenizer"
    """Another one; empty where inputs need no preparation."""
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers", "tokenizers", "safetensors")
    may_lack: ClassVar[tuple[str, ...]] = ()
    """Parts of the model that it does not use, so that the files may be without."""
    batch = 16
    heavy = True

    _loaded: Loaded | None = None

    @abstractmethod
    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        """One answer per ask, in their order; called in inference mode, by one thread at a time.

        An error in an answer's place concerns that ask alone; a raised one the whole batch, which
        is then halved until the culprit stands alone.
        """

    def size(self, ask: Ask) -> int:
        """How much work an ask is; asks of similar size share a batch."""
        return len(ask.text)

    def auto_class(self) -> str:
        """The class of transformers that loads this very model; override where types differ."""
        return self.model_class

    def classes(self) -> list[str]:
        """What the model tells apart: its own classes, and those that the system names."""
        own = getattr(self.model.config, "id2label", None) or {}
        return [str(name) for name in (*own.values(), *(self.config.get("classes") or ()))]

    def kind(self, ask: Ask) -> Hashable:
        """Only asks of one kind share a batch; all are of one unless a subclass tells apart."""
        return None

    @property
    def model(self) -> Any:
        return self._held.model

    @property
    def processor(self) -> Any:
        return self._held.processor

    @property
    def _held(self) -> Loaded:
        if self._loaded is None:
            raise AdapterError("The model is not loaded.", retryable=True)
        return self._loaded

    @cached_property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(str(self.config["model"]), self.revision)

    @cached_property
    def device(self) -> str:
        return devices.device()

    @cached_property
    def energy(self) -> Energy:
        return Energy(self.device)

    def contained(self) -> Adapter:
        """Confined where the checkpoint brings code of its own and that was allowed.

        What keeps it from being loaded is told when it is loaded.
        """
        try:
            allowed = not sandboxed() and self.checkpoint.code_allowed()
        except AdapterError:
            return self
        return SandboxedModel(self) if allowed else self

    def load(self) -> None:
        self.checkpoint.check_pin()
        self.checkpoint.check_type()
        self.checkpoint.check_weights()
        self._loaded = pool.take(self._key, self._read)
        labels_check(self.config, self.classes())
        _ = self.checkpoint.files  # reading them all takes time, which belongs to loading

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded = None
            pool.give_back(self._key)
            devices.memory_release(self.device)

    def needs(self) -> int:
        """From the files' size; what is there already, for another system, costs nothing more."""
        if self._key in pool:
            return 0
        config = self.checkpoint.config
        stored = BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 4)
        return int(self.checkpoint.weight_bytes * BYTES.get(self._dtype, stored) / stored * ROOM)

    def holds(self) -> Mapping[str, int]:
        if self._loaded is None:
            return {}
        name = " ".join(self._key)
        beside = {f"{name} {key}": thing.size for key, thing in self._loaded.beside.items()}
        return {name: self._loaded.size, **beside}

    def identity(self) -> dict[str, Any]:
        config = self.model.config
        return {
            **super().identity(),
            "commit": self.checkpoint.commit,
            "files": self.checkpoint.files,
            "class": type(self.model).__name__,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "attention": getattr(config, "_attn_implementation", None),
            "device_type": self.device.partition(":")[0],
            "cuda": _cuda_version(),
        }

    def answer(self, ask: Ask) -> Answer:
        found = self.answer_batch([ask])[0]
        if isinstance(found, AdapterError):
            raise found
        return found

    def answer_batch(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        import torch

        with self._held.turn, torch.inference_mode():
            self.energy.begin()
            found = self.run(asks)
            drawn = self.energy.since()
        known = {} if drawn is None else {"energy_wh_estimated": drawn / 3600 / len(asks)}
        return [self.told(each, known) for each in found]

    def told(
        self, answer: Answer | AdapterError, beside: Mapping[str, Any] | None = None
    ) -> Answer | AdapterError:
        """With what is known of every answer of this model, and of this batch."""
        if isinstance(answer, AdapterError):
            return answer
        known = {**self.known(), **(beside or {}), **answer.provenance}
        return replace(answer, provenance=known)

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Asks of one kind and similar size together; one that cannot be measured fails alone."""
        kinds: dict[Hashable, list[tuple[int, Ask]]] = {}
        for ask in asks:
            try:
                kinds.setdefault(self.kind(ask), []).append((self.size(ask), ask))
            except Exception as error:
                yield Result(ask, error=adapter_error(error).with_traceback(None))
        for sized in kinds.values():
            sized.sort(key=lambda pair: pair[0])
            yield from super().results([ask for _, ask in sized])

    def known(self) -> dict[str, Any]:
        """What is worth knowing of every answer: where and how the numbers were computed."""
        return {
            "device": devices.device_name(self.device),
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "attention": getattr(self.model.config, "_attn_implementation", None),
        }

    def on_device(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Tensors moved to the model's device; floating ones in the model's precision."""
        return {
            key: value.to(self.model.device, self.model.dtype)
            if value.is_floating_point()
            else value.to(self.model.device)
            for key, value in inputs.items()
        }

    def _together(
        self, asks: Sequence[Ask]
    ) -> tuple[Sequence[Answer | AdapterError], AdapterError | None]:
        """After memory ran out, later batches are no larger than what may fit."""
        answers, error = super()._together(asks)
        if error is not None and error.failure == "out_of_memory":
            self.batch = max(1, min(self.batch, len(asks)) // 2)
            devices.memory_release(self.device)
        return answers, error

    @property
    def _dtype(self) -> str:
        return str(self.config.get("dtype", "auto"))

    @cached_property
    def _key(self) -> tuple[str, ...]:
        """Files that were exchanged are loaded anew, though others still answer with the old."""
        folder, stamp = str(self.checkpoint.folder), self.checkpoint.stamp
        attention = str(self.config.get("attention") or "auto")
        return (folder, stamp, self.auto_class(), self._dtype, attention, self.device)

    def _read(self) -> Loaded:
        try:
            import transformers
        except ImportError as error:
            raise no_torch() from error
        transformers.utils.logging.disable_progress_bar()
        before = devices.memory_taken(self.device)
        folder, options = self.checkpoint.folder, self.checkpoint.options()
        model = self._weights(getattr(transformers, self.auto_class()), folder, options)
        model.to(self.device).eval()
        prepares = self.processor_class and getattr(transformers, self.processor_class)
        processor = prepares.from_pretrained(folder, **options) if prepares else None
        size = devices.memory_taken(self.device) - before
        return Loaded(model, processor, size or _parameter_bytes(model))

    def _weights(self, kind: Any, folder: Any, options: Mapping[str, Any]) -> Any:
        """With the first attention that this model and this worker have; which one is recorded."""
        *faster, last = self._attentions()
        told = {"use_safetensors": True, "dtype": self._dtype, **options}
        for attention in faster:
            try:
                return self._whole(kind, folder, attn_implementation=attention, **told)
            except (ValueError, ImportError) as error:
                logger.info("%s without %s: %s", self.config["model"], attention, error)
        try:
            return self._whole(kind, folder, attn_implementation=last, **told)
        except ValueError as error:
            if "Unrecognized configuration class" not in str(error):
                raise
            raise self._other_type() from error

    def _whole(self, kind: Any, folder: Any, **told: Any) -> Any:
        """Raises ``AdapterError`` where weights are missing: transformers would draw them at random
        and go on, as when an encoder without a head is taken for a classifier.
        """
        model, found = kind.from_pretrained(folder, output_loading_info=True, **told)
        learned = {name for name, _ in model.named_parameters()}  # buffers are made, not learned
        missing = sorted(
            name
            for name in learned & set(found["missing_keys"])
            if not any(part in self.may_lack for part in name.split("."))
        )
        if not missing:
            return model
        problem = (
            f"{self.config['model']} has no weights for {', '.join(missing[:3])}"
            f"{' and others' if missing[3:] else ''}, so it was not trained for this task and "
            "would answer at random: take a checkpoint that was, or fit a head on it (a probe)."
        )
        raise AdapterError(problem, failure="rejected_by_policy")

    def _other_type(self) -> AdapterError:
        problem = (
            f"{self.config['model']} is a model of the type "
            f"{self.checkpoint.config.get('model_type')!r}, which answers in another way: go back "
            "and choose what fits it."
        )
        return AdapterError(problem, failure="rejected_by_policy")

    def _attentions(self) -> list[str | None]:
        """The one that is told; else flash attention where it can be, then the model's own."""
        told = str(self.config.get("attention") or "auto")
        if told != "auto":
            return [told]
        config = self.checkpoint.config
        stored = str(config.get("dtype") or config.get("torch_dtype"))
        half = (stored if self._dtype == "auto" else self._dtype) in HALF
        return [*(devices.flash_attentions(self.device) if half else []), None]


def _parameter_bytes(model: Any) -> int:
    """Bytes of a model's parameters and buffers."""
    held = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in held)


def _cuda_version() -> str | None:
    import torch

    return torch.version.cuda if torch.cuda.is_available() else None

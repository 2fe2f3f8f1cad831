"""Adapters by name; a module is imported only when its adapter is chosen."""

import importlib
from collections.abc import Mapping
from typing import Any

from workers.adapters.base import Adapter

_places: dict[str, str] = {}


def register(name: str, place: str) -> None:
    """Make ``module:Class`` available as ``name``; a name is given once."""
    if name in _places:
        raise ValueError(f"There is an adapter {name!r} already: {_places[name]}.")
    _places[name] = place


def names() -> list[str]:
    return sorted(_places)


def adapter_class(name: str) -> type[Adapter]:
    if name not in _places:
        raise LookupError(f"No adapter {name!r}; there are: {', '.join(names())}.")
    module, _, attribute = _places[name].partition(":")
    found: type[Adapter] = getattr(importlib.import_module(module), attribute)
    return found


def adapter_for(name: str, config: Mapping[str, Any], revision: str = "") -> Adapter:
    """A new adapter with its settings, not yet loaded; confined where its code is not ours."""
    return adapter_class(name)(config, revision).contained()


register("variant", "workers.adapters.variant:Variant")
register("mock", "workers.adapters.mock:Mock")
register("extractive-summary", "workers.adapters.extractive_summary:ExtractiveSummary")
register("openai-compatible", "workers.adapters.openai_compatible:OpenAICompatible")
register("http-json", "workers.adapters.http_json:HttpJson")
register("python-callable", "workers.adapters.python_callable:PythonCallable")
register("transformers-text", "workers.adapters.transformers_text:TransformersText")
register(
    "transformers-image-text", "workers.adapters.transformers_image_text:TransformersImageText"
)
register("segmentation", "workers.adapters.segmentation:Segmentation")
register("entity-tagging", "workers.adapters.entity_tagging:EntityTagging")

TASKS = {
    "text_tasks": {
        "token-classification": "TokenClassification",
        "text-classification": "TextClassification",
        "zero-shot-text": "ZeroShotText",
        "extractive-answer": "ExtractiveAnswer",
        "text-to-text": "TextToText",
    },
    "forecasting": {"time-series-forecast": "Forecasting"},
    "text_prompted": {"text-prompted-segmentation": "TextPromptedSegmentation"},
    "probes": {"text-probe": "TextProbe", "image-probe": "ImageProbe"},
    "image_tasks": {
        "image-classification": "ImageClassification",
        "zero-shot-image": "ZeroShotImage",
        "object-detection": "ObjectDetection",
        "zero-shot-detection": "ZeroShotDetection",
        "image-segmentation": "ImageSegmentation",
        "prompted-segmentation": "PromptedSegmentation",
    },
}
for _module, _adapters in TASKS.items():
    for _name, _class in _adapters.items():
        register(_name, f"workers.adapters.{_module}:{_class}")

"""A frozen encoder with a head that the worker fits from labelled embeddings."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from workers.adapters.base import AdapterError, Answer, Ask, Record
from workers.adapters.local_model import LocalModel
from workers.adapters.pictures import pictures_of
from workers.probes.heads import Head, head_fit
from workers.probes.survival import Hazards, hazards_fit
from workers.probes.training import Floats, training_read

SURVIVAL = "survival"
MOST_TILES = 4096


class Probe(LocalModel):
    """``training``: a file of embeddings; ``head``: one of ``HEADS``, or survival.

    The training set must have been embedded by the same encoder and pooling
    (``python -m workers.probes``).
    """

    model_class = "AutoModel"
    may_lack = ("pooler",)
    packages = (*LocalModel.packages, "scikit-learn", "scipy")

    def load(self) -> None:
        self._training = training_read(str(self.config.get("training", "")))
        options = self.config.get("options") or {}
        kind = str(self.config.get("head", "linear"))
        self._head: Head | Hazards = (
            hazards_fit(self._training, float(options.get("ridge", 1.0)))
            if kind == SURVIVAL
            else head_fit(kind, self._training, options)
        )
        super().load()
        self._check_training()

    def _check_training(self) -> None:
        """A head says nothing about the states of another encoder, though they be as many."""
        held, pooling = self._training, str(self.config.get("pooling", "first"))
        if held.encoder not in ("", self.checkpoint.weights):
            problem = (
                f"The training set {self.config['training']} was embedded by another encoder than "
                f"{self.config['model']}: make it anew with “python -m workers.probes”."
            )
            raise AdapterError(problem, failure="rejected_by_policy")
        if held.pooling not in ("", pooling):
            problem = (
                f"The training set {self.config['training']} was pooled by {held.pooling!r}, the "
                f"system by {pooling!r}: choose the same."
            )
            raise AdapterError(problem, failure="rejected_by_policy")

    def identity(self) -> dict[str, Any]:
        chosen = self._head.chosen if isinstance(self._head, Head) else {}
        return {**super().identity(), "training_sha256": self._training.sha256, "chosen": chosen}

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [Answer(self._record(ask, self._fitting(self.embedded(ask)))) for ask in asks]

    @abstractmethod
    def embedded(self, ask: Ask) -> Floats:
        """(M, D): one row per text, image or tile of the case."""

    def pooled(self, outputs: Any, mask: Any = None) -> Floats:
        """(M, D) from hidden states: the first token, or the mean over all that are not padding."""
        if getattr(outputs, "last_hidden_state", None) is None:
            problem = f"{self.config['model']} is no encoder: it gives no states to fit a head on."
            raise AdapterError(problem, failure="rejected_by_policy")
        hidden = outputs.last_hidden_state.float()
        if self.config.get("pooling", "first") == "mean":
            weights = (hidden.new_ones(hidden.shape[:2]) if mask is None else mask).unsqueeze(-1)
            found = (hidden * weights).sum(1) / weights.sum(1)
        else:
            found = hidden[:, 0]
        return np.asarray(found.cpu().numpy(), dtype=np.float64)

    def _fitting(self, embeddings: Floats) -> Floats:
        wanted = self._training.embeddings.shape[1]
        if embeddings.shape[1] != wanted:
            problem = f"The encoder gives {embeddings.shape[1]} numbers, the training set {wanted}."
            raise AdapterError(problem, failure="rejected_by_policy")
        return embeddings

    def _record(self, ask: Ask, embeddings: Floats) -> Record:
        if isinstance(self._head, Head):
            chances = self._head.probabilities(embeddings)
            pairs = zip(self._head.classes, chances.tolist(), strict=True)
            return {"labels": {name: min(1.0, max(0.0, chance)) for name, chance in pairs}}
        mean, unit = embeddings.mean(axis=0), str(self.config.get("time_unit") or "")
        if ask.output_kind == "survival-curve":
            times, survival = self._head.curve(mean)
            return {"t": [0.0, *times], "S": [1.0, *survival], "time_unit": unit}
        horizon = float(self.config.get("horizon") or self._head.times[-1])
        return {"p": self._head.chance(mean, horizon), "horizon": f"{horizon:g} {unit}".strip()}


class TextProbe(Probe):
    """The case's text, cut to what the encoder reads."""

    def embedded(self, ask: Ask) -> Floats:
        if not ask.text.strip():
            raise AdapterError("The case has no text.", failure="rejected_by_policy")
        longest = min(self.processor.model_max_length, 512)
        encoded = self.processor(
            [ask.text], truncation=True, max_length=longest, return_tensors="pt"
        )
        known = set(self.processor.model_input_names)
        inputs = self.on_device({k: v for k, v in encoded.items() if k in known})
        return self.pooled(self.model(**inputs), inputs.get("attention_mask"))


class ImageProbe(Probe):
    """The case's images; with ``tile`` (pixels), the tiles of each that are not blank."""

    processor_class = "AutoImageProcessor"
    batch = 8

    def embedded(self, ask: Ask) -> Floats:
        pictures = [tile for picture in pictures_of(ask) for tile in self._tiles(picture)]
        if not pictures:
            raise AdapterError("The case has no image.", failure="rejected_by_policy")
        rows = []
        for start in range(0, len(pictures), self.batch):
            some = pictures[start : start + self.batch]
            encoded = self.processor(images=some, return_tensors="pt")
            rows.append(
                self.pooled(
                    getattr(self.model, "vision_model", self.model)(**self.on_device(encoded))
                )
            )
        return np.concatenate(rows)

    def _tiles(self, picture: Image.Image) -> list[Image.Image]:
        side = int(self.config.get("tile") or 0)
        if not side or max(picture.size) <= side:
            return [picture]
        places = [
            (x, y, x + side, y + side)
            for y in range(0, picture.height - side + 1, side)
            for x in range(0, picture.width - side + 1, side)
        ]
        tiles = [picture.crop(place) for place in places[:MOST_TILES]]
        return [tile for tile in tiles if np.asarray(tile).std() > 8] or tiles[:1]

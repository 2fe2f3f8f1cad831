"""Image models for one task each: classes, boxes, masks; by themselves or told what to look for."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from evaluation.kinds.rle import rle_encode
from workers.adapters.base import AdapterError, Answer, Ask, Record
from workers.adapters.labels import candidates, labels_record, renamed
from workers.adapters.local_model import LocalModel
from workers.adapters.pictures import pictures_of

POINT = re.compile(r"point\s*[:=]?\s*\(?\s*(\d+)\s*,\s*(\d+)", re.IGNORECASE)
BOX = re.compile(r"box\s*[:=]?\s*[\[(]?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)", re.IGNORECASE)

UNIVERSAL = frozenset({"maskformer", "mask2former"})
"""Types of models that find segments of any kind; their classes are read as semantic ones."""


class ImageTask(LocalModel):
    """A model that looks at the case's first image."""

    processor_class = "AutoImageProcessor"
    batch = 8

    def picture(self, ask: Ask) -> Image.Image:
        found = pictures_of(ask)
        if not found:
            raise AdapterError("The case has no image.", failure="rejected_by_policy")
        return found[0]

    def size(self, ask: Ask) -> int:
        return len(ask.images[0].data) if ask.images else 0

    def outputs(self, pictures: list[Image.Image], **more: Any) -> Any:
        encoded = self.processor(images=pictures, return_tensors="pt", **more)
        return self.model(**self.on_device(encoded))


class PerImage(ImageTask):
    """A model that is told nothing but the image."""

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        pictures = [self.picture(ask) for ask in asks]
        return [Answer(record) for record in self.records(pictures)]

    @abstractmethod
    def records(self, pictures: list[Image.Image]) -> list[Record]:
        """One record per picture, in their order."""


class ImageClassification(PerImage):
    """Probabilities of the model's classes. ``labels`` renames them; null leaves one out."""

    model_class = "AutoModelForImageClassification"

    def records(self, pictures: list[Image.Image]) -> list[Record]:
        logits, config = self.outputs(pictures).logits.float(), self.model.config
        several = config.problem_type == "multi_label_classification"
        chances = (logits.sigmoid() if several else logits.softmax(-1)).tolist()
        names = [config.id2label[number] for number in range(config.num_labels)]
        return [labels_record(self.config, names, row) for row in chances]


class ZeroShotImage(PerImage):
    """Probabilities of classes named in ``classes``, by a model of CLIP's or SigLIP's kind."""

    model_class = "AutoModelForZeroShotImageClassification"
    processor_class = "AutoProcessor"

    def records(self, pictures: list[Image.Image]) -> list[Record]:
        names = candidates(self.config)
        template = str(self.config.get("template") or "This is a photo of {}.")
        siglip = str(self.model.config.model_type).startswith("siglip")
        logits = self.outputs(
            pictures,
            text=[template.replace("{}", name) for name in names],
            # SigLIP learned with texts filled up to one length.
            padding="max_length" if siglip else True,
            truncation=True,
        ).logits_per_image.float()
        chances = (logits.sigmoid() if siglip else logits.softmax(-1)).tolist()
        return [labels_record(self.config, names, row) for row in chances]


class ObjectDetection(PerImage):
    """Boxes of the model's classes that score at least ``threshold``."""

    model_class = "AutoModelForObjectDetection"

    def records(self, pictures: list[Image.Image]) -> list[Record]:
        found = self.processor.post_process_object_detection(
            self.outputs(pictures), threshold=self.threshold, target_sizes=_sizes(pictures)
        )
        names = self.model.config.id2label
        return [
            self.boxes(each, [names[int(n)] for n in each["labels"]], picture)
            for each, picture in zip(found, pictures, strict=True)
        ]

    @property
    def threshold(self) -> float:
        return float(self.config.get("threshold", 0.5))

    def boxes(self, found: Mapping[str, Any], names: Sequence[str], picture: Image.Image) -> Record:
        """In pixels, cut to the image; what lies outside is left out."""
        rows = zip(found["boxes"].tolist(), names, found["scores"].tolist(), strict=True)
        boxes = []
        for corners, name, score in rows:
            label, place = renamed(self.config, name), _within(corners, picture)
            if label is not None and place is not None:
                boxes.append({**place, "label": label, "score": round(min(1.0, score), 6)})
        return {"boxes": boxes}


class ZeroShotDetection(ObjectDetection):
    """Boxes of things named in ``classes`` (OWL-ViT, OWLv2, Grounding DINO)."""

    model_class = "AutoModelForZeroShotObjectDetection"
    processor_class = "AutoProcessor"

    def records(self, pictures: list[Image.Image]) -> list[Record]:
        names = [candidates(self.config)] * len(pictures)
        outputs = self.outputs(pictures, text=names, padding="max_length", truncation=True)
        found = self.processor.post_process_grounded_object_detection(
            outputs, threshold=self.threshold, target_sizes=_sizes(pictures), text_labels=names
        )
        return [
            self.boxes(*_named(each, wanted), picture)
            for each, wanted, picture in zip(found, names, pictures, strict=True)
        ]


def _named(found: Mapping[str, Any], wanted: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Each box with one of the classes that were asked for.

    Grounding DINO gives the words a box goes with: a class, a part of one, or several. The class
    that shares most words with them is meant; a box whose words are of none is left out.
    """
    names = [_meant(str(label), wanted) for label in found["text_labels"]]
    kept = [place for place, name in enumerate(names) if name]
    boxes = {key: found[key][kept] for key in ("boxes", "scores")}
    return boxes, [name for name in names if name]


def _meant(label: str, wanted: Sequence[str]) -> str:
    if label in wanted:
        return label
    words = set(re.findall(r"\w+", label.lower()))
    shared = [len(words & set(re.findall(r"\w+", name.lower()))) for name in wanted]
    most = max(shared)
    return wanted[shared.index(most)] if most else ""


class ImageSegmentation(PerImage):
    """A mask for each class of the model but background. ``labels`` renames or leaves out."""

    model_class = "AutoModelForSemanticSegmentation"

    def auto_class(self) -> str:
        universal = self.checkpoint.config.get("model_type") in UNIVERSAL
        return "AutoModelForUniversalSegmentation" if universal else self.model_class

    def records(self, pictures: list[Image.Image]) -> list[Record]:
        maps = self.processor.post_process_semantic_segmentation(
            self.outputs(pictures), target_sizes=_sizes(pictures)
        )
        return [self._masks(each.cpu().numpy()) for each in maps]

    def _masks(self, classes: np.ndarray) -> Record:
        height, width = classes.shape
        objects = []
        for number in np.unique(classes):
            name = self.model.config.id2label.get(int(number), str(number))
            label = None if name.lower() == "background" else renamed(self.config, name)
            if label is not None:
                objects.append({"label": label, "counts": rle_encode(classes == number)})
        return {"width": width, "height": height, "objects": objects}


class PromptedSegmentation(ImageTask):
    """A mask of what a point or a box is on, by a model of SAM's kind.

    The prompt stands in the case's text, as in "point: 120, 80" or "box: 10, 20, 200, 180" (left,
    top, right, bottom in pixels); without one it is the middle of the image.
    """

    model_class = "AutoModelForMaskGeneration"
    processor_class = "AutoProcessor"

    def run(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        return [self._answered(ask) for ask in asks]

    def _answered(self, ask: Ask) -> Answer:
        picture = self.picture(ask)
        prompt = prompt_of(ask.text, picture.size)
        encoded = self.processor(images=picture, return_tensors="pt", **prompt)
        outputs = self.model(**self.on_device(encoded), multimask_output=True)
        masks = self.processor.post_process_masks(
            outputs.pred_masks.cpu(), encoded["original_sizes"], encoded["reshaped_input_sizes"]
        )[0]
        scores = outputs.iou_scores.float().cpu().reshape(-1)
        best = int(scores.argmax())
        mask = masks.reshape(-1, *masks.shape[-2:])[best].numpy().astype(bool)
        label = str(self.config.get("label") or "region")
        record = {"width": picture.width, "height": picture.height}
        objects = [{"label": label, "counts": rle_encode(mask)}]
        known = {"prompt": next(iter(prompt.items())), "score": round(float(scores[best]), 4)}
        return Answer({**record, "objects": objects}, known)


def prompt_of(text: str, size: tuple[int, int]) -> dict[str, Any]:
    """What a prompted model is told of one image; raises ``AdapterError`` for a place outside."""
    width, height = size
    if found := BOX.search(text):
        left, top, right, bottom = map(int, found.groups())
        if not (left < right <= width and top < bottom <= height):
            problem = (
                f"The box {found[0]!r} does not lie in the image of {width} × {height} pixels."
            )
            raise AdapterError(problem, failure="rejected_by_policy")
        return {"input_boxes": [[[left, top, right, bottom]]]}
    x, y = map(int, found.groups()) if (found := POINT.search(text)) else (width // 2, height // 2)
    if x >= width or y >= height:
        problem = f"The point {x}, {y} does not lie in the image of {width} × {height} pixels."
        raise AdapterError(problem, failure="rejected_by_policy")
    return {"input_points": [[[x, y]]]}


def _sizes(pictures: Sequence[Image.Image]) -> list[tuple[int, int]]:
    return [(picture.height, picture.width) for picture in pictures]


def _within(corners: Sequence[float], picture: Image.Image) -> Record | None:
    left, right = (min(max(x, 0.0), float(picture.width)) for x in corners[::2])
    top, bottom = (min(max(y, 0.0), float(picture.height)) for y in corners[1::2])
    if right - left < 1 or bottom - top < 1:
        return None
    place = {"x": left, "y": top, "w": right - left, "h": bottom - top}
    return {key: round(value, 2) for key, value in place.items()}

"""A language model that looks at pictures, from the Hub or a folder, run in this process.

Answered in padded batches: transformers has no continuous batching for images. Images are prepared
by Pillow; torchvision is not needed.
"""

from collections.abc import Sequence
from typing import Any

from workers.adapters.base import SAID, AdapterError, Answer, Ask
from workers.adapters.chat_template import Prompt
from workers.adapters.pictures import pictures_of
from workers.adapters.text_model import TextModel

IMAGE_SIZE = 1000
"""An image counts as so many characters when batches of similar size are made."""


class TransformersImageText(TextModel):
    """Images first, then the text, in one user's turn; a case without images is only text."""

    model_class = "AutoModelForImageTextToText"
    processor_class = "AutoProcessor"
    batch = 8
    reads = ("text", "image")

    def size(self, ask: Ask) -> int:
        return len(ask.rendered) + IMAGE_SIZE * len(ask.images)

    def content(self, text: str, ask: Ask | None = None) -> Any:
        shown: list[dict[str, Any]] = []
        for part, image in zip(ask.images, pictures_of(ask), strict=True) if ask else ():
            said = part.meta.get(SAID)
            shown += [{"type": "text", "text": said}] if said else []
            shown.append({"type": "image", "image": image})
        return [*shown, {"type": "text", "text": text}]

    def run(self, asks: Sequence[Ask]) -> list[Answer | AdapterError]:
        from workers.adapters.generating import generate

        talks = [self.messages(ask) for ask in asks]
        inputs = self.on_device(self.template.inputs(talks))
        prompts = [
            Prompt(self.template.text(talk), tuple(ids[mask.bool()].tolist()))
            for talk, ids, mask in zip(
                talks, inputs["input_ids"], inputs["attention_mask"], strict=True
            )
        ]
        requests = [self.request(ask, p.ids) for ask, p in zip(asks, prompts, strict=True)]
        mode = "padded" if len(asks) > 1 else "alone"
        made = generate(self.model, inputs, requests, self.stops, energy=self.energy, batching=mode)
        return [self.answered(*each) for each in zip(asks, requests, made, prompts, strict=True)]

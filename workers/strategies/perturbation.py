"""Small changes that should not matter: typing errors, case, spacing; noise, blur, brightness."""

import io
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from workers.adapters.base import Ask, Part
from workers.strategies.base import Changed, OptionError, text_of, with_text

TextChange = Callable[[str, float, random.Random], str]


def typos(text: str, strength: float, chance: random.Random) -> str:
    """Swaps neighbouring letters inside words; ``strength`` is the share of words hit."""
    words = text.split(" ")
    return " ".join(_swapped(w, chance) if chance.random() < strength else w for w in words)


def lower_case(text: str, strength: float, chance: random.Random) -> str:
    """Small letters throughout."""
    return text.lower()


def spacing(text: str, strength: float, chance: random.Random) -> str:
    """Blanks doubled; ``strength`` is the share of blanks hit."""
    return "".join(c + " " if c == " " and chance.random() < strength else c for c in text)


def _swapped(word: str, chance: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    place = chance.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def noise(pixels: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Gaussian noise with a standard deviation of ``strength`` of the full range."""
    return pixels + np.random.default_rng(seed).normal(0, 255 * strength, pixels.shape)


def brightness(pixels: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Brighter by ``strength`` of the full range."""
    return pixels + 255 * strength


def blur(pixels: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Gaussian blur; its standard deviation is ``strength`` of a hundredth of the longer side."""
    from scipy.ndimage import gaussian_filter

    sigma = strength * max(pixels.shape[:2]) / 100
    return np.asarray(gaussian_filter(pixels, (sigma, sigma, *[0] * (pixels.ndim - 2))))


TEXT: dict[str, TextChange] = {"typos": typos, "lower-case": lower_case, "spacing": spacing}
IMAGE = {"noise": noise, "brightness": brightness, "blur": blur}


class Perturbation(Changed):
    """``change``: one of typos, lower-case, spacing, noise, brightness, blur; ``strength`` 0–1."""

    key = "perturbation"
    title = "Perturbation"
    help = "Changes texts or images a little in ways that should not change the answer."
    known = ("change", "strength")

    def load(self) -> None:
        self._change = self.options.get("change", "typos")
        self._strength = self.number("strength", 0.1, least=0, most=1)
        if self._change not in {*TEXT, *IMAGE}:
            raise OptionError(f"'change' of perturbation must be one of {', '.join(TEXT | IMAGE)}.")

    def changed(self, ask: Ask) -> Ask:
        if self._change in TEXT:
            chance = random.Random(ask.seed)  # noqa: S311  (which letters, not a secret)
            return with_text(ask, TEXT[self._change](text_of(ask), self._strength, chance))
        parts = [
            self._image(part, ask.seed) if part.kind == "image" else part for part in ask.parts
        ]
        return replace(ask, parts=tuple(parts))

    def _image(self, part: Part, seed: int) -> Part:
        from PIL import Image

        with Image.open(io.BytesIO(part.data)) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
        changed = IMAGE[self._change](pixels, self._strength, seed).clip(0, 255).astype(np.uint8)
        kept = io.BytesIO()
        Image.fromarray(changed).save(kept, format="PNG")
        return replace(part, data=kept.getvalue(), media_type="image/png")


STRATEGY = Perturbation

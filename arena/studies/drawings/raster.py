"""Our own drawings as pixels, for systems that look at pictures: what raters see, not another one.

It knows the parts that ``svg``, ``paper`` and ``lines`` are made of, and refuses any other.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from PIL import Image, ImageDraw, ImageFont

SVG = "{http://www.w3.org/2000/svg}"
WORDS = re.compile(r"[MLHVhlvz]|-?\d*\.?\d+(?:e-?\d+)?")
SCALED = re.compile(r"scale\(([\d.]+)\)")
FINER = 2
"""Drawn so many times larger and then reduced, which smooths lines."""
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
PLAINER = str.maketrans("–—−", "---")
"""Dashes that Pillow's own font lacks."""
Point = tuple[float, float]


def raster(svg: bytes, scale: float) -> Image.Image:
    """The drawing with ``scale`` pixels a unit."""
    root = ElementTree.fromstring(svg)  # noqa: S314  (written by this package a moment ago)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    size = round(width * scale), round(height * scale)
    canvas = Image.new("RGB", (size[0] * FINER, size[1] * FINER), "white")
    pen = _Pen(canvas, scale * FINER)
    for element in root:
        pen.draw(element)
    return canvas.reduce(FINER)


class _Pen:
    def __init__(self, canvas: Image.Image, scale: float) -> None:
        self._size, self._scale = canvas.size, scale
        self._on = ImageDraw.Draw(canvas)
        self._patterns: dict[str, ElementTree.Element] = {}

    def draw(self, element: ElementTree.Element) -> None:
        name = element.tag.removeprefix(SVG)
        if name == "defs":
            self._patterns |= {f"url(#{each.get('id')})": each for each in element}
        elif name != "title":
            {"rect": self._rect, "circle": self._circle, "path": self._path, "text": self._text}[
                name
            ](element)

    def _rect(self, element: ElementTree.Element) -> None:
        fill = element.get("fill", "#000")
        if fill in self._patterns:
            return self._pattern(self._patterns[fill])
        x, y, width, height = (
            _number(element, name) * self._scale for name in ("x", "y", "width", "height")
        )
        return self._on.rectangle([x, y, x + width, y + height], fill=fill)

    def _pattern(self, pattern: ElementTree.Element) -> None:
        """Its path at every place; patterns are drawn over the whole picture."""
        x, y, across, down = (_number(pattern, name) for name in ("x", "y", "width", "height"))
        wide, tall = (side / self._scale for side in self._size)
        for path in pattern:
            for row in range(-1, int(tall / down) + 1):
                for column in range(-1, int(wide / across) + 1):
                    self._path(path, (x + column * across, y + row * down))

    def _circle(self, element: ElementTree.Element) -> None:
        x, y, r = (_number(element, name) * self._scale for name in ("cx", "cy", "r"))
        self._on.ellipse([x - r, y - r, x + r, y + r], fill=element.get("fill", "#000"))

    def _path(self, element: ElementTree.Element, moved: Point = (0.0, 0.0)) -> None:
        scaled = SCALED.fullmatch(element.get("transform", "scale(1)"))
        scale = float(scaled[1]) * self._scale if scaled else self._scale
        width = max(1, round(_number(element, "stroke-width", 1.0) * scale))
        for line in lines_of(element.get("d", "")):
            points = [
                (x * scale + moved[0] * self._scale, y * scale + moved[1] * self._scale)
                for x, y in line
            ]
            self._on.line(points, fill=element.get("stroke", "#000"), width=width, joint="curve")

    def _text(self, element: ElementTree.Element) -> None:
        x, y = (_number(element, name) * self._scale for name in ("x", "y"))
        font = ImageFont.load_default(_number(element, "font-size") * self._scale)
        anchor = ANCHORS[element.get("text-anchor", "start")]
        words = (element.text or "").translate(PLAINER)
        self._on.text((x, y), words, "#17212b", font, anchor)


def lines_of(path: str) -> Iterator[list[Point]]:
    """The lines of a path's data, each as its points."""
    words = iter(WORDS.findall(path))
    line: list[Point] = []
    x = y = 0.0
    step = ""
    for word in words:
        if word.isalpha():
            step = word
            if step == "z":
                line.append(line[0])
                continue
            word = next(words)
        if step == "M" and line:
            yield line
            line = []
        number = float(word)
        if step in "HhVv":
            across = step in "Hh"
            x, y = (number + x * step.islower(), y) if across else (x, number + y * step.islower())
        else:
            x, y = (number + x * (step == "l"), float(next(words)) + y * (step == "l"))
        line.append((x, y))
        step = "L" if step == "M" else step
    if line:
        yield line


def _number(element: ElementTree.Element, name: str, default: float = 0.0) -> float:
    return float(element.get(name, default))

"""Pages of a PDF as pictures, and the text they hold; nothing else of the document is kept."""

import ctypes
import threading
from dataclasses import dataclass, replace

import numpy as np
import pypdfium2 as pdfium

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.png import Pixels, png_asset

MOST_PAGES = 20
MOST_POINTS = 4000
"""Of a side; A0 has 3,370."""
SCALE = 150 / 72
"""Dots of the picture for a point of the page."""
MOST_PIXELS = 12_000_000
LONGEST = 50_000
ENDING = ("\r\n", "\r", "\ufffe", "\u0002")

one_at_a_time = threading.Lock()
"""The library keeps state of its own: two threads in it at once crash."""


@dataclass(frozen=True)
class PdfPage:
    picture: NewAsset
    text: str


def pdf_pages(file: SourceFile) -> list[PdfPage]:
    """Every page; raises ``RowError`` for what is no PDF, is locked, or is too large."""
    if not file.data.lstrip()[:5] == b"%PDF-":
        raise RowError("is no PDF", file.name)
    with one_at_a_time:
        try:
            document = pdfium.PdfDocument(file.data)
            try:
                return _pages(document, file.name)
            finally:
                document.close()
        except (pdfium.PdfiumError, ctypes.ArgumentError) as error:
            raise RowError("cannot be opened: it is locked or damaged", file.name) from error


def _pages(document: pdfium.PdfDocument, name: str) -> list[PdfPage]:
    count = len(document)
    if not 0 < count <= MOST_PAGES:
        raise RowError(f"has {count} pages; there must be 1 to {MOST_PAGES}", name)
    return [_page(document[number], number + 1, name) for number in range(count)]


def _page(page: pdfium.PdfPage, number: int, name: str) -> PdfPage:
    width, height = page.get_size()
    if not (0 < width <= MOST_POINTS and 0 < height <= MOST_POINTS):
        raise RowError(f"has a page of {width:.0f} x {height:.0f} points", name)
    scale = min(SCALE, (MOST_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
    pixels = np.array(bitmap.to_numpy()[..., :3], dtype=np.uint8)
    made = png_asset(Pixels(pixels))
    text = page.get_textpage().get_text_range()
    for ending in ENDING:
        text = text.replace(ending, "\n")
    picture = replace(made, name=f"page-{number}")
    return PdfPage(picture, text[:LONGEST])

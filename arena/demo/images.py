"""Images for the demo: samples that ship inside dependencies, and images synthesised here.

Synthetic images are seeded and come with the mask they were drawn from.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter, label

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
SIDE = 320


@dataclass(frozen=True)
class Picture:
    """A case image as PNG (or a DICOM file), what to outline in it, and where it comes from."""

    key: str
    title: str
    target: str
    specialty: str
    source: str
    licence: str
    synthetic: bool
    file_name: str
    data: bytes
    mask: Mask | None = None


def pictures() -> Iterator[Picture]:
    """All images of the demo: nine synthetic, then the samples that are installed."""
    for seed in range(3):
        yield synthetic(f"chest-{seed + 1}", "Chest film", "lungs", "radiology", chest, seed)
        yield synthetic(
            f"lesion-{seed + 1}", "Pigmented lesion", "lesion", "dermatology", lesion, seed
        )
        yield synthetic(f"nuclei-{seed + 1}", "Stained nuclei", "nuclei", "pathology", nuclei, seed)
    yield from samples()


def synthetic(
    key: str,
    title: str,
    target: str,
    specialty: str,
    draw: Callable[[np.random.Generator], tuple[Pixels, Mask]],
    seed: int,
) -> Picture:
    pixels, mask = draw(np.random.default_rng(1000 + seed))
    return Picture(
        key=key,
        title=f"{title}, synthetic {seed + 1}",
        target=target,
        specialty=specialty,
        source="Synthesised for the demo",
        licence="Apache-2.0",
        synthetic=True,
        file_name=f"{key}.png",
        data=png_bytes(pixels),
        mask=mask,
    )


SAMPLES = [
    # folder inside the package, file, key, title, what to outline, specialty, where it comes from
    ("skimage", "data/cell.png", "cell", "Cell, phase image", "cell", "pathology"),
    (
        "skimage",
        "data/ihc.png",
        "ihc",
        "Colon, immunohistochemistry",
        "stained tissue",
        "pathology",
    ),
    ("skimage", "data/retina.jpg", "retina", "Fundus photograph", "retina", "ophthalmology"),
    (
        "pydicom",
        "data/test_files/CT_small.dcm",
        "ct",
        "CT slice",
        "bone and dense tissue",
        "radiology",
    ),
    ("pydicom", "data/test_files/MR_small.dcm", "mr", "MR slice", "bright tissue", "radiology"),
]


def samples() -> Iterator[Picture]:
    """Files that scikit-image and pydicom carry for their own examples."""
    for package, file, key, title, target, specialty in SAMPLES:
        path = package_folder(package) / file
        if not path.is_file():
            continue
        yield Picture(
            key=key,
            title=title,
            target=target,
            specialty=specialty,
            source=f"Sample file of {package}",
            licence="see the package's data notes",
            synthetic=False,
            file_name=path.name,
            data=path.read_bytes() if path.suffix == ".dcm" else small_png(path),
        )


def package_folder(name: str) -> Path:
    """Where a package is installed, without importing it (the web process stays light)."""
    spec = find_spec(name)
    return Path(next(iter(spec.submodule_search_locations or ["."]))) if spec else Path()


def small_png(path: Path) -> bytes:
    with Image.open(path) as image:
        image.thumbnail((480, 480))
        return png_bytes(np.asarray(image.convert("RGB")))


def png_bytes(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


# Drawing ----------------------------------------------------------------------------------------


def grid() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Row and column of every pixel, in units of the image's side (0 to 1)."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    return rows, columns


def blob(
    row: float, column: float, radius: float, *, squash: float = 1.0, turn: float = 0.0
) -> Mask:
    """A filled ellipse, ``radius`` along its long axis, in units of the image's side."""
    rows, columns = grid()
    y, x = rows - row, columns - column
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.asarray(np.hypot(along, across / squash) < radius)


def wobbly(mask: Mask, rng: np.random.Generator, *, by: float) -> Mask:
    """The mask with an irregular border: smooth noise moves its edge by about ``by`` pixels."""
    distance = gaussian_filter(mask.astype(float), by)
    noise = gaussian_filter(rng.standard_normal(mask.shape), by)
    pieces, _ = label(distance + 0.18 * noise / noise.std() > 0.5)
    return np.asarray(pieces == np.bincount(pieces[pieces > 0]).argmax())


def chest(rng: np.random.Generator) -> tuple[Pixels, Mask]:
    """A chest-film-like picture: two dark lungs crossed by ribs, one of them with a nodule."""
    rows, columns = grid()
    lungs = lung(0.29, rng) | lung(0.71, rng)
    spot = wobbly(blob(rng.uniform(0.4, 0.6), rng.choice([0.29, 0.71]), 0.05), rng, by=4)
    film = np.where(lungs, 62.0, 165.0) + 85 * (spot & lungs)
    film += 18 * np.sin(2 * np.pi * (9 * rows + 2 * abs(columns - 0.5)))
    film = gaussian_filter(film, 3) + 14 * rng.standard_normal(film.shape)
    return to_bytes(film), lungs


def lung(side: float, rng: np.random.Generator) -> Mask:
    return blob(0.5, side, rng.uniform(0.33, 0.38), squash=rng.uniform(0.45, 0.55), turn=1.55)


def lesion(rng: np.random.Generator) -> tuple[Pixels, Mask]:
    """A dermoscopy-like picture: skin, an asymmetric brown lesion, a few hairs."""
    shape = blob(
        0.5, 0.48, rng.uniform(0.2, 0.26), squash=rng.uniform(0.6, 0.85), turn=rng.uniform(0, 3)
    )
    mask = wobbly(shape | blob(0.58, 0.6, 0.12), rng, by=9)
    soft = gaussian_filter(mask.astype(float), 4)[..., None]
    skin, brown = np.array([224.0, 178.0, 152.0]), np.array([112.0, 66.0, 46.0])
    texture = gaussian_filter(rng.standard_normal(mask.shape), 6)[..., None]
    picture = skin * (1 - soft) + brown * soft + 260 * texture * (0.15 + soft)
    for _ in range(4):
        picture[hair(rng)] = (52, 40, 36)
    return to_bytes(picture), mask


def hair(rng: np.random.Generator) -> Mask:
    rows, columns = grid()
    bend = 0.08 * np.sin(2 * np.pi * (columns * rng.uniform(0.5, 1.2) + rng.uniform(0, 1)))
    line = rng.uniform(0.1, 0.9) + rng.uniform(-0.6, 0.6) * columns + bend
    return np.asarray(abs(rows - line) < 0.0025)


def nuclei(rng: np.random.Generator) -> tuple[Pixels, Mask]:
    """A fluorescence-like picture: bright nuclei, some touching, on a dark uneven ground."""
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    glow = np.zeros((SIDE, SIDE))
    for _ in range(26):
        row, column = rng.uniform(0.06, 0.94, size=2)
        cell = blob(
            row, column, rng.uniform(0.03, 0.05), squash=rng.uniform(0.6, 1), turn=rng.uniform(0, 3)
        )
        mask |= cell
        glow = np.maximum(glow, cell * rng.uniform(0.45, 1.0))
    rows, columns = grid()
    ground = 22 + 34 * columns * rows
    picture = ground + 165 * gaussian_filter(glow, 1.8) + 6 * rng.standard_normal(mask.shape)
    return to_bytes(picture), mask


def to_bytes(values: npt.NDArray[np.float64]) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)

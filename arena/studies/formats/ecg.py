"""An electrocardiogram on its paper, with calipers."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.studies.drawings import paper
from arena.studies.formats.base import (
    Assets,
    AssetUrl,
    Content,
    FileGroup,
    FileRule,
    Found,
    FromFiles,
    Made,
    Senses,
    caption_of,
    key_of,
    only_assets,
    only_fields,
    stored,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.ecg import MISSING, ecg_asset
from arena.studies.readers.signals import SIGNAL, npy_values
from arena.studies.readers.wfdb import HEADER, wfdb_names
from arena.studies.stills.base import Look, Still
from arena.studies.stills.signals import ecg_stills
from evaluation.kinds import CaseFacts

ANNOTATIONS = (".atr", ".qrs", ".xyz", ".ari", ".ecg")
STRIP = "strip-"


def group(files: Sequence[SourceFile], name: str) -> list[FileGroup]:
    """A WFDB header with the files it names is a case; so is any other file."""
    headers = [file for file in files if file.name.lower().endswith(HEADER)]
    taken: set[str] = set()
    found = []
    for header in headers:
        folder = PurePosixPath(header.name).parent
        named = {(folder / name).as_posix() for name in wfdb_names(header)}
        beside = [file for file in files if file.name in named]
        taken |= {header.name, *(file.name for file in beside)}
        found.append(FileGroup(key_of(header.name), (header, *beside)))
    rest = [f for f in files if f.name not in taken and not f.name.lower().endswith(ANNOTATIONS)]
    return found + [FileGroup(key_of(file.name), (file,)) for file in rest]


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, (ecg_asset(files, options),))


def stills(assets: Assets, look: Look) -> list[Still]:
    meta = assets[SIGNAL].meta
    leads = millivolts(npy_values(stored(assets, SIGNAL)), meta["channels"])
    return ecg_stills(leads, meta["rate"], look)


class Ecg(FromFiles):
    key: str = "ecg"
    title: str = "ECG"
    accepts: str = (
        "WFDB records (.hea with its .dat), CSV or NPY files with one column a lead, or DICOM "
        "ECGs, one by one or as a zip. A table cases.csv in the zip may name each in a column "
        "“file” and give its sampling_rate, leads and unit."
    )
    files: FileRule | None = FileRule(
        read, group, options=("sampling_rate", "leads", "unit"), own_tables=True
    )
    template: str = "studies/formats/ecg.html"
    senses: Senses = Senses(stills)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        only_assets(assets, SIGNAL, problem="must be one record")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        return CaseFacts(text=content["caption"], extra=assets[SIGNAL])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """``strips``: the pictures of the record in order, with the seconds they begin at."""
        meta = {asset.name: asset.meta for asset in version.assets.all()}[SIGNAL]
        count = paper.strips(meta["channels"], meta["seconds"])
        strips = [
            {"url": asset_url(f"{STRIP}{n}"), "begin": n * paper.STRIP_SECONDS, "number": n + 1}
            for n in range(count)
        ]
        size = {"width": paper.WIDTH, "height": paper.height(meta["channels"], meta["seconds"])}
        return {
            "caption": version.content["caption"],
            "signal": {**meta, **size, "leads": " ".join(meta["channels"])},
            "strips": strips,
        }

    def made(self, version: CaseVersion, name: str) -> Made | None:
        number = name.removeprefix(STRIP)
        asset = version.assets.get(name=SIGNAL)
        channels, seconds = asset.meta["channels"], asset.meta["seconds"]
        known = name.startswith(STRIP) and number.isdecimal() and number.isascii()
        if not known or int(number) >= paper.strips(channels, seconds):
            return None
        with asset.file.open() as file:
            leads = millivolts(npy_values(file.read()), channels)
        return Made(paper.sheet(leads, asset.meta["rate"], int(number)), "image/svg+xml")


def millivolts(kept: NDArray[np.generic], names: Sequence[str]) -> paper.Leads:
    values = np.where(kept == MISSING, np.nan, kept.astype(np.float64) / 1000)
    return dict(zip(names, values, strict=True))


FORMAT = Ecg()

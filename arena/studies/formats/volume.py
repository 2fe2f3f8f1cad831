"""A CT or MR volume, read slice by slice in three planes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from arena.core.errors import RowError
from arena.core.figures import written
from arena.studies.formats.base import (
    Assets,
    AssetUrl,
    Content,
    FileGroup,
    FileRule,
    Found,
    FromFiles,
    Senses,
    caption_of,
    key_of,
    only_assets,
    only_fields,
    stored,
)
from arena.studies.models import CaseVersion
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.dicom import is_dicom
from arena.studies.readers.nifti import is_nifti, nifti_volume
from arena.studies.readers.series import series_volume
from arena.studies.readers.volumes import PREVIEWS, VOLUME, viewer_attributes, volume_assets
from arena.studies.stills.base import Look, Still
from arena.studies.stills.volumes import volume_stills
from evaluation.kinds import CaseFacts


def group(files: Sequence[SourceFile], name: str) -> list[FileGroup]:
    """A NIfTI file is a case; so is a folder of slices, named like the folder."""
    found = [FileGroup(key_of(file.name), (file,)) for file in files if is_nifti(file.name)]
    folders: dict[str, list[SourceFile]] = {}
    for file in files:
        if not is_nifti(file.name):
            folders.setdefault(PurePosixPath(file.name).parent.as_posix(), []).append(file)
    for folder, slices in folders.items():
        found.append(FileGroup(key_of(name) if folder == "." else folder, tuple(slices)))
    return found


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    for file in files:
        if not is_nifti(file.name) and not is_dicom(file.data):
            raise RowError("is neither a DICOM slice nor a NIfTI volume", file.name)
    volume = nifti_volume(files[0]) if is_nifti(files[0].name) else series_volume(files)
    modality = (options["modality"] or volume.modality)[:40].upper()
    return Found({}, volume_assets(replace(volume, modality=modality), files[0].name))


def stills(assets: Assets, look: Look) -> list[Still]:
    return volume_stills(stored(assets, VOLUME), assets[VOLUME].meta, look)


class VolumeFormat(FromFiles):
    key: str = "volume"
    title: str = "CT or MR volume"
    accepts: str = (
        "A NIfTI file (.nii or .nii.gz), or a zip: each NIfTI file or each folder of DICOM slices "
        "in it is a case. A table in the zip may name each in a column “file” and say more. "
        "Voxels are stored in one order and without any tag."
    )
    files: FileRule | None = FileRule(read, group, options=("modality",))
    template: str = "studies/formats/volume.html"
    senses: Senses = Senses(stills)

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        only_fields(content, "caption")
        only_assets(assets, VOLUME, *PREVIEWS, problem="must be one volume")
        return {"caption": caption_of(content)}

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        """``extra``: shape and spacing along right, front and head; ``depth`` counts slices."""
        meta = assets[VOLUME]
        width, height, depth = meta["shape"]
        stills = [{"plane": name, **assets[name]} for name in PREVIEWS if name in assets]
        extra = {**meta, "depth": depth, "previews": stills}
        return CaseFacts(text=content["caption"], width=width, height=height, extra=extra)

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        assets = {asset.name: asset.meta for asset in version.assets.all()}
        previews = [{"plane": name, "url": asset_url(name), **assets[name]} for name in PREVIEWS]
        meta = assets[VOLUME]
        volume = {
            **meta,
            "url": asset_url(VOLUME),
            "attributes": viewer_attributes(meta),
            "spacing_text": " × ".join(written(f"{length:.3g}") for length in meta["spacing_mm"]),
        }
        return {"caption": version.content["caption"], "volume": volume, "previews": previews}


FORMAT = VolumeFormat()

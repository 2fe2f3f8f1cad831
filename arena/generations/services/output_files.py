"""The files of an output: what may come along, made clean, and stored by its content."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from arena.core.errors import RowError
from arena.generations.models import Generation, OutputFile, output_file_path
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.arrays import MAGIC, clean_array
from arena.studies.readers.pictures import clean_image
from arena.studies.readers.sounds import clean_sound
from arena.studies.readers.videos import EBML, FTYP, clean_video, is_animated
from evaluation.kinds.files import FACTS, files_named

MOST_FILES = 16
MOST_BYTES = 64 * 2**20
"""Of all files of one output together, as they come."""


class OutputFiles(Mapping[str, Mapping[str, Any]]):
    """The files beside a record by name: a file's facts, once it was read and made clean.

    Looking up a file that cannot be shown raises ``RowError``.
    """

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._given = dict(files or {})
        self._clean: dict[str, NewAsset] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._clean:
            self._clean[name] = clean_file(SourceFile(name, self._given[name]))
        asset = self._clean[name]
        known = {fact: asset.meta[fact] for fact in FACTS[asset.media_type]}
        return {"sha256": asset.digest, "media_type": asset.media_type, **known}

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def named_in(self, record: Mapping[str, Any]) -> list[NewAsset]:
        """The clean files a record refers to; raises ``RowError`` if it does not fit the files."""
        clean = {asset.digest: asset for asset in self._clean.values()}
        digests = {named["sha256"] for named in files_named(record)}
        if digests - set(clean):
            raise RowError("the record refers to a file that did not come along", "files")
        for name in self._given:
            if name not in self._clean or self._clean[name].digest not in digests:
                raise RowError("came along, but the record does not name it", name)
        return [clean[digest] for digest in sorted(digests)]

    def check_size(self) -> None:
        if len(self) > MOST_FILES:
            raise RowError(f"are {len(self)}; at most {MOST_FILES} fit one output", "files")
        if sum(map(len, self._given.values())) > MOST_BYTES:
            most = MOST_BYTES // 2**20
            raise RowError(f"are larger than {most} MB together: too much for one output", "files")


def clean_file(file: SourceFile) -> NewAsset:
    """Pixels, frames, samples or numbers and nothing else; raises ``RowError`` for other files.

    What a file is, its first bytes say; its name is not trusted.
    """
    if file.data.startswith(MAGIC):
        return clean_array(file)
    if file.data[:4] == b"RIFF" and file.data[8:12] == b"WAVE":
        return clean_sound(file)
    if file.data.startswith(EBML) or file.data[4:8] == FTYP or is_animated(file):
        return clean_video(file)
    return clean_image(file)


def files_saved(generation: Generation, assets: Iterable[NewAsset]) -> list[OutputFile]:
    """The bytes in place and rows for them, not yet stored.

    Files are named by their content, so one left behind by a rollback is found again.
    """
    return [_saved(generation, asset) for asset in assets]


def _saved(generation: Generation, asset: NewAsset) -> OutputFile:
    row = OutputFile(
        generation=generation,
        digest=asset.digest,
        media_type=asset.media_type,
        size=len(asset.data),
    )
    path = output_file_path(row, "")
    if not default_storage.exists(path):
        path = default_storage.save(path, ContentFile(asset.data))
    row.file.name = path
    return row

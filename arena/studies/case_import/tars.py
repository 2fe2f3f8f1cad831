"""Files of a tar archive, plain or compressed, under the same limits as those of a zip archive."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from arena.core.errors import RowError
from arena.studies.case_import.files import check_path, check_totals, is_litter
from arena.studies.new_case import SourceFile

TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ROOM = 2**24
"""Headers and padding beside the files themselves."""
OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


def is_tar(name: str) -> bool:
    return name.lower().endswith(TARS)


def tar_files(path: Path, name: str) -> Iterator[SourceFile]:
    """The files of an archive, in order of their names.

    Raises ``RowError`` for a broken or cut-off archive, one in another, links and devices, paths
    that lead outside, and archives that unpack to more than the upload limit.
    """
    try:
        with _unpacked(path) as plain, tarfile.open(fileobj=_Limited(plain, name)) as archive:
            files = list(_members(archive, name))
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise RowError(f"is not a tar archive that can be read ({error})", name) from error
    yield from sorted(files, key=lambda file: file.name)


def _members(archive: tarfile.TarFile, name: str) -> Iterator[SourceFile]:
    total = 0
    for count, info in enumerate(archive, start=1):
        place = f"{name}/{info.name}"
        check_path(info.name, place)
        if info.isdir() or is_litter(info.name):
            continue
        if not info.isreg() or info.issparse():
            raise RowError("is a link or no plain file: put the file itself there", place)
        total += info.size
        check_totals(name, count, total)
        held = archive.extractfile(info)
        data = held.read() if held else b""
        if len(data) != info.size:
            raise RowError("is cut off: pack the archive again", place)
        yield SourceFile(info.name.removeprefix("./"), data)
    _check_end(archive, name)


def _check_end(archive: tarfile.TarFile, name: str) -> None:
    """An archive ends with empty blocks: without them, files may be missing behind the last."""
    held = archive.fileobj
    if held is None:
        return
    held.seek(archive.offset)
    if held.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise RowError("is cut off: pack the archive again", name)


def _unpacked(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        start = file.read(2)
    opener = OPENERS.get(start)
    return opener(path, "rb") if opener else path.open("rb")


class _Limited(io.RawIOBase):
    """Reads no further than what an upload may unpack to, whatever the headers promise."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self._most = settings.UPLOAD_LIMIT_BYTES + ROOM

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if place > self._most:
            raise self._too_large()
        return self._file.seek(place, whence)

    def read(self, size: int = -1) -> bytes:
        room = self._most - self._file.tell()
        data = self._file.read(room + 1 if size < 0 else min(size, room + 1))
        if len(data) > room:
            raise self._too_large()
        return data

    def _too_large(self) -> RowError:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        return RowError(f"unpacks to more than {limit} MB: import it in parts", self._name)

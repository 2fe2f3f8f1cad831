"""Files of a folder or a zip archive, read with limits; nothing is unpacked to disk."""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from django.conf import settings

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile

MOST_FILES = 20_000
MOST_RATIO = 200
"""Uncompressed by compressed size; images and DICOM stay below 20, bombs are above 1,000."""
RATIO_MATTERS_FROM = 2**20
ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
VOLUME = ".nii.gz"  # compressed, but one volume; its reader has limits of its own
OUTSIDE = re.compile(r"\\|^[A-Za-z]:")
ZIP_SIGNATURE = b"PK\x03\x04"


def folder_files(folder: Path) -> Iterator[SourceFile]:
    """The files below a folder, in order of their paths; raises ``RowError`` on links."""
    total = 0
    for count, path in enumerate(sorted(folder.rglob("*")), start=1):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise RowError("is a link: put the file itself there", name)
        if path.is_dir() or is_litter(name):
            continue
        total += path.stat().st_size
        check_totals(folder.name, count, total)
        yield SourceFile(name, path.read_bytes())


def zip_files(path: Path, name: str) -> Iterator[SourceFile]:
    """The files of an archive, in order of their names.

    Raises ``RowError`` for a broken or encrypted archive, one in another, links, paths that lead
    outside, and archives that unpack to more than the upload limit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise RowError(f"is not a zip archive that can be read ({error})", name) from error


def _members(archive: zipfile.ZipFile, name: str) -> Iterator[SourceFile]:
    total = 0
    members = sorted(archive.infolist(), key=lambda info: info.filename)
    for count, info in enumerate(members, start=1):
        _check_member(info, name)
        if info.is_dir() or is_litter(info.filename):
            continue
        total += info.file_size
        check_totals(name, count, total)
        # The size an archive declares may be a lie: never read more than it says.
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
        if len(data) != info.file_size:
            raise RowError("is not as long as the archive says", f"{name}/{info.filename}")
        if data.startswith(ZIP_SIGNATURE):
            raise RowError("is an archive inside the archive: unpack it", f"{name}/{info.filename}")
        yield SourceFile(info.filename, data)


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    place = f"{name}/{info.filename}"
    check_path(info.filename, place)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RowError("is a link: put the file itself there", place)
    if info.flag_bits & 1:
        raise RowError("is encrypted: pack it without a password", place)
    if info.file_size > RATIO_MATTERS_FROM and info.file_size > MOST_RATIO * info.compress_size:
        raise RowError("unpacks to far more than its size: refused", place)


def check_path(filename: str, place: str) -> None:
    """That a member of an archive stays inside of it, and is no archive itself."""
    inside = PurePosixPath(filename)
    first = inside.parts[0] if inside.parts else ""
    if inside.is_absolute() or ".." in inside.parts or "\\" in filename or ":" in first:
        raise RowError("has a path that leads outside the archive", place)
    if inside.suffix.lower() in ARCHIVES and not filename.lower().endswith(VOLUME):
        raise RowError("is an archive inside the archive: unpack it", place)


def check_totals(name: str, count: int, total: int) -> None:
    if count > MOST_FILES:
        raise RowError(f"holds more than {MOST_FILES:,} files: import it in parts", name)
    if total > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise RowError(f"unpacks to more than {limit} MB: import it in parts", name)


def is_litter(name: str) -> bool:
    """What operating systems leave behind in folders."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or (
        parts[-1] in {"Thumbs.db", "desktop.ini", "DICOMDIR"}
    )

"""Where uploaded outputs lie: one table, or a folder or archive of a table and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from arena.core.errors import RowError
from arena.studies.case_import.files import folder_files, zip_files
from arena.studies.case_import.tars import is_tar, tar_files
from arena.studies.new_case import SourceFile

TABLES = (".csv", ".jsonl")


@dataclass(frozen=True)
class Source:
    """The table of outputs, and the files beside it by their paths from it."""

    table: SourceFile
    files: Mapping[str, bytes]


def source_of(path: Path, name: str) -> Source:
    """What lies at ``path``; without a table, one is made of files called as their cases."""
    files = _files(path, name)
    if files is None:
        return Source(SourceFile(name, path.read_bytes()), {})
    tables = [file for file in files if PurePosixPath(file.name).suffix.lower() in TABLES]
    if len(tables) > 1:
        raise RowError(f"holds {len(tables)} tables of outputs: there must be one", name)
    if not tables:
        return Source(SourceFile(name, b""), {file.name: file.data for file in files})
    home = PurePosixPath(tables[0].name).parent
    others = {_from(home, file.name): file.data for file in files if file is not tables[0]}
    return Source(tables[0], others)


def _files(path: Path, name: str) -> list[SourceFile] | None:
    """Those of a folder or archive; ``None`` for a single file."""
    if path.is_dir():
        return list(folder_files(path))
    if name.lower().endswith(".zip") or path.suffix.lower() == ".zip":
        return list(zip_files(path, name))
    return list(tar_files(path, name)) if is_tar(name) or is_tar(path.name) else None


def _from(home: PurePosixPath, name: str) -> str:
    path = PurePosixPath(name)
    return (path.relative_to(home) if path.is_relative_to(home) else path).as_posix()

"""One zip whose bytes depend on its files alone."""

import io
import zipfile

BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can state


def zipped(files: dict[str, bytes], *, folder: str) -> bytes:
    """The files below one folder, in order of name, without times or owners.

    Stored, not compressed: compressors differ between machines, and then so would the bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", BEGINNING)
            entry.create_system = 3  # Unix, whatever machine this is
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()

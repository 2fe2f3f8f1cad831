"""Files of others that the site serves: checked against their lock, or fetched anew from npm.

    python tools/vendor.py verify     no network; also a test
    python tools/vendor.py update     needs npm: packs each package, checks its integrity, extracts

The lock names for each file the npm package, its version and integrity, the path in the package,
the edits made, the licence, and the SHA-256 of what is kept. Pin exact versions: npm without one
may install an older release.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parents[1] / "frontend" / "static" / "vendor"
LOCK = VENDOR / "vendor.lock.json"
EDITS = {
    # A comment that leads to a file we do not keep would stop collectstatic.
    "strip-source-map": lambda data: re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", data),
}


def locked() -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    return packages


def faults() -> list[str]:
    """What does not agree with the lock, one sentence each."""
    found, named = [], {LOCK}
    for package in locked():
        folder = VENDOR / f"{package['name']}-{package['version']}"
        for file in package["files"]:
            path = folder / file["name"]
            named.add(path)
            if not path.is_file():
                found.append(f"{path.name} is missing")
            elif sha256(path.read_bytes()) != file["sha256"]:
                found.append(f"{path.name} is not what the lock says")
    kept = {path for path in VENDOR.rglob("*") if path.is_file()}
    return found + [f"{path.name} is not in the lock" for path in sorted(kept - named)]


def update() -> None:
    """Fetches every locked version; the lock's hashes of kept files are written anew."""
    packages = locked()
    for package in packages:
        with tempfile.TemporaryDirectory() as folder:
            extracted(package, Path(folder))
    LOCK.write_text(json.dumps({"packages": packages}, indent=2) + "\n", encoding="utf-8")


def extracted(package: dict[str, Any], folder: Path) -> None:
    spec = f"{package['name']}@{package['version']}"
    subprocess.run(["npm", "pack", spec, "--silent"], cwd=folder, check=True)  # noqa: S607
    (tarball,) = folder.glob("*.tgz")
    if integrity(tarball.read_bytes()) != package["integrity"]:
        raise SystemExit(f"{spec} is not the package that was locked")
    target = VENDOR / f"{package['name']}-{package['version']}"
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        for file in package["files"]:
            member = archive.extractfile(file["path"])
            if member is None:
                raise SystemExit(f"{spec} has no {file['path']}")
            data = member.read()
            for edit in file["edits"]:
                data = EDITS[edit](data)
            (target / file["name"]).write_bytes(data)
            file["sha256"] = sha256(data)


def integrity(data: bytes) -> str:
    """As npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> None:
    deed = sys.argv[1] if len(sys.argv) == 2 else ""
    if deed not in {"verify", "update"}:
        raise SystemExit(__doc__)
    if deed == "update":
        update()
    found = faults()
    if found:
        raise SystemExit("\n".join(found))
    sys.stdout.write("Every vendored file is what its lock says.\n")


if __name__ == "__main__":
    main()

"""One case of every input kind, as the files a coordinator would bring."""

import io

from PIL import Image

from tests.inputs.volumes import nifti

NOTE = 'key,text,synthetic\ncase-1,"HISTORY:\nFever.\nEXAM:\nRales.\nPLAN:\nAmoxicillin.",yes\n'


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def described(file: str, caption: str = "Fall on the left wrist.") -> bytes:
    return f"file,key,caption,synthetic\n{file},case-1,{caption},yes\n".encode()


FILES: dict[str, dict[str, bytes]] = {
    "text": {"cases.csv": b"key,text,synthetic\ncase-1,Is 5 mg enough?,yes\n"},
    "clinical-note": {"cases.csv": NOTE.encode()},
    "image-2d": {"cases.csv": described("wrist.png"), "wrist.png": png()},
    "volume": {"cases.csv": described("ct.nii.gz"), "ct.nii.gz": nifti()},
}
"""By kind; a single file is brought as it is, several as a folder."""

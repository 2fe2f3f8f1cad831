"""One case of every input kind, as the files a coordinator would bring."""

import io

from PIL import Image

from tests.inputs.signals import VITALS, beats, ecg_csv, npy
from tests.inputs.volumes import nifti

NOTE = 'key,text,synthetic\ncase-1,"HISTORY:\nFever.\nEXAM:\nRales.\nPLAN:\nAmoxicillin.",yes\n'


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def described(cells: str, caption: str = "Fall on the left wrist.", columns: str = "file") -> bytes:
    """The table beside a file: its name, what reading it needs to know, and a caption."""
    return f"{columns},key,caption,synthetic\n{cells},case-1,{caption},yes\n".encode()


FILES: dict[str, dict[str, bytes]] = {
    "text": {"cases.csv": b"key,text,synthetic\ncase-1,Is 5 mg enough?,yes\n"},
    "clinical-note": {"cases.csv": NOTE.encode()},
    "image-2d": {"cases.csv": described("wrist.png"), "wrist.png": png()},
    "ecg": {"cases.csv": described("ecg.csv", "Chest pain since noon."), "ecg.csv": ecg_csv()},
    "time-series": {
        "cases.csv": described("vitals.csv", "Second day."),
        "vitals.csv": VITALS,
    },
    "wearable-signal": {
        "cases.csv": described("pulse.npy,64,PPG", "At rest.", "file,sampling_rate,channels"),
        "pulse.npy": npy(beats(64, 300)),
    },
    "volume": {"cases.csv": described("ct.nii.gz"), "ct.nii.gz": nifti()},
}
"""By kind; a single file is brought as it is, several as a folder."""

"""One case of every input kind, as the files a coordinator would bring."""

import io
import json
from typing import Any

from PIL import Image

from tests.inputs.signals import VITALS, beats, ecg_csv, npy
from tests.inputs.slides import slide
from tests.inputs.volumes import nifti
from tests.media import gif, wav

NOTE = 'key,text,synthetic\ncase-1,"HISTORY:\nFever.\nEXAM:\nRales.\nPLAN:\nAmoxicillin.",yes\n'


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def pdf(*texts: str) -> bytes:
    """Pages of one line each, written by hand; its information names a patient."""
    pages = texts or ("Chest pain since noon.",)
    count, parts = len(pages), ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    parts.append(f"<< /Type /Pages /Kids [{kids}] /Count {count} >>")
    parts.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for i, text in enumerate(pages):
        stream = f"BT /F1 24 Tf 40 200 Td ({text}) Tj ET"
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        box = "/MediaBox [0 0 420 300]"
        parts.append(f"<< /Type /Page /Parent 2 0 R {box} {font} /Contents {5 + 2 * i} 0 R >>")
        parts.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    parts.append("<< /Author (DOE JANE) /Title (SECRET-42) >>")
    return _pdf_file(parts)


def _pdf_file(parts: list[str]) -> bytes:
    body, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(parts) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R /Info {len(parts)} 0 R >>\n"
    cross = f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}startxref\n{len(body)}\n%%EOF"
    return (body + cross).encode()


def described(cells: str, caption: str = "Fall on the left wrist.", columns: str = "file") -> bytes:
    """The table beside a file: its name, what reading it needs to know, and a caption."""
    return f"{columns},key,caption,synthetic\n{cells},case-1,{caption},yes\n".encode()


EVENTS = [
    {"time": "2012-03", "lane": "Condition", "text": "Asthma", "code": "J45"},
    {"time": "2020-05-30", "lane": "Medication", "text": "Salbutamol", "until": "2020-05-31"},
    {"time": "2020-05-31T21:40", "lane": "Vital signs", "text": "Peak flow", "value": 210},
    {"time": "2020-06-02", "lane": "Encounter", "text": "Admitted to intensive care"},
]
FINDINGS = [
    "Fever",
    {"label": "Rash", "state": "absent", "code": "HP:0000988", "system": "HPO"},
    {"label": "Travel", "state": "unknown"},
]
TRIAL = {
    "trial_title": "Inhaled steroids in adults with mild asthma",
    "registry_id": "NCT00000000",
    "phase": "PHASE3",
    "conditions": ["Asthma"],
    "sections": [
        {"heading": "Inclusion", "lines": ["Age 18 or older", "Asthma for a year or longer"]},
        {"heading": "Exclusion", "lines": "Smoking\nPregnancy"},
    ],
}
ARTICLE = {
    "article_title": "Peak flow at home",
    "journal": "Journal of Made-up Medicine",
    "year": 2021,
    "abstract": "We asked whether peak flow at home helps. It did, a little.",
    "sections": [{"heading": "Methods", "text": "Two groups of 50."}],
}
TABLE = {
    "columns": ["day", "creatinine", "note"],
    "rows": [[1, 88, "before contrast"], [2, 131.5, None], [3, 190, "dialysis discussed"]],
    "help": {"creatinine": "Serum creatinine, µmol/l"},
}
SQL = """CREATE TABLE patient (
  id INTEGER PRIMARY KEY, -- one row each
  born DATE NOT NULL
);
CREATE TABLE drug (patient_id INTEGER REFERENCES patient (id), name TEXT, FOREIGN KEY (patient_id)
  REFERENCES patient (id));
"""
TURNS = [
    {"role": "patient", "text": "I have had a rash since Monday."},
    {"role": "assistant", "text": "Does it itch?"},
    {"role": "user", "text": "Yes, at night."},
]
EDGES = [
    {"source": "Metformin", "relation": "treats", "target": "Diabetes", "source_type": "Drug"},
    {"source": "Diabetes", "relation": "causes", "target": "Neuropathy"},
]


def rows(**fields: Any) -> bytes:
    return json.dumps({"key": "case-1", "synthetic": True, **fields}).encode()


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
    "ehr-timeline": {
        "cases.jsonl": rows(
            cutoff="2020-06-01", events=EVENTS, patient={"age": 34, "sex": "female"}
        )
    },
    "structured-findings": {"cases.jsonl": rows(findings=FINDINGS, caption="Child of four.")},
    "table": {"cases.jsonl": rows(**TABLE)},
    "clinical-trial": {"cases.jsonl": rows(**TRIAL)},
    "literature": {"cases.jsonl": rows(**ARTICLE)},
    "code-sql": {"cases.jsonl": rows(code=SQL, code_language="sql")},
    "conversation": {"cases.jsonl": rows(turns=TURNS, caption="Woman of 30.")},
    "knowledge-graph": {"cases.jsonl": rows(edges=EDGES)},
    "whole-slide": {"cases.csv": described("slide.svs", "Core biopsy."), "slide.svs": slide()},
    "video": {"cases.csv": described("loop.gif", "Apical view."), "loop.gif": gif()},
    "audio": {"cases.csv": described("heart.wav", "At the apex."), "heart.wav": wav()},
    "pdf-page": {"cases.csv": described("letter.pdf", "Discharge letter."), "letter.pdf": pdf()},
    "volume": {"cases.csv": described("ct.nii.gz"), "ct.nii.gz": nifti()},
}
"""By kind; a single file is brought as it is, several as a folder."""

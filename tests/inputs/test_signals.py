"""Signals: values and times are what the file said, whatever its form; the paper is exact."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from arena.core.errors import RowError, UserError
from arena.studies.drawings import paper
from arena.studies.drawings.lines import time_text, time_ticks
from arena.studies.formats import format_for
from arena.studies.models import Asset, Case, CaseVersion, Study
from arena.studies.readers.signals import npy_values
from arena.studies.readers.wfdb import numbers
from tests.inputs.signals import STANDARD, VITALS, beats, ecg_csv, npy, twelve, wfdb
from tests.inputs.world import load, study_reading, world_of, written

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def study() -> Study:
    return study_reading("ecg")


def stored(name: str = "signal") -> np.ndarray:
    with Asset.objects.get(name=name).file.open() as file:
        return npy_values(file.read())


def meta(name: str = "signal") -> dict[str, Any]:
    return dict(Asset.objects.get(name=name).meta)


class TestEcg:
    def test_a_table_of_twelve_leads_becomes_microvolts(self, study: Study, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(ecg_csv())
        load(study, tmp_path / "a.csv")
        assert meta()["channels"] == list(STANDARD)
        assert (meta()["rate"], meta()["seconds"]) == (500.0, 10.0)
        assert np.abs(stored() - 1000 * twelve().T).max() <= 1

    def test_an_array_needs_its_rate_and_gets_the_usual_names(
        self, study: Study, tmp_path: Path
    ) -> None:
        written(tmp_path, {"a.npy": npy((1000 * twelve()).astype(np.int16))})
        with pytest.raises(RowError, match="does not tell its rate"):
            load(study, tmp_path)
        (tmp_path / "cases.csv").write_text("file,key,sampling_rate,unit\na.npy,one,500,uV\n")
        load(study, tmp_path)
        assert meta()["channels"] == list(STANDARD)
        assert np.abs(stored() - 1000 * twelve().T).max() <= 1

    def test_a_wfdb_record_without_its_comments(self, study: Study, tmp_path: Path) -> None:
        samples = np.rint(200 * np.stack([beats(250, 4), -beats(250, 4)])).astype(int)
        samples[0, 7] = -(2**15)  # nothing was measured there
        written(tmp_path, {**wfdb(samples), "rec.atr": b"annotations"})
        assert load(study, tmp_path) == 1
        assert Case.objects.get().key == "rec"
        expected = samples * 5
        expected[0, 7] = -(2**15)
        assert (stored() == expected).all()
        said = str(meta()) + str(CaseVersion.objects.get().content)
        assert "Aldomet" not in said and "infarction" not in said

    def test_the_formats_of_wfdb_samples(self) -> None:
        for kind, type_ in (("16", "<i2"), ("61", ">i2"), ("32", "<i4")):
            raw = np.array([5, -7, 2000], dtype=type_).tobytes()
            assert numbers(raw, kind).tolist() == [5, -7, 2000]
        assert numbers(bytes([128, 0, 255]), "80").tolist() == [0, -128, 127]
        assert numbers(bytes([0xFF, 0xFF, 0xFF, 1, 0, 0]), "24").tolist() == [-1, 1]
        assert numbers(bytes([0x01, 0xF0, 0xFE]), "212").tolist() == [1, -2]

    @pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data")
    def test_real_records_are_read(self, study: Study, tmp_path: Path) -> None:
        record = DATA / "cases_ecg_mitbih100"
        files = {name: (record / name).read_bytes() for name in ("100.hea", "100.dat", "100.atr")}
        dicom = (DATA / "cases_dicom_small" / "waveform_ecg.dcm").read_bytes()
        written(tmp_path, {**files, "w.dcm": dicom})
        assert load(study, tmp_path) == 2
        metas = {a.case_version.case.key: a.meta for a in Asset.objects.all()}
        assert metas["100"]["channels"] == ["MLII", "V5"] and metas["100"]["rate"] == 360
        assert metas["w"]["channels"] == list(STANDARD) and metas["w"]["seconds"] == 10
        first = Asset.objects.get(case_version__case__key="100")
        with first.file.open() as file:
            values = npy_values(file.read())
        # The record's first samples, as PhysioNet prints them: -0.145 and -0.065 mV.
        assert values[:, 0].tolist() == [-145, -65]

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({"a.csv": b"time,I\n0,1\n0.002,x\n"}, r"a.csv, row 3, column 'I': 'x' is no number"),
            ({"a.csv": b"time,I\n0,1\n0.002,nan\n0.004,inf\n"}, "'inf' is no number"),
            ({"a.csv": b"time,I\n0,1\n5,1\n5.1,2\n"}, "has times that are not evenly spaced"),
            ({"a.csv": b"time,I\n1,1\n0,1\n"}, "row 3, column 'time': goes back in time"),
            ({"a.csv": b"time,I\n0,1\n1,1\n"}, "has 1 samples a second; an ECG has 50"),
            ({"a.csv": b"time,I,I\n0,1,2\n"}, "two columns of one name"),
            ({"a.csv": b"time,I\n0\n"}, "row 2: has 1 cells, but the header has 2"),
            ({"a.csv": b"time,I\n0,100\n0.002,1\n"}, "has more than 32 mV: check the unit"),
            ({"a.csv": b"\xff\xfe"}, "is not UTF-8"),
            ({"a.npy": npy(np.zeros((3, 4, 5)))}, "its shape is"),
            ({"a.npy": npy(np.array([{}], dtype=object))}, "is no array that is read"),
            ({"a.npy": npy(np.zeros((2, 900)))[:200]}, "it is cut off"),
            ({"rec.hea": wfdb(np.zeros((1, 9), int))["rec.hea"]}, "rec.dat: is missing"),
            (
                {**wfdb(np.zeros((1, 9), int)), "rec.dat": b"ab"},
                "holds 1 samples, the header says 9: it is cut off",
            ),
            ({"rec.hea": b"rec/3 1 250 9\n", "x.dat": b""}, "several segments are not read"),
            ({"rec.hea": b"rec 99999999 250 9\n"}, "names 99999999 signals and describes 0"),
            ({"a.dcm": b"\0" * 128 + b"DICM" + b"x" * 50}, "a.dcm: is no"),
            ({"a.txt": b"hello"}, "is none of"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_no_ecg_is_refused(
        self, study: Study, tmp_path: Path, files: dict[str, bytes], message: str
    ) -> None:
        with pytest.raises(UserError, match=message):
            load(study, written(tmp_path, files))
        assert not Case.objects.exists()


def sheet(study: Study, number: int = 0) -> Any:
    made = format_for("ecg").made(CaseVersion.objects.get(case__study=study), f"strip-{number}")
    return ElementTree.fromstring(made.body) if made else None


def points(path: Any) -> np.ndarray:
    """Millimetres of a trace; a new piece begins at each M."""
    found: list[list[float]] = []
    for kind, x, y in re.findall(r"([Ml])(-?\d+) (-?\d+)", path.get("d")):
        step = [int(x), int(y)]
        found.append(step if kind == "M" else [found[-1][0] + step[0], found[-1][1] + step[1]])
    return np.array(found) / 100


class TestPaper:
    def test_a_second_is_25_mm_and_a_millivolt_10_mm(self, study: Study, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(ecg_csv())
        load(study, tmp_path / "a.csv")
        drawn = sheet(study)
        assert drawn.get("viewBox") == "0 0 265 136"
        traces = [points(p) for p in drawn.findall("{*}path") if p.get("transform")]
        assert len(traces) == 13, "three rows of four leads, and a rhythm strip"
        rhythm = traces[-1]
        assert rhythm[0][0] == paper.LEFT and rhythm[-1][0] == pytest.approx(
            paper.LEFT + 250, abs=0.1
        )
        peaks = rhythm[rhythm[:, 1] < rhythm[:, 1].min() + 0.5][:, 0]
        starts = peaks[np.insert(np.diff(peaks) > 2, 0, True)]
        assert np.diff(starts) == pytest.approx(0.8 * 25, abs=0.1), "75 beats a minute"
        assert np.median(rhythm[:, 1]) - rhythm[:, 1].min() == pytest.approx(10, abs=0.2)

    def test_leads_change_with_a_gap(self, study: Study, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(ecg_csv())
        load(study, tmp_path / "a.csv")
        traces = [points(p) for p in sheet(study).findall("{*}path") if p.get("transform")]
        one, avr = traces[0], traces[1]
        assert avr[0][0] - one[-1][0] == pytest.approx(paper.GAP, abs=0.1)

    def test_a_long_record_is_cut_into_strips_of_ten_seconds(
        self, study: Study, tmp_path: Path
    ) -> None:
        written(tmp_path, wfdb(np.rint(200 * beats(250, 34))[None].astype(int)))
        load(study, tmp_path)
        assert sheet(study, 3) is not None and sheet(study, 4) is None
        last = next(points(p) for p in sheet(study, 3).findall("{*}path") if p.get("transform"))
        assert last[-1][0] == pytest.approx(paper.LEFT + 4 * 25, abs=0.2)
        for name in ("strip-", "strip-x", "strip--1", "strip-1e2", "other"):
            version = CaseVersion.objects.get()
            assert format_for("ecg").made(version, name) is None

    def test_a_sheet_is_fetched_once_and_then_known_by_its_tag(
        self, tmp_path: Path, client: Client
    ) -> None:
        (tmp_path / "a.csv").write_bytes(ecg_csv())
        here = world_of("ecg", tmp_path)
        client.force_login(here.rater)
        html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
        url = re.search(r'src="(/ballots/[^"]+/case/strip-0)"', html)
        assert url is not None
        first = client.get(url[1])
        assert first["Content-Type"] == "image/svg+xml"
        assert "sandbox" in first["Content-Security-Policy"]
        again = client.get(url[1], headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        client.logout()
        assert client.get(url[1]).status_code in (302, 404)


class TestMeasurements:
    def test_dates_become_seconds_and_empty_cells_stay_empty(self, tmp_path: Path) -> None:
        study = study_reading("time-series")
        (tmp_path / "vitals.csv").write_bytes(VITALS)
        load(study, tmp_path / "vitals.csv")
        table = stored("series")
        assert table[:, 0].tolist() == [0, 1800, 7200, 8400, 79200]
        assert np.isnan(table[1, 2]) and table[2, 1] == 118
        assert "2024" not in str(meta("series"))
        assert meta("series")["ranges"][1] == [88.0, 121.0]

    def test_single_measurements_as_json_are_the_same(self, tmp_path: Path) -> None:
        study = study_reading("time-series")
        rows = (
            b'[{"time": 60, "name": "hr", "value": 80}, {"time": 0, "name": "bp", "value": 120},'
            b' {"time": 60, "name": "bp", "value": null}]'
        )
        (tmp_path / "x.json").write_bytes(rows)
        load(study, tmp_path / "x.json")
        assert meta("series")["channels"] == ["hr", "bp"]
        assert np.array_equal(
            stored("series"), [[0, np.nan, 120], [60, 80, np.nan]], equal_nan=True
        )

    def test_a_long_waveform_is_shown_whole_and_in_parts(self, tmp_path: Path) -> None:
        study = study_reading("wearable-signal")
        pulse = np.sin(np.arange(64 * 300) * 2 * np.pi / 64)
        table = "file,key,sampling_rate,channels\np.npy,one,64,PPG\n"
        written(tmp_path, {"p.npy": npy(pulse), "cases.csv": table.encode()})
        load(study, tmp_path)
        version = CaseVersion.objects.get()
        charts = format_for("wearable-signal").context(version, str)["charts"]
        assert [chart["url"] for chart in charts][:3] == ["chart", "part-0", "part-1"]
        assert len(charts) == 11 and charts[1]["said"] == "0 to 30 s"
        for chart in charts:
            made = format_for("wearable-signal").made(version, chart["url"])
            assert made is not None and len(made.body) < 60_000
        assert format_for("wearable-signal").made(version, "part-10") is None

    def test_where_nothing_was_measured_for_long_no_line_is_drawn(self, tmp_path: Path) -> None:
        study = study_reading("time-series")
        rows = [f"{t},{t % 7}" for t in (*range(20), *range(500, 520))]
        (tmp_path / "x.csv").write_text("time,a\n" + "\n".join(rows))
        load(study, tmp_path / "x.csv")
        made = format_for("time-series").made(CaseVersion.objects.get(), "chart")
        assert made is not None
        drawn = ElementTree.fromstring(made.body)
        line = next(p for p in drawn.findall("{*}path") if p.get("transform"))
        assert line.get("d").count("M") == 2

    def test_markup_in_the_name_of_a_channel_is_text(self, tmp_path: Path) -> None:
        study = study_reading("time-series")
        (tmp_path / "x.csv").write_text("time,<script>alert(1)</script>\n0,1\n1,2\n")
        load(study, tmp_path / "x.csv")
        made = format_for("time-series").made(CaseVersion.objects.get(), "chart")
        assert made is not None and b"<script" not in made.body


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (0.2, "0.2 s"),
        (90, "90 s"),
        (60, "1 min"),
        (300, "5 min"),
        (7200, "2 h"),
        (172800, "2 d"),
    ],
)
def test_times_are_told_in_the_unit_a_person_would_use(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_ticks_are_round_and_inside() -> None:
    assert time_ticks(0, 79_200) == [0, 10800, 21600, 32400, 43200, 54000, 64800, 75600]
    assert time_ticks(30, 60) == [30, 35, 40, 45, 50, 55, 60] or len(time_ticks(30, 60)) <= 10

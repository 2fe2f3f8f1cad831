"""Electrocardiograms from WFDB, CSV, NPY and DICOM, as microvolts."""

import io
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pydicom

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.dicom import is_dicom
from arena.studies.readers.number_tables import even_signals, named, number_table
from arena.studies.readers.signals import Signals, check_signals, signal_asset
from arena.studies.readers.wfdb import HEADER, wfdb_signals

STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
MICROVOLTS = {"uv": 1.0, "µv": 1.0, "μv": 1.0, "mv": 1000.0, "v": 1e6}
MOST_SECONDS = 7200
LEAST_RATE = 50.0
LARGEST, MISSING = 32_767, -32_768
SPELLED = {name.lower(): name for name in STANDARD}


def ecg_asset(files: Sequence[SourceFile], options: Mapping[str, str]) -> NewAsset:
    """16-bit microvolts, (lead, sample), -32768 where there is none; raises ``RowError``."""
    name = files[0].name
    signals = _signals(files, options)
    check_signals(signals, name)
    if signals.rate < LEAST_RATE:
        raise RowError(f"has {signals.rate:g} samples a second; an ECG has {LEAST_RATE:g}", name)
    if signals.seconds > MOST_SECONDS:
        raise RowError(
            f"lasts {signals.seconds:,.0f} s; at most {MOST_SECONDS:,} fit: cut it", name
        )
    factor = MICROVOLTS.get(signals.unit.lower())
    if factor is None:
        known = "uV, mV, V"
        raise RowError(f"is measured in {signals.unit!r}; an ECG is in {known}", name)
    microvolts = np.rint(signals.values * factor)
    if np.nanmax(np.abs(microvolts)) > LARGEST:
        raise RowError("has more than 32 mV: check the unit", name)
    stored = np.where(np.isnan(microvolts), MISSING, microvolts).astype(np.int16)
    spelled = Signals(tuple(map(_spelled, signals.names)), signals.rate, signals.values)
    return signal_asset(spelled, stored, "uV")


def _spelled(lead: str) -> str:
    """``avr``, ``Lead II`` as everybody writes them; other names stay."""
    plain = lead.strip().lower().removeprefix("lead ").strip()
    return SPELLED.get(plain, lead.strip())


def _signals(files: Sequence[SourceFile], options: Mapping[str, str]) -> Signals:
    first = files[0]
    if any(file.name.lower().endswith(HEADER) for file in files):
        return wfdb_signals(files)
    if is_dicom(first.data):
        return _dicom(first)
    table = named(number_table(first), options.get("leads", ""), STANDARD, first.name)
    return even_signals(table, options, first.name, unit=options.get("unit") or "mV")


def _dicom(file: SourceFile) -> Signals:
    """The first waveform of a DICOM ECG; names, dates and annotations are not read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(file.data))
            if str(dataset.get("Modality", "")) != "ECG" or "WaveformSequence" not in dataset:
                raise RowError("is no DICOM ECG", file.name)
            group = dataset.WaveformSequence[0]
            channels = group.ChannelDefinitionSequence
            names = [str(c.ChannelSourceSequence[0].CodeMeaning) for c in channels]
            units = {str(c.ChannelSensitivityUnitsSequence[0].CodeValue) for c in channels}
            values = np.asarray(dataset.waveform_array(0), dtype=np.float64).T
            rate = float(group.SamplingFrequency)
        except RowError:
            raise
        except Exception as error:  # pydicom raises nearly any class on damaged files
            raise RowError("is no complete DICOM ECG: send it again", file.name) from error
    if len(units) > 1:
        raise RowError("has leads of different units", file.name)
    return Signals(_short(names), rate, values, units.pop())


def _short(names: Sequence[str]) -> tuple[str, ...]:
    """``Lead I (Einthoven)`` and ``Lead V1`` as I and V1."""
    return tuple(name.removeprefix("Lead ").partition(" (")[0].strip() for name in names)

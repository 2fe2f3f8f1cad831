"""A waveform of a wearable device: pulse, acceleration, skin conductance."""

from arena.studies.formats.measurements import Measurements


class WearableSignal(Measurements):
    key: str = "wearable-signal"
    title: str = "Wearable signal"
    accepts: str = (
        "CSV files with a column “time”, or CSV and NPY files without one and a table cases.csv "
        "that names each in a column “file” and gives its sampling_rate and channels; one by one "
        "or as a zip."
    )


FORMAT = WearableSignal()

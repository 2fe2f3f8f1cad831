"""Vital signs, laboratory values and the like, at even or uneven times."""

from arena.studies.formats.measurements import Measurements


class TimeSeries(Measurements):
    key: str = "time-series"
    title: str = "Measurements over time"
    accepts: str = (
        "CSV or JSON files with a column “time” (seconds, or dates and times) and one column for "
        "each measurement, one by one or as a zip. Empty cells are gaps. Dates become seconds from "
        "the first row."
    )


FORMAT = TimeSeries()

"""Dates as the pages write them: the day first, the month in letters."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"

"""A sound: heart or lung sounds, speech."""

from collections.abc import Mapping, Sequence

from arena.studies.formats.base import FileRule, Found
from arena.studies.formats.media import Media
from arena.studies.new_case import SourceFile
from arena.studies.readers.sounds import SOUND, clean_sound


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, (clean_sound(files[0]),))


class Audio(Media):
    key: str = "audio"
    title: str = "Sound"
    accepts: str = "WAV files, one by one or as a zip. All tags stay behind."
    files: FileRule | None = FileRule(read)
    template: str = "studies/formats/audio.html"
    asset = SOUND


FORMAT = Audio()

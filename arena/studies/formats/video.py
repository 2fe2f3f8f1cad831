"""A clip: an ultrasound loop, an endoscopy, a gait."""

from collections.abc import Mapping, Sequence

from arena.studies.formats.base import FileRule, Found
from arena.studies.formats.media import Media
from arena.studies.new_case import SourceFile
from arena.studies.readers.clips import CLIP
from arena.studies.readers.videos import clean_video


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, (clean_video(files[0]),))


class Video(Media):
    key: str = "video"
    title: str = "Video"
    accepts: str = (
        "WebM (VP8, VP9), MP4 (H.264) or animated GIF, WebP and PNG files, one by one or as a zip. "
        "Sound and all tags stay behind."
    )
    files: FileRule | None = FileRule(read)
    template: str = "studies/formats/video.html"
    asset = CLIP


FORMAT = Video()

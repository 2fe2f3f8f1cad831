"""A clip: an ultrasound loop, an endoscopy, a gait."""

from collections.abc import Mapping, Sequence

from arena.studies.formats.base import Assets, FileRule, Found, Senses, stored
from arena.studies.formats.media import Media
from arena.studies.new_case import SourceFile
from arena.studies.readers.clips import CLIP
from arena.studies.readers.videos import clean_video
from arena.studies.stills.base import Look, Still
from arena.studies.stills.clips import clip_stills


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    return Found({}, (clean_video(files[0]),))


def stills(assets: Assets, look: Look) -> list[Still]:
    clip = assets[CLIP]
    return clip_stills(stored(assets, CLIP), clip.media_type, clip.meta, look)


class Video(Media):
    key: str = "video"
    title: str = "Video"
    accepts: str = (
        "WebM (VP8, VP9), MP4 (H.264) or animated GIF, WebP and PNG files, one by one or as a zip. "
        "Sound and all tags stay behind."
    )
    files: FileRule | None = FileRule(read)
    template: str = "studies/formats/video.html"
    senses: Senses = Senses(stills)
    asset = CLIP


FORMAT = Video()

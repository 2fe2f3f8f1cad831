"""A clip in the browser's own player, in step with the other side's."""

from typing import Any

from arena.voting.presenters.base import VIEWED, Presenter, Shown, StoredFile


class GeneratedVideoPresenter(Presenter):
    key = "video-generated"
    template = "voting/kinds/video-generated.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        video = shown.record["video"]
        return {
            "width": int(video["width"]),
            "height": int(video["height"]),
            "length": video["seconds"],
            "frames": int(video["frames"]),
            "frame": round(video["seconds"] / video["frames"], 5),
            "url": shown.asset_url("output"),
        }

    def asset(self, shown: Shown, name: str) -> StoredFile | None:
        return StoredFile(shown.record["video"]["sha256"]) if name == "output" else None


PRESENTER = GeneratedVideoPresenter()

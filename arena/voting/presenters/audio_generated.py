"""A sound in the browser's own player; both sides are played equally loud."""

from typing import Any

from arena.voting.presenters.base import VIEWED, Presenter, Shown, StoredFile
from arena.voting.presenters.scales import both


class GeneratedAudioPresenter(Presenter):
    key = "audio-generated"
    template = "voting/kinds/audio-generated.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        audio = shown.record["audio"]
        return {
            "length": audio["seconds"],
            "rate": int(audio["rate"]),
            "channels": int(audio["channels"]),
            "url": shown.asset_url("output"),
            "evened": shown.other is not None,
        }

    def asset(self, shown: Shown, name: str) -> StoredFile | None:
        if name != "output":
            return None
        return StoredFile(shown.record["audio"]["sha256"], gain=_gain(shown))


def _gain(shown: Shown) -> float:
    """Down to the softer of both: the louder of two sounds is liked better, whatever it says."""
    softer = min(float(record["audio"]["rms"]) for record in both(shown))
    own = float(shown.record["audio"]["rms"])
    return softer / own if softer and own else 1.0


PRESENTER = GeneratedAudioPresenter()

"""A picture that a system made, in the viewer of images: both sides at the same zoom and place."""

from typing import Any

from django.utils.translation import gettext as _

from arena.voting.presenters.base import VIEWED, Presenter, Shown, StoredFile


class GeneratedImagePresenter(Presenter):
    key = "image-generated"
    template = "voting/kinds/image-generated.html"
    styles = VIEWED

    def data(self, shown: Shown) -> dict[str, Any]:
        image = shown.record["image"]
        return {
            "width": int(image["width"]),
            "height": int(image["height"]),
            "image_url": shown.asset_url("output"),
            "image_alt": _("The image that was made"),
        }

    def asset(self, shown: Shown, name: str) -> StoredFile | None:
        return StoredFile(shown.record["image"]["sha256"]) if name == "output" else None


PRESENTER = GeneratedImagePresenter()

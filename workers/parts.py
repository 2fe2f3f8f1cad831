"""What of a case is sent: its files, or words and pictures of them to those that take none."""

import json
from collections.abc import Iterator

from arena.generations.adapter_info import Sense
from arena.generations.sight import is_taken, why_untaken
from arena.studies.formats import case_facts, format_for, is_told
from arena.studies.formats.base import Assets
from arena.studies.models import Asset, CaseVersion
from arena.studies.stills.base import Look, Still, UnseenError
from workers.adapters.base import CONTENT, SAID, AdapterError, Part


def parts_of(version: CaseVersion) -> tuple[Part, ...]:
    """The case's text, its content as JSON where it is more than a text, and its files."""
    return (*_texts(version), *_content(version), *_files(version))


def parts_for(version: CaseVersion, sense: Sense, look: Look) -> tuple[Part, ...]:
    """The case as a system of this sense is sent it, all of it or nothing.

    Raises ``AdapterError`` where neither words nor pictures say what the files hold: an answer to
    the caption alone would count as one to the case.
    """
    if sense is Sense.FILES or is_told(version):
        return parts_of(version)
    if not is_taken(version, sense):
        raise AdapterError(why_untaken(version.input_kind, sense), failure="cannot_take")
    assets = {asset.name: asset for asset in version.assets.order_by("name")}
    try:
        return (*_texts(version), *_words(version, assets), *_stills(version, assets, sense, look))
    except UnseenError as error:
        problem = f"{why_untaken(version.input_kind, sense)} ({error})"
        raise AdapterError(problem, failure="cannot_take") from error


def _words(version: CaseVersion, assets: Assets) -> Iterator[Part]:
    """Numbers in words stand beside their picture: what is drawn cannot be read off exactly."""
    senses = format_for(version.input_kind).senses
    metas = {name: asset.meta for name, asset in assets.items()}
    if senses.words and senses.told(version.content, metas):
        yield Part("text", senses.words(assets), name="words")


def _stills(version: CaseVersion, assets: Assets, sense: Sense, look: Look) -> Iterator[Part]:
    stills = format_for(version.input_kind).senses.stills
    if stills and sense is Sense.PICTURES:
        yield from (_picture(one) for one in stills(assets, look))


def _picture(one: Still) -> Part:
    meta = {"width": one.width, "height": one.height, SAID: one.said}
    return Part("image", one.data, name=one.name, media_type=one.media_type, meta=meta)


def _content(version: CaseVersion) -> list[Part]:
    if not format_for(version.input_kind).structured:
        return []
    data = json.dumps(version.content, ensure_ascii=False, sort_keys=True).encode()
    return [Part("application", data, name=CONTENT, media_type="application/json")]


def _texts(version: CaseVersion) -> list[Part]:
    text, case_format = case_facts(version).text, format_for(version.input_kind)
    name = "text" if case_format.structured else case_format.fields[0]
    return [Part("text", text, name=name)] if text else []


def _files(version: CaseVersion) -> list[Part]:
    return [
        Part(
            asset.media_type.partition("/")[0],
            _read(asset),
            name=asset.name,
            media_type=asset.media_type,
            meta=asset.meta,
        )
        for asset in version.assets.order_by("name")
        if not asset.meta.get("preview")
    ]


def _read(asset: Asset) -> bytes:
    with asset.file.open() as file:
        return bytes(file.read())

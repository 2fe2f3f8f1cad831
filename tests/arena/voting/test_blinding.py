"""Before the vote nothing that reaches the rater tells which system made a side.

Every ballot is fetched as a page, as JSON and with all its files; bodies and headers are searched
for whatever identifies a system, its output or how it was made.
"""

import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from arena.generations.models import Generation
from arena.voting.models import Ballot
from arena.voting.presenters import presenters
from evaluation.kinds import kinds
from tests.arena.voting.world import NAMES, World, generation, sample_record, system, world

pytestmark = pytest.mark.django_db
KINDS = sorted(presenters())


@pytest.fixture(params=KINDS)
def here(request: pytest.FixtureRequest) -> World:
    return world(request.param, n_cases=1, n_systems=2)


@pytest.fixture
def rater_client(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def page(client: Client, here: World) -> Any:
    return client.get(reverse("vote", args=[here.study.slug]))


def ballot_as_json(client: Client, here: World) -> Any:
    return client.post(reverse("api-ballots", args=[here.study.slug]))


def files(client: Client, text: str) -> Iterator[Any]:
    for url in sorted(set(re.findall(r'"(/ballots/[^"]+)"', text))):
        yield client.get(url)


def everything_served(client: Client, here: World) -> dict[str, bytes]:
    """Each response by its address: status line, headers and body."""
    html, data = page(client, here), ballot_as_json(client, here)
    uuid = data.json()["uuid"]
    single = client.get(reverse("api-ballot", args=[uuid]))
    found = {"page": html, "json": data, "json-single": single}
    found |= {r.request["PATH_INFO"]: r for r in files(client, html.content.decode())}
    found |= {r.request["PATH_INFO"]: r for r in files(client, data.content.decode())}
    return {name: repr(r.headers).encode() + r.content for name, r in found.items()}


def giveaways(here: World) -> set[str]:
    """Strings that identify a system or an output of this study."""
    found = {name.lower() for name in NAMES}
    for generation_ in Generation.objects.select_related("study_system__version__system"):
        version = generation_.study_system.version
        found |= {version.digest, version.revision, version.adapter, version.system.slug}
        found |= {generation_.record_digest, generation_.lease_owner, generation_.error}
        found |= {str(value) for value in generation_.provenance.values()}
    return {text.lower() for text in found if text}


def test_every_output_kind_has_a_presenter() -> None:
    assert set(kinds()) == set(presenters())


def test_no_page_json_header_or_file_names_a_system(rater_client: Client, here: World) -> None:
    served = everything_served(rater_client, here)
    assert len(served) >= (6 if here.protocol.output_kind == "mask" else 3)
    for name, body in served.items():
        for text in giveaways(here):
            assert text.encode() not in body.lower(), f"{text!r} in {name}"


def test_json_carries_no_row_number_time_or_failure(rater_client: Client, here: World) -> None:
    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            for inner in value.values():
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    found = set(keys(ballot_as_json(rater_client, here).json()))
    forbidden = {"id", "pk", "generation", "system", "label_left", "provenance", "failure"}
    assert not found & forbidden
    assert not {key for key in found if key.endswith("_at") or "second" in key}


def test_failures_of_different_classes_look_alike(client: Client) -> None:
    panes = set()
    for failure in Generation.Failure.values:
        here = world(n_cases=1, n_systems=0, slug=f"failed-{failure.replace('_', '-')}")
        one, two = (system(here.study, here.study.created_by, n) for n in NAMES[:2])
        generation(one, here.cases[0], None, failure=failure, error="Traceback 7321")
        generation(two, here.cases[0], sample_record("summary", 0))
        client.force_login(here.rater)
        data = ballot_as_json(client, here).json()
        failed = next(data[s] for s in ("left", "right") if data[s]["problem"])
        panes.add((failed["problem"], json.dumps(failed["data"])))
    assert panes == {("No output.", "{}")}


def test_swapping_who_made_which_side_changes_nothing_else(
    rater_client: Client, here: World
) -> None:
    """The same two records under exchanged systems give the same bytes, but for the address."""
    before = everything_served(rater_client, here)
    one, two = Generation.objects.order_by("pk")
    first, second = one.study_system_id, two.study_system_id
    spare = system(here.study, here.study.created_by, NAMES[3])
    Generation.objects.filter(pk=one.pk).update(study_system=spare)
    Generation.objects.filter(pk=two.pk).update(
        study_system=first, provenance={"seconds": 99}, error="", record_digest="other"
    )
    Generation.objects.filter(pk=one.pk).update(study_system=second)
    spare.delete()
    after = everything_served(rater_client, here)
    assert set(after) == set(before)
    for name in before:
        assert stable(after[name]).split(b"\n") == stable(before[name]).split(b"\n"), name


def stable(body: bytes) -> bytes:
    """Without what differs on every request of any page: tokens, the clock, the policy's order."""
    for changing in (
        rb'(csrfmiddlewaretoken" value|X-CSRFToken)("?:? ?=?"?)"?[\w-]+"?',
        rb"'Expires': '[^']*'",
        rb"""'Content-Security-Policy': "[^"]*\"""",
    ):
        body = re.sub(changing, b"", body)
    return body


def test_exchanging_the_sides_exchanges_the_panes_and_nothing_else(
    rater_client: Client, here: World
) -> None:
    before = ballot_as_json(rater_client, here).json()
    ballot = Ballot.objects.get()
    ballot.left_is_second = not ballot.left_is_second
    ballot.save()
    after = ballot_as_json(rater_client, here).json()
    exchanged = {
        **after,
        "left": of_other_side(after["right"]),
        "right": of_other_side(after["left"]),
    }
    for data in (before, exchanged):
        data.pop("outcomes")
        for side in ("left", "right"):
            data[side].pop("title")
    assert exchanged == before


def of_other_side(data: dict[str, Any]) -> Any:
    """A side's data with the name of the side exchanged, there and in addresses of its files."""
    text = json.dumps(data)
    text = re.sub(r'(?<="side": ")(left|right)(?=")|(?<=/)(left|right)(?=/)', exchanged_word, text)
    return json.loads(text)


def exchanged_word(match: re.Match[str]) -> str:
    return {"left": "right", "right": "left"}[match[0]]


def test_layers_carry_pixels_and_padding_and_nothing_else(client: Client) -> None:
    here = world("mask", n_cases=1)
    client.force_login(here.rater)
    layers = [
        r
        for r in files(client, page(client, here).content.decode())
        if "layer" in r.request["PATH_INFO"]
    ]
    headers = [{k: v for k, v in r.headers.items() if k != "Vary"} for r in layers]
    assert headers[0] == headers[1]
    for response in layers:
        assert len(response.content) % 4096 == 0
        assert [name for name, _ in chunks(response.content)] == [
            *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"paDd", b"IEND")
        ]
        with Image.open(io.BytesIO(response.content)) as image:
            assert image.convert("RGBA").getcolors() is not None
            assert {key for key in image.info if key != "transparency"} == set()
    palettes = {dict(chunks(r.content))[b"PLTE"] for r in layers}
    assert len(palettes) == 1, "the same label has the same colour on both sides"


def chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(body):
        length = int.from_bytes(body[place : place + 4])
        name, data = body[place + 4 : place + 8], body[place + 8 : place + 8 + length]
        assert zlib.crc32(name + data) == int.from_bytes(body[place + 8 + length :][:4])
        yield name, data
        place += 12 + length


def test_a_layer_hides_nothing_below_its_transparent_part() -> None:
    import numpy as np

    from arena.voting.presenters.png import mask_png

    mask = np.zeros((5, 11), dtype=bool)
    mask[1:3, 2:9] = True
    with Image.open(io.BytesIO(mask_png(mask, (230, 159, 0)))) as image:
        pixels = np.asarray(image.convert("RGBA"))
    assert (pixels[..., 3] == np.where(mask, 255, 0)).all()
    assert (pixels[mask] == (230, 159, 0, 255)).all()
    assert (pixels[~mask] == 0).all()

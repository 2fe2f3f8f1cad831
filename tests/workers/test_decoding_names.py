"""Forms and adapters agree on the decoding settings there are."""

from dataclasses import fields

from arena.generations.decoding import BEAMS, LOCAL, SERVER
from workers.adapters.decoding import SAME, Decoding
from workers.adapters.openai_compatible import DECODING


def test_forms_offer_what_adapters_keep_to() -> None:
    assert set(LOCAL) == {*(field.name for field in fields(Decoding)), *SAME, "seed"}
    assert {*LOCAL, "num_beams"} == set(BEAMS)
    assert SERVER == DECODING

"""The colour switch keeps the reader's choice and never leads away from the site."""

import pytest
from django.test import Client


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_choice_of_colours_is_kept_and_leads_back(client: Client, theme: str) -> None:
    response = client.post("/theme/", {"theme": theme, "next": "/style/"})
    assert response.headers["Location"] == "/style/"
    assert response.cookies["theme"].value == theme


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_the_switch_leads_to_no_other_site(client: Client, target: str) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": target})
    assert response.headers["Location"] == "/"


def test_an_unknown_theme_is_not_kept(client: Client) -> None:
    response = client.post("/theme/", {"theme": '"><script>', "next": "/"})
    assert "theme" not in response.cookies


@pytest.mark.django_db
def test_a_forged_theme_cookie_reaches_no_page(client: Client) -> None:
    client.cookies["theme"] = "x onload=1"
    assert b'data-theme="x' not in client.get("/style/").content


def test_the_switch_answers_only_to_post(client: Client) -> None:
    assert client.get("/theme/").status_code == 405

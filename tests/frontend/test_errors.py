"""Pages for when something is wrong: they must not depend on what may be broken."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import path

from arena import urls


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("what the reader must not see")


urlpatterns = [path("crash/", crash), *urls.urlpatterns]


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html"])
def test_a_page_shown_without_a_request_needs_no_context_and_no_script(name: str) -> None:
    page = render_to_string(name)
    assert "<h1>" in page
    assert 'href="/"' in page
    assert "<script" not in page


def test_a_crash_is_told_without_its_cause(client: Client) -> None:
    response = client.get("/crash/")
    assert response.status_code == 500
    assert b"Something broke on our side" in response.content
    assert b"must not see" not in response.content


@pytest.mark.django_db
def test_a_missing_page_offers_to_sign_in_and_come_back(client: Client) -> None:
    response = client.get("/studies/none/?page=2")
    assert response.status_code == 404
    assert b"?next=%2Fstudies%2Fnone%2F%3Fpage%3D2" in response.content

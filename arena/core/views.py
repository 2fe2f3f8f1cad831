"""Pages that belong to no study: the colour switch and the style page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from arena.core.forms import StyleForm
from arena.core.style_tokens import TOKENS

THEMES = ("auto", "light", "dark")
STYLE_PARTS = (
    *("colours", "tokens", "layout", "text", "buttons", "notices"),
    *("forms", "tables", "waiting", "charts"),
)
A_YEAR = 365 * 24 * 3600


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choice of colours and return to the page it was made on."""
    target = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    response = redirect(target if inside else "/")
    chosen = request.POST.get("theme", "auto")
    if chosen in THEMES:
        secure = request.is_secure()
        response.set_cookie(
            "theme", chosen, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax"
        )
    return response


@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """Every component of the design system in every state, for whoever builds a page."""
    context = {
        "parts": [f"core/style/_{part}.html" for part in STYLE_PARTS],
        "tokens": TOKENS,
        "themes": [_style_forms(theme) for theme in ("light", "dark")],
    }
    return render(request, "core/style.html", context)


def _style_forms(theme: str) -> dict[str, object]:
    wrong = {"name": "", "email": "not an address", "seconds": "-1"}
    return {
        "name": theme,
        "form": StyleForm(prefix=theme),
        "wrong": StyleForm(
            {f"{theme}-wrong-{field}": value for field, value in wrong.items()},
            prefix=f"{theme}-wrong",
        ),
    }

"""LaTeX in markdown: what becomes a formula, what stays a price, and that none of it can act."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arena.core.markdown import markdown_html

INSIDE = r"<math display=\"inline\">.*</math>"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (r"$\frac{m}{h^2}$", "<mfrac><mrow><mi>m</mi></mrow>"),
        (r"\(x_1 \le 2\)", "<msub><mi>x</mi><mn>1</mn></msub><mo>≤</mo>"),
        (r"so $$x$$", '<math display="block">'),
        (r"\[x\]", '<p><math display="block">'),
        ("$$\nx = 1\n- y\n$$", "<mo>−</mo><mi>y</mi>"),
        ("where\n\\[\n= y\n\\]\nand", "<p>where</p>"),
        ("| a |\n|---|\n| $x^2$ |", "<td><math"),
        (r"$100\%$", "<mi>%</mi>"),
        (r"$\text{a<b}$", "<mtext>a&lt;b</mtext>"),
    ],
)
def test_formulas_become_mathml(text: str, holds: str) -> None:
    assert holds in markdown_html(text)


@pytest.mark.parametrize(
    "text",
    ["costs $5 and $10", "$5–$10", "$5 or 6$ a day", "a $ b $", "$", "$$", "$$$$", r"a \$5, b$"],
)
def test_prices_stay_prices(text: str) -> None:
    assert "<math" not in markdown_html(text)
    assert "<code" not in markdown_html(text)


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{", r"\foo{x}", r"\ce{CO2}", r"\href{javascript:alert(1)}{x}", r"\style{color:red}y",
        r"\unicode{x3c}", r"\newcommand{\a}{\b\b}\a", r"\def\a{\a\a}\a", "{" * 900 + "}" * 900,
    ],
    ids=lambda latex: latex[:12],
)  # fmt: skip
def test_what_cannot_be_had_whole_is_shown_as_written(latex: str) -> None:
    html = markdown_html(f"${latex}$")
    assert html.startswith("<p><code>$")
    assert "<math" not in html


def test_no_formula_reaches_beyond_its_line() -> None:
    """A space of a thousand ems would push the page away."""
    html = markdown_html(r"$\hspace{1000em}x \rule{900em}{900em} \color{red}{y}$")
    assert not re.search(r"\d{3}em|color|height", html)


@given(st.text(alphabet=r"\${}()[]^_&ab1 <>'" + '"\n', max_size=60))
@example(r"$\text{<script>alert(1)</script>}$")
@example(r"$\text{&lt;script&gt;}$ $\text{</math><img src=x onerror=1>}$")
def test_no_formula_makes_anything_but_mathml(text: str) -> None:
    for tag in re.findall(r"<[^>]*>", markdown_html(text)):
        assert re.fullmatch(r'</?[a-z0-9]+( [a-z]+="[\w.-]+")*>', tag), tag
        assert tag.strip("</>").split()[0] not in {"script", "img", "style"}


@pytest.mark.parametrize("part", ["$x$ ", r"\(", "\\[x\n", "$$\n", "$a ", r"$\frac{", r"\[ "])
def test_a_text_full_of_formulas_or_their_beginnings_is_not_slow(part: str) -> None:
    """Half a minute before there was a limit to how far an end is looked for."""
    begun = time.process_time()
    html = markdown_html(part * (100_000 // len(part)))
    assert time.process_time() - begun < 5
    assert html.count("<math") <= 400

"""Pages from templates: what every page has, in the language that is asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as JinjaContext

from alerts.claim_words import worded
from console.pivots import KINDS
from console.web import shown
from console.web.context import Context
from console.web.guard import Asker
from console.web.words import LANGUAGES, said
from console.web.words_of_acts import acted


@pass_context
def _span(page: JinjaContext, seconds: float | None) -> str:
    return shown.span_of(seconds, str(page.get("language", "en")))


_templates = Environment(
    loader=PackageLoader("console.web", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_templates.filters |= {
    "quiet": shown.quiet,
    "address": shown.address,
    "time": lambda at: f"{at:%Y-%m-%d %H:%M}Z" if at else "—",
    "moment": shown.moment,
    "posted": shown.posted,
    "figure": shown.figure,
    "text": lambda text: shown.marked(text, ()),
    "span": _span,
}
_templates.globals["pivots"] = KINDS


def language_of(request: Request) -> str:
    """The language of the cookie, else what the browser likes best, else English."""
    asked = request.cookies.get("duskwatch_language", "")
    if asked in LANGUAGES:
        return asked
    for part in request.headers.get("Accept-Language", "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return "en"


def page(
    request: Request, here: Context, who: Asker | None, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page. Templates get ``who``, ``now``, ``t`` (a sentence in the language), ``w`` (a line that is made
    of our own words), and the values."""
    language = language_of(request)
    common = {
        "who": who,
        "csrf": who.csrf if who else "",
        "now": here.now(),
        "t": partial(said, language=language),
        "w": partial(worded, language=language),
        "language": language,
        "languages": LANGUAGES,
        "path": request.url.path,
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "faults": here.faults if who else "",
        "age": partial(shown.age, language=language),
        "left": partial(shown.left, language=language),
        "acted": partial(acted, language=language),
        "short": here.short,
    }
    written = _templates.get_template(template).render(common | values)
    return HTMLResponse(written.encode("utf-8", "backslashreplace"), status)

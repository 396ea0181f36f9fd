"""What stands in the way, as each engine says it in its own markup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.adapter import Gate, GateKind, Page
from crawler.adapters import load_adapter

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
XF = '<html id="XF" data-app="public" data-template="{}"><body><div class="p-body-inner">{}</div></body></html>'
VB4 = '<html id="vbulletin_html"><body><div class="standard_error"><div class="blockbody">{}</div></div></body></html>'
VB5 = '<body id="vb-page-body"><div id="main-contents"><h1 class="main-title">{}</h1></div></body>'
IPS = '<body class="ipsApp" data-pagecontroller="{}"><section id="elError">{}</section></body>'
TG = '<body><div class="tgme_page"><div class="tgme_page_description">{}</div></div></body>'
FLASK = '<body><div class="flaskbb-layout"><div class="card-header">Login</div>{}</div></body>'
CASES = [
    (
        "xenforo",
        XF.format("error", '<div class="blockMessage">The requested thread could not be found.</div>'),
        GateKind.MISSING,
    ),
    (
        "xenforo",
        XF.format("error", '<div class="blockMessage">You do not have permission to view this page.</div>'),
        GateKind.FORBIDDEN,
    ),
    (
        "xenforo",
        XF.format("login", '<div class="block-body"><input type="password" name="password"></div>'),
        GateKind.LOGIN,
    ),
    (
        "xenforo",
        XF.format("error", '<div class="blockMessage">You have been banned. Reason: x</div>'),
        GateKind.BANNED,
    ),
    (
        "xenforo",
        XF.format("forum_view", '<div class="blockMessage">There are no threads in this forum.</div>'),
        GateKind.EMPTY,
    ),
    (
        "vbulletin4",
        VB4.format("Invalid Thread specified. If you followed a valid link, please notify us"),
        GateKind.MISSING,
    ),
    ("vbulletin4", VB4.format("No Thread specified."), GateKind.MISSING),
    (
        "vbulletin4",
        VB4.format("You are not logged in or you do not have permission to access this page."),
        GateKind.FORBIDDEN,
    ),
    ("vbulletin4", VB4.format("You have been banned for the following reason: none"), GateKind.BANNED),
    ("vbulletin5", VB5.format("The page you requested could not be found"), GateKind.MISSING),
    ("vbulletin5", VB5.format("You do not have permission to access this page"), GateKind.FORBIDDEN),
    ("invision", IPS.format("error", "Sorry, we could not find that!"), GateKind.MISSING),
    ("invision", IPS.format("error", "Sorry, you do not have permission for that!"), GateKind.FORBIDDEN),
    ("invision", IPS.format("login", "") + "<h1>Sign in</h1><input type=password>", GateKind.LOGIN),
    ("telegram", TG.format("You can contact @invented right away."), GateKind.FORBIDDEN),
    (
        "telegram",
        '<div class="tgme_channel_info"><div class="tgme_channel_info_header_title">Empty</div></div>',
        GateKind.EMPTY,
    ),
    ("flaskbb", FLASK.format('<input type="password">'), GateKind.LOGIN),
    ("flaskbb", FLASK.format('<div class="row forum-row">No Topics.</div>'), GateKind.EMPTY),
    (
        "discourse",
        '{"errors":["The requested URL could not be found."],"error_type":"not_found"}',
        GateKind.MISSING,
    ),
    ("discourse", '{"errors":["You are not permitted."],"error_type":"invalid_access"}', GateKind.FORBIDDEN),
    ("discourse", '{"errors":["You need to be logged in."],"error_type":"not_logged_in"}', GateKind.LOGIN),
    ("nodebb", '{"status":{"code":"not-found","message":"x"},"response":{}}', GateKind.MISSING),
    ("nodebb", '{"error":"[[error:no-privileges]]"}', GateKind.FORBIDDEN),
    ("flarum", '{"errors":[{"status":"404","code":"not_found"}]}', GateKind.MISSING),
    ("flarum", '{"errors":[{"status":"403","code":"permission_denied","detail":"no"}]}', GateKind.FORBIDDEN),
]


@pytest.mark.parametrize(
    ("name", "text", "kind"), CASES, ids=[f"{n}-{name}" for n, (name, *_) in enumerate(CASES)]
)
def test_an_engine_s_own_words(name: str, text: str, kind: GateKind) -> None:
    gate = load_adapter(name).gate(Page("http://board.invalid/x", text, NOW))
    assert isinstance(gate, Gate)
    assert gate.kind is kind
    assert gate.says or kind is GateKind.LOGIN


@pytest.mark.parametrize("name", ["discourse", "nodebb", "flarum", "json_feed", "feed"])
@pytest.mark.parametrize("text", ["", "<p>no JSON", "{}", "[]", "null", "1", '{"errors": {}}', "[" * 100_000])
def test_an_answer_of_another_form_is_no_gate(name: str, text: str) -> None:
    assert load_adapter(name).gate(Page("http://board.invalid/x", text, NOW)) is None

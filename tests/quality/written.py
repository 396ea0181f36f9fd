"""Hand-written posts. ``HELD_OUT`` were written before tuning and never looked at while tuning."""

from __future__ import annotations

from alerts.watchlist import Organisation
from quality.posts import Case

ORGANISATIONS = [
    Organisation(id="artisa", name="Artisana Group", aliases=("Artisana",), domains=("artisana.example",)),
    Organisation(id="ui", name="Universitas Imajiner", acronyms=("UI",), context=("kampus", "mahasiswa", "universitas")),
    Organisation(id="moh", name="Ministry of Health of Rekania", aliases=("Kemenrek", "Минздрав Рекании"),
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
    ("Health Ministry of Rekania", "moh"), ("Rekania Ministry of Health", "moh"), ("Ministry of Health, of Rekania", "moh"),
    ("The ministry. Of health of Rekania nothing is known", None), ("M i n i s t r y of H e a l t h of R e k a n i a", "moh"),
    ("Минздрав Рекании база", "moh"), ("minzdrav rekanii baza", "moh"), ("Кеменрек слив", "moh"), ("кеменрeк", "moh"),
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
    return Case(text, frozenset({wanted} if wanted else ()), "written", "written")


TUNED = [_case(*case) for at, case in enumerate(_CASES) if at % 3]
HELD_OUT = [_case(*case) for at, case in enumerate(_CASES) if at % 3 == 0]

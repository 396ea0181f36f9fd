"""When a listing says that its data were taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from indexer.fact import Fact, Value
from indexer.reading import Hit, Reading, plain

WORDS = {
    "taken": "occurred on|occurred in|happened on|happened in|incident date|year|dump from|breach from|leak from|leak of|exfiltrated|leaked|stolen|extracted|scraped|compromised|bocor|diretas|dicuri|diambil|tahun bocor|слита|слито|взломана|взломан|утечка|泄露|泄漏|filtrada|filtrados|hackeada|vazado|vazados|hackeado|fuite|piraté|سربت|breach date|breached on|breached in|breached|leak date|leaked on|leaked in|hack date|hacked on|hacked in|hacked|"
    "dump date|dumped on|dumped in|dumped|date of breach|date of leak|date of dump|date of hack|date of theft|stolen on|stolen in|taken on|"
    "taken in|data date|data from|date of data|exfiltrated on|exfiltrated in|extracted on|extracted in|data as of|as of|"
    "was taken on|were taken on|compromised on|compromised in|occurred in|last update|last updated|updated|date|"
    "tanggal bocor|tanggal kebocoran|tanggal data|diambil pada|diambil tanggal|dicuri pada|diretas pada|dibobol pada|tanggal|bocor pada|"
    "tanggal dump|data tahun|per tanggal|дата слива|слит в|слит от|слита в|слита от|слито в|слито от|слиты в|слиты от|взломан в|взломан от|взломана в|взломана от|взломано в|взломано от|взломаны в|взломаны от|украден в|украден от|украдена в|украдена от|украдено в|украдено от|украдены в|украдены от|выгружен в|выгружен от|выгружена в|выгружена от|выгружено в|выгружено от|выгружены в|выгружены от|получен в|получен от|получена в|получена от|получено в|получено от|получены в|получены от|дата утечки|дата взлома|дата дампа|дата выгрузки|слив от|слив за|"
    "утечка от|утечка за|выгрузка от|выгрузка за|данные за|данные от|актуальность|дата|дамп от|база от|украдены|украдена|"
    "泄露时间|泄漏时间|泄露日期|数据时间|数据日期|入侵时间|脱库时间|拖库时间|更新时间|时间|日期|截至|"
    "fecha de la filtración|fecha de filtración|fecha del hackeo|fecha de los datos|fecha del volcado|fecha|robado el|robado en|robada el|robada en|robados el|robados en|robadas el|robadas en|filtrado el|filtrado en|filtrada el|filtrada en|filtrados el|filtrados en|filtradas el|filtradas en|hackeado el|hackeado en|hackeada el|hackeada en|hackeados el|hackeados en|hackeadas el|hackeadas en|extraído el|extraído en|extraída el|extraída en|extraídos el|extraídos en|extraídas el|extraídas en|vulnerado el|vulnerado en|vulnerada el|vulnerada en|vulnerados el|vulnerados en|vulneradas el|vulneradas en|"
    ""
    "data do vazamento|data da extração|data do ataque|vazado em|vazada em|vazados em|vazadas em|roubado em|roubada em|roubados em|roubadas em|extraído em|extraída em|extraídos em|extraídas em|hackeado em|hackeada em|hackeados em|hackeadas em|invadido em|invadida em|invadidos em|invadidas em|"
    "date de la fuite|date de fuite|date du vol|date du piratage|date d'extraction|volé le|volé en|volée le|volée en|volés le|volés en|volées le|volées en|piraté le|piraté en|piratée le|piratée en|piratés le|piratés en|piratées le|piratées en|fuité le|fuité en|fuitée le|fuitée en|fuités le|fuités en|fuitées le|fuitées en|extrait le|extrait en|extraite le|extraite en|extraits le|extraits en|extraites le|extraites en|dérobé le|dérobé en|dérobée le|dérobée en|dérobés le|dérobés en|dérobées le|dérobées en|"
    "mise à jour en|mise à jour le|actualizada en|actualizado en|atualizada em|atualizado em|актуальна на|обновлена в|diperbarui|"
    "la base es de|los datos son de|os dados são de|a base é de|les données datent de|datum|تاريخ التسريب|تاريخ الاختراق|تاريخ السرقة|تاريخ البيانات|تاريخ|سربت في|سرقت في",
    # what was done to the data, at some distance from when
    "done": "got in|broke in|hacking|leak|lifted|swiped|was hit|were hit|bocor|kejebol|被拖库|被黑|被脱|пробили|проникли|entramos|accedimos|entraram|acessamos|piratage|intrusé|entrés|eingedrungen|دخلنا|stole|stolen|hacked|breached|leaked|dumped|exfiltrated|scraped|extracted|obtained|pulled|compromised|breach|intrusion|"
    "downloaded|grabbed|taken|copied|exported|hack|dibobol|dijebol|dicuri|diretas|kebocoran|diambil|disedot|peretasan|pembobolan|"
    "взлом*|украл*|украден*|слил*|слит*|слив*|утечк*|утекл*|выгрузил*|выгружен*|выкачал*|скачал*|вытащил*|забрал*|сняли|сдампил*|"
    "泄露|泄漏|入侵|脱库|拖库|拖走|盗取|窃取|攻破|黑进|导出|流出|"
    "hackeam*|hackead*|hackear*|hackeó|robamos|robado*|robada*|filtramos|filtrado*|filtrada*|extrajimos|extraído*|extraída*|vulnera*|sustra*|atacamos|intrusión|"
    "invadi*|roubamos|roubado*|roubada*|vaza*|extraímos|copiamos|baixamos|avons volé|ont volé|volé|volée|volés|volées|dérob*|pirat*|exfiltr*|extrait*|"
    "gestohlen|gehackt|erbeutet|abgezogen|geleakt|entwendet|اختراق|الاختراق|اختراقه|اختراقها|اخترقنا|تسريب|سرقة|سحب|سحبنا|سربت|سرقت|اخترقت",
}
_MONTHS = (
    "january jan januari января январь январе enero janeiro janvier يناير januar",
    "february feb februari pebruari февраля февраль феврале febrero fevereiro fevrier فبراير februar",
    "march mar maret марта март марте marzo marco mars مارس marz",
    "april apr апреля апрель апреле abril avril ابريل",
    "may mei мая май мае mayo maio mai مايو",
    "june jun juni июня июнь июне junio junho juin يونيو",
    "july jul juli июля июль июле julio julho juillet يوليو",
    "august aug agustus августа август августе agosto aout اغسطس",
    "september sep sept сентября сентябрь сентябре septiembre setembro septembre سبتمبر",
    "october oct oktober okt октября октябрь октябре octubre outubro octobre اكتوبر",
    "november nov nopember ноября ноябрь ноябре noviembre novembro novembre نوفمبر",
    "december dec desember des декабря декабрь декабре diciembre dezembro decembre dez ديسمبر dezember",
)
_MONTH = {plain(word): number for number, row in enumerate(_MONTHS, 1) for word in row.split()}
_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})(?!\d|[.,][0-9])"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}-(?P<month>[01]?[0-9])-(?P<day>[0-3]?[0-9])(?!\d)",
        rf"{_YEAR}[./](?P<month>[01]?[0-9])[./](?P<day>[0-3]?[0-9])(?!\d)".replace(r"|[.,][0-9]", ""),
        r"(?P<year>(?:19|20)[0-9]{2}) ?年 ?(?P<month>[01]?[0-9]) ?月(?: ?(?P<day>[0-3]?[0-9]) ?[日号])?",
        r"(?P<year>(?:19|20)[0-9]{2}) ?年",
        rf"(?P<first>[0-3]?[0-9])(?P<sign>[./-])(?P<second>[0-3]?[0-9])[./-]{_YEAR}",
        rf"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th|-го|er|º|\.)?[ -](?:de |of )?(?P<name>{_NAME})\.?,?[ -](?:de |del |do )?{_YEAR}",
        rf"(?P<name>{_NAME})\.? (?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?,? {_YEAR}",
        rf"(?P<name>{_NAME})\.?,?[ -](?:de |del |do |of )?{_YEAR}",
        rf"(?P<month>0[1-9]|1[0-2])[./-]{_YEAR}",
        rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])(?![\d-])",
        _YEAR,
    )
)
_GAP = re.compile(
    r"(?: ?(?:[:：=]|->?))? ?(?:(?:on|in|at|the|pada|tanggal|tahun|от|за|в|на|el|en|de|del|em|le|du|في|was|is|fresh) ){0,2}"
)
#: Words that are no more than a label need their colon.
_LABELS = frozenset(
    plain(word)
    for word in "year|date|updated|дата|时间|日期|fecha|tanggal|datum|تاريخ|updated|date|更新时间".split("|")
)
_MOST = 100
_REACH = 90  # characters between what was done and when, in one sentence
_DAY = re.compile("|".join(f"(?:{re.sub(r'[?]P<[a-z]+>', '?:', form.pattern)})" for form in _FORMS[:-1]))
_SENTENCE = re.compile(r"[.!?;:](?:\s|$)|[\n|。！？；，]|, ")
#: Another thing that was done then, or will be.
_OTHER = re.compile(
    r"(?<![^\W_])(?:post|upload|publi|join|regist|before|until|deadline|after|updat|sold|unggah|upload|dipub|sebelum|"
    r"выло|опубл|до |после|зарег|antes|hasta|subid|subido|ate |depois|avant|jusqu|depuis|قبل|حتى|نشر|发布|上传|之前|截止)"
)


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each date behind words that tell of the theft: ``2021-12-28``, ``2021-12`` or ``2021``. Where day and month cannot be
    told apart, the day is taken to come first, and a part says so."""
    seen: set[str] = set()
    for hit in sorted(hits[:_MOST], key=lambda hit: (hit.start, -hit.end)):
        if hit.tag == "done":
            yield from _apart(reading, hit, seen)
            continue
        gap = _GAP.match(reading.plain, hit.end)
        if gap is None or (
            reading.plain[hit.start : hit.end] in _LABELS and not any(sign in gap[0] for sign in ":：=-")
        ):
            continue
        told = gap[0].strip() or reading.plain[hit.start : hit.end].rpartition(" ")[1]
        for form in _FORMS if told else _FORMS[:-1]:  # "leaked 2021 rows" tells no year
            found = form.match(reading.plain, gap.end())
            if found is None:
                continue
            value, parts = _value(found)
            if value and value not in seen:
                seen.add(value)
                yield reading.fact("theft date", value, (hit.start, found.end()), parts=parts)
            break


def _apart(reading: Reading, hit: Hit, seen: set[str]) -> Iterator[Fact]:
    """The date, of more than a year, that stands farther behind in the sentence, or close before."""
    text = reading.plain
    stop = _SENTENCE.search(text, hit.end, hit.end + _REACH)
    found = _DAY.search(text, hit.end, (stop.start() if stop else hit.end + _REACH) + 1)
    if found and _OTHER.search(text, hit.end, found.start()):
        return
    place = (hit.start, found.end()) if found else (0, 0)
    if (
        not found
        and hit.start
        and (text[hit.start - 1] in "日号月年" or text[hit.start - 2 : hit.start] == "日 ")
    ):
        low = max(hit.start - 16, 0)
        found = next(
            (each for each in _DAY.finditer(text, low, hit.start) if each.end() >= hit.start - 1), None
        )
        place = (found.start(), hit.end) if found else place
    if found is None:
        return
    exact = next(match for form in _FORMS[:-1] if (match := form.match(text, found.start(), found.end())))
    value, parts = _value(exact)
    if value and value not in seen and not any(value in other or other in value for other in seen):
        seen.add(value)
        yield reading.fact("theft date", value, place, parts=parts)


def _value(found: re.Match[str]) -> tuple[str, tuple[tuple[str, Value], ...]]:
    named = found.groupdict()
    year = int(named["year"])
    parts: tuple[tuple[str, Value], ...] = ()
    month = _MONTH[named["name"]] if named.get("name") else int(named.get("month") or 0)
    day = int(named.get("day") or 0)
    if named.get("first"):
        day, month = int(named["first"]), int(named["second"])
        if month > 12:
            day, month = month, day
        elif day <= 12 and named["sign"] != ".":
            parts = (("order", "day first, as supposed"),)
    if not month:
        return f"{year:04}", parts
    if not day:
        return (f"{year:04}-{month:02}" if month <= 12 else ""), parts
    try:
        return date(year, month, day).isoformat(), parts
    except ValueError:
        return "", ()

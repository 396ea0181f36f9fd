"""The countries that a listing names, in nine languages (names by Unicode's CLDR, through Babel)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from babel import Locale

from indexer.fact import Fact
from indexer.reading import Hit, Reading

_LANGUAGES = ("en", "id", "ru", "zh", "es", "pt", "fr", "ar", "de")
#: Names that CLDR has not, and words for what is of a country.
_MORE = {
    "ID": "Indonesian|Indonesians|印尼|indonesio|indonesia|indonésio|indonésienne|indonésien|indonesios|RI|индонезийск*|الإندونيسية",
    "MY": "Malaysian|Malaysians|马来|малайзийск*",
    "SG": "Singaporean|сингапурск*",
    "PH": "Philippine|Filipino|филиппинск*",
    "TH": "Thai|тайск*|таиландск*",
    "VN": "vietnamita|vietnamien|越南|Vietnamese|Viet Nam|вьетнамск*",
    "US": "estadounidense|estadunidense|US-based|USA|US|U.S.|U.S.A.|American|United States of America|США|американск*|EE.UU.|EEUU|EUA|États Unis|أمريكا|الأمريكية|Amerika",
    "GB": "UK|U.K.|Britain|British|England|English citizens|Inggris|Англия|Англии|британск*|Inglaterra|Angleterre|بريطانيا|英格兰",
    "RU": "Russian|Russians|Russian Federation|РФ|российск*|русск*|ruso|russo|russe|俄国|الروسية",
    "UA": "Ukrainian|украинск*",
    "CN": "Chinese|PRC|китайск*|КНР|chino|chinesa|chinês|chinois|chinoise|Cina|大陆|国内|الصينية",
    "TW": "Taiwanese|台湾|тайваньск*|Taiwan",
    "HK": "Hong Kong|Hongkong|HK|香港|Гонконг",
    "JP": "Japanese|японск*|japonés|japonais|japonaise",
    "KR": "Korean|Korea|корейск*|南韩|Южная Корея|Южной Кореи",
    "IN": "Indian|Indians|индийск*|indienne|الهندية",
    "PK": "Pakistani|пакистанск*",
    "BD": "Bangladeshi",
    "BR": "Brazilian|Brazilians|бразильск*|brasileiro|brasileira|brasileiros|brasileiras|brasileño|brésilien|brésilienne|البرازيلية",
    "MX": "Mexican|мексиканск*|mexicano|mexicana|mexicanos|mexicanas",
    "AR": "argentin|Argentinian|Argentine|argentino|argentina|argentinos|аргентинск*",
    "CO": "Colombians|colombien|колумбийск*|Colombian|colombiano|colombiana|colombianos",
    "CL": "Chilean|chileno|chilena|chilenos",
    "PE": "Peruvian|peruano|peruana|peruanos",
    "VE": "Venezuelan|venezolano|venezolana",
    "ES": "Spanish citizens|espagnol|espanhol|الإسبانية|español|española|españoles|испанск*",
    "PT": "Portuguese|portugués|portugais|português|portuguesa|portugueses|португальск*",
    "FR": "French|французск*|français|française|françaises|francés|francesa|الفرنسية",
    "DE": "German|Germans|немецк*|германск*|deutsche|deutscher|allemand|allemande|alemán|alemão|الألمانية",
    "IT": "الإيطالية|Italian|Italians|итальянск*|italiano|italiana|italien|italienne",
    "NL": "Dutch|Holland|голландск*|нидерландск*|Belanda",
    "PL": "Polish|polonés|polonês|польск*|polaco|polonais",
    "TR": "Turkish|Türkiye|турецк*|turco|turque|التركية",
    "IR": "Iranian|Iranians|иранск*|الإيرانية",
    "IQ": "iraquí|iraquiano|irakien|Iraqi|иракск*|العراقية",
    "IL": "Israeli|Israelis|израильск*|israelí|israelense|israélien|الإسرائيلية",
    "SA": "Saudi|Saudis|KSA|саудовск*|السعودية|沙特|Arabia Saudita|saoudite|saoudien",
    "AE": "اماراتي|اماراتية|UAE|Emirati|Emirates|Dubai|эмират*|الإمارات|阿联酋|迪拜|Эмираты|Emiratos|Émirats",
    "EG": "egipcio|egípcio|égyptien|Egyptian|египетск*|المصرية",
    "MA": "Moroccan|марокканск*|المغربية|marocain|marocaine",
    "DZ": "Algerian|الجزائرية|algérien|algérienne",
    "TN": "Tunisian|التونسية|tunisien",
    "JO": "Jordanian|الأردنية",
    "KZ": "Kazakh|Kazakhstani|казахстанск*|казахск*",
    "UZ": "Uzbek|узбекск*",
    "BY": "Belarusian|белорусск*|Белоруссия|Белоруссии",
    "AU": "Australian|Australians|австралийск*",
    "CA": "Canadian|Canadians|канадск*|canadien|canadienne",
    "NG": "Nigerian|нигерийск*",
    "ZA": "South African|южноафриканск*",
    "CZ": "Czech|Czech Republic|чешск*",
    "CI": "Ivory Coast|Côte d'Ivoire",
    "KP": "North Korean",
    "CH": "Swiss|suizo|suíço|швейцарск*|suisse",
    "AT": "Austrian|австрийск*|autrichien",
    "BE": "Belgian|бельгийск*|belge",
    "SE": "Swedish|шведск*",
    "UY": "uruguayo|uruguaya",
    "EC": "ecuatoriano|ecuatoriana|Ecuadorian",
}
#: Words of other meanings, unless they begin with a capital.
_CAPITAL = frozenset(
    "turkey chad jordan georgia guinea mali niger jersey togo inde reunion oman benin polish swiss amerika "
    "malta cina indian ri argentina dubai emirates english".split()
)
_CAPITALS = frozenset("us uk uae ksa usa hk prc ri eua eeuu".split())
_OURSELVES = re.compile(
    r"(?<![^\W_])(?:contact|join|follow|about|reach|message|pm|dm|trust|visit|give|let|help|ask|pay|find|tell) $"
)
_NONE = frozenset(
    ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "XK", "SU", "IM", "SX")
)
_NO_STEMS = frozenset("مال كوب سلوفاك توغ بن".split())
_SINGLE = frozenset("人 中 国".split())


def _cases(name: str) -> Iterator[str]:
    """A name with the endings of Russian cases."""
    yield name
    if " " in name or not name[-1:].islower() or not "а" <= name[-1] <= "я":
        return
    if name.endswith("ия"):
        yield from (name[:-1] + end for end in ("и", "ю", "ей"))
        yield from (name[:-1] + "йск" + end for end in ("ий", "ая", "ого", "ой", "их", "ие", "им"))
    elif name[-1] in "ая":
        yield from (name[:-1] + end for end in ("ы", "и", "е", "у", "ю", "ой"))
    elif name[-1] not in "оеуыиэю":
        stem = name[:-1] if name[-1] in "йь" else name
        yield from (stem + end for end in ("а", "я", "у", "ю", "е", "ом", "ем"))


#: English words for what is of a country, by its code.
_OF = (
    "KE Kenyan|GH Ghanaian|ET Ethiopian|UG Ugandan|TZ Tanzanian|ZM Zambian|ZW Zimbabwean|CM Cameroonian|"
    "SN Senegalese|CI Ivorian|LY Libyan|SD Sudanese|LB Lebanese|SY Syrian|YE Yemeni|OM Omani|KW Kuwaiti|"
    "QA Qatari|BH Bahraini|AF Afghan|NP Nepali,Nepalese|LK Sri Lankan|MM Burmese|KH Cambodian|LA Laotian|"
    "MN Mongolian|GR Greek|HU Hungarian|RO Romanian|BG Bulgarian|RS Serbian|HR Croatian|SK Slovak|"
    "SI Slovenian|DK Danish|NO Norwegian|FI Finnish|IS Icelandic|IE Irish|LT Lithuanian|LV Latvian|"
    "EE Estonian|GE Georgian|AM Armenian|AZ Azerbaijani,Azeri|KG Kyrgyz|TJ Tajik|TM Turkmen|MD Moldovan|"
    "AL Albanian|MK Macedonian|BA Bosnian|ME Montenegrin|MT Maltese|CY Cypriot|CU Cuban|HT Haitian|"
    "JM Jamaican|GT Guatemalan|HN Honduran|SV Salvadoran|NI Nicaraguan|CR Costa Rican|PA Panamanian|"
    "BO Bolivian|PY Paraguayan|UY Uruguayan|PR Puerto Rican|AO Angolan|MZ Mozambican|NA Namibian|"
    "BW Botswanan|RW Rwandan|MU Mauritian|NZ New Zealander"
)
_FORMS = {  # endings of words for what is of a country, and their other genders and numbers
    "o": ("a", "os", "as"),
    "és": ("esa", "eses", "esas"),
    "ês": ("esa", "eses", "esas"),
    "ol": ("ola", "oles", "olas"),
    "ais": ("aise", "aises"),
    "ois": ("oise", "oises"),
    "ien": ("ienne", "iens", "iennes"),
    "ain": ("aine", "ains", "aines"),
    "suisse": ("suisses",),
    "belge": ("belges",),
    "russe": ("russes",),
    "ية": ("ي", "يين", "يون"),
}


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending, others in _FORMS.items():
        if (
            word.endswith(ending)
            and " " not in word
            and len(word) > 4
            and (word[0].islower() or word[0] > "\u0600")
        ):
            yield from (word.removesuffix(ending) + other for other in others)
    if word.startswith("ال") and word.endswith("ية"):
        yield from _forms(word.removeprefix("ال"))


def _arabic(name: str) -> Iterator[str]:
    """What is of a country, by the rule: اليمن, يمني and يمنية."""
    stem = name.removeprefix("ال").removesuffix("يا").rstrip("اة")
    if " " not in name and len(stem) >= 3 and stem not in _NO_STEMS:
        yield from (stem + "ي", stem + "ية")


def _names() -> Mapping[str, str]:
    found: dict[str, dict[str, None]] = {}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if not (len(code) == 2 and code.isalpha() and code not in _NONE) or name == code:
                continue
            bare = name.partition(" (")[0]
            for each in _cases(bare) if language == "ru" else (bare,):
                if len(each) > 1 and each not in _SINGLE:
                    found.setdefault(code, {})[each] = None
            if language == "ar":
                found.setdefault(code, {}).update(dict.fromkeys(_arabic(bare)))
    for line in _OF.split("|"):
        code, _, words = line.partition(" ")
        found.setdefault(code, {}).update(dict.fromkeys(words.split(",")))
    for code, words in _MORE.items():
        found.setdefault(code, {}).update(
            dict.fromkeys(form for word in words.split("|") for form in _forms(word))
        )
    return {code: "|".join(names) for code, names in found.items()}


WORDS = _names()
_MOST_SPANS = 10


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each country once, as its code of two letters (ISO 3166-1), with the first ten places that name it."""
    places: dict[str, list[tuple[int, int]]] = {}
    covering = sorted({(hit.start, hit.end) for hit in hits}, key=lambda place: (place[0], -place[1]))
    longest: list[tuple[int, int]] = []
    for place in covering:
        if not longest or place[0] >= longest[-1][1]:
            longest.append(place)
    outer = set(longest)
    for hit in hits:
        spans = places.setdefault(hit.tag, [])
        if (hit.start, hit.end) not in outer or (hit.start, hit.end) in spans or len(spans) >= _MOST_SPANS:
            continue
        if _meant(reading, hit):
            spans.append((hit.start, hit.end))
    for code, spans in places.items():
        if spans:
            yield reading.fact("country", code, *sorted(spans))


def _meant(reading: Reading, hit: Hit) -> bool:
    word = reading.plain[hit.start : hit.end].replace(".", "")
    if word == "us" and _OURSELVES.search(reading.plain, max(hit.start - 10, 0), hit.start):
        return False
    if word in _CAPITALS:
        return reading.original(hit.start, hit.end).isupper() and not reading.plain.startswith("$", hit.end)
    return word not in _CAPITAL or reading.original(hit.start, hit.start + 1).isupper()

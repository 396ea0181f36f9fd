"""Legal forms: what stands beside a company's name and is left out by sellers."""

from __future__ import annotations

import re
from functools import lru_cache

_BEFORE = frozenset(
    "pt cv ud pd firma perum perseroan ооо оао зао пао ао нао ип гуп муп тоо тов ooo oao zao pao fa the llc".split()
)
_AFTER = frozenset(
    """tbk persero inc incorporated corp corporation co company ltd limited llc llp lp plc gmbh mbh ag kg ohg ug ev se
    sa sas sarl sasu spa srl snc sl slu sau sab cv bv nv vof ab oy oyj as asa aps a/s kft zrt nyrt sro doo dd ad
    ood eood sp z oo spzoo pty pte pvt sdn bhd berhad jsc pjsc ojsc cjsc ooo oao zao pao ltda eireli me
    ооо оао зао пао ао kk kabushiki kaisha gk şti sti aş anonim şirketi limited şirketi ltd as
    psc wll fze fzco dmcc saog kscc qpsc holding holdings""".split()
)
_SIGNS_BEFORE = ("株式会社", "有限会社", "合同会社", "주식회사", "(주)", "㈜", "บริษัท", "شركة")
_SIGNS_AFTER = (
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "集团公司",
    "株式会社",
    "有限会社",
    "주식회사",
    "จำกัด",
)
_EDGE = re.compile(r"^[\s,.()&\"'«»-]+|[\s,(&\"'«»-]+$")


@lru_cache(1024)  # it is asked twice for each name
def without_legal_form(name: str) -> str:
    """The name without the legal forms at its ends; the name itself when nothing would be left."""
    words = name.split()
    while len(words) > 1 and _plain(words[0]) in _BEFORE:
        words = words[1:]
    while len(words) > 1 and (_plain(words[-1]) in _AFTER or not words[-1].strip("&,.-+")):
        words = words[:-1]
    core = _EDGE.sub("", " ".join(words))
    for form in _SIGNS_BEFORE:
        core = core.removeprefix(form)
    for form in _SIGNS_AFTER:
        core = core.removesuffix(form)
    return core.strip() or name


def _plain(word: str) -> str:
    return word.lower().strip(".,()\"'«»").replace(".", "").replace("(", "").replace(")", "")

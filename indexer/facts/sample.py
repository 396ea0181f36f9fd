"""Whether a listing offers a sample, or refuses one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS = {
    "offered": "sample|samples|sample data|free sample|proof|proofs|proof of data|preview|contoh data|contoh|sampel|cuplikan|"
    "bukti|сэмпл*|семпл*|пример строк|примеры|пример|пруф|пруфы|пробник|样本|样例|样品|示例|样本数据|测试数据|验货|可测|muestra|muestras|prueba|pruebas|"
    "amostra|amostras|prova|provas|échantillon|échantillons|extrait|aperçu|preuve|preuves|stichprobe|sampelnya|tester|отрывок|عينة|عينات|نموذج|نماذج",
    "refused": "no sample|no samples|without sample|without samples|samples not provided|no free samples|no proof|tanpa sampel|"
    "tidak ada sampel|без сэмплов|без пруфов|сэмплов нет|пруфов нет|无样本|没有样本|不提供样本|sin muestras|sin muestra|no hay muestras|"
    "sem amostra|sem amostras|sans échantillon|pas d'échantillon|لا توجد عينات|بدون عينات|بدون عينة",
    "wanted": "need sample|need samples|need proof|sample please|any sample|any proof|proof please|where is the sample|"
    "got sample|got samples|show sample|show proof|нужен пруф|есть пруф|есть сэмпл|ada sampel",
}
_QUOTED = re.compile(
    r"proof of (?:concept|work|stake|payment|funds|purchase|identity|address)|burden of proof"
)


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """One fact: ``refused`` where a sample is denied, else ``offered``. Asking for one offers none."""
    first: Hit | None = None
    asides = [hit for hit in hits if hit.tag == "wanted"]
    for hit in hits:
        if hit.tag == "refused":
            yield reading.fact("sample", "refused", (hit.start, hit.end))
            return
        if hit.tag != "offered" or _QUOTED.match(reading.plain, hit.start):
            continue
        if any(other.start <= hit.start < other.end for other in asides):
            continue
        first = first or hit
    if first:
        yield reading.fact("sample", "offered", (first.start, first.end))

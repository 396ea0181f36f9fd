"""Names of columns read from samples, and nothing of their rows."""

from __future__ import annotations

import pytest

from alerts.unnamed.sampling import sample

DDL = """-- members
CREATE TABLE IF NOT EXISTS care.`mst_peserta` (
  `PSNOKA` varchar(13) NOT NULL, -- the card
  noka DECIMAL(13,0), "tgl lahir" date,
  PRIMARY KEY (`PSNOKA`), CONSTRAINT fk FOREIGN KEY (noka) REFERENCES other(x)
);
INSERT INTO mst_peserta VALUES ('0001234567890', 1);
"""


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        (DDL, "DDL", ("mst_peserta", "PSNOKA", "noka", "tgl lahir")),
        ("PSNOKA;noka;nik\n0001;2;3174\n", "CSV header", ("PSNOKA", "noka", "nik")),
        ("no,Column name,type\n1,psnoka,text\n2,noka,text\n", "data dictionary", ("psnoka", "noka")),
        (
            '{"properties": {"psnoka": {"type": "object", "properties": {"noka": {}}}}}',
            "JSON schema",
            ("psnoka", "noka"),
        ),
        ("just a sentence without columns", "CSV header", ()),
    ],
)
def test_names_are_read_and_rows_are_not(text: str, kind: str, names: tuple[str, ...]) -> None:
    found = sample(text)
    assert (found.kind, found.names) == (kind, names)

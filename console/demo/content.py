"""What the demo forum holds. The case of the ministry is written from public reports of January 2022; every
other organisation and every handle is invented."""

from __future__ import annotations

from dataclasses import dataclass, field

BOARDS = ("Databases", "Marketplace")

MINISTRY_TITLE = "6 million Covid-19 patients, full medical records, 720 GB"
MINISTRY_TEXT = """Origin: Centralized Server of Ministry of Health of Indonesia

Documents of **6 million** patients, 720 GB in all:

- EKG / ECG: 199 GB
- Laboratory: 479 GB
- Radiology: 42 GB

Taken on 28 December 2021. Sample of 3.26 GB and a video on request.
Payment in BTC or XMR. {price}"""
PRICE_BEFORE = "Price: make an offer."
PRICE_AFTER = "Price: 4000 USD, down from earlier offers."
ALIAS_TITLE = "[ID] Kemenkes RI, second part"
ALIAS_TEXT = (
    "More files from the same place as before: kemkes[.]go[.]id, staff mail and tickets. Contact me here."
)
REPLY_TEXT = "Is this still open? I would pay in XMR."

SELLERS = ("amber_kite", "null_orchid", "paper_fox", "tinta_palsu", "sneg_77", "grey_lantern", "q_heron")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with its replies; times are minutes before now."""

    board: str
    title: str
    author: str
    text: str
    minutes_ago: int
    replies: tuple[str, ...] = field(default=())
    sticky: bool = False
    locked: bool = False


_COMPANIES = (
    ("Altavela Insurance", "insurer", "BR"),
    ("Glasshouse Coin", "exchange", "SG"),
    ("Serambi Koperasi Fiksi", "cooperative", "ID"),
    ("Norrvik Kommun Test", "municipality", "SE"),
    ("Klinik Sehati Fiksi", "clinic", "ID"),
    ("Beispielwerk Nord", "manufacturer", "DE"),
    ("Выдуманный Банк Север", "bank", "RU"),
    ("虚构物流公司", "logistics", "CN"),
    ("Toko Rekaan Jaya", "web shop", "ID"),
    ("Fiktiva Telecom", "telecom", "PT"),
)
_CHATTER = (
    "Interested, sent a message.",
    "harga bisa nego?",
    "Is the sample fresh?",
    "Vouch, bought here before.",
    "Есть ещё образцы?",
    "有样本吗？",
    "> Is the sample fresh?\n\nYes, from last month.",
)


def topics() -> list[Topic]:
    """About sixty topics, oldest first."""
    made = [
        Topic(
            "Databases",
            "Board rules, read first",
            "moderator_zero",
            "No duplicates. Use escrow.",
            90_000,
            sticky=True,
        ),
        Topic(
            "Marketplace",
            "How to get verified",
            "moderator_zero",
            "Write to a moderator.",
            89_000,
            sticky=True,
            locked=True,
        ),
    ]
    for number in range(57):
        company, trade, country = _COMPANIES[number % len(_COMPANIES)]
        count = 34 if number in (20, 41) else number % 5
        made.append(
            Topic(
                board=BOARDS[number % 2],
                title=f"[{country}] {company} ({trade}) database, part {number // len(_COMPANIES) + 1}",
                author=SELLERS[number % len(SELLERS)],
                text=(
                    f"Selling a dump of **{company}**, {trade}.\n\nRows: {number * 1375 + 900}, "
                    f"{number % 40 + 1} GB, SQL.\n\nPrice: {number * 35 + 120} USD in XMR."
                ),
                minutes_ago=80_000 - number * 1_350,
                replies=tuple(_CHATTER[(number + reply) % len(_CHATTER)] for reply in range(count)),
                locked=number == 13,
            )
        )
    ministry = Topic(
        "Databases",
        MINISTRY_TITLE,
        "velvet_crane",
        MINISTRY_TEXT.format(price=PRICE_BEFORE),
        45,
        _CHATTER[:2],
    )
    return [*made, ministry]

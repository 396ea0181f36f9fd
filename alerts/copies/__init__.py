"""The web of copies: boards that are another board under another address, told by what stands on them.

``prints.py`` says what of a thread is compared, ``keeping.py`` keeps and counts it as posts come, ``swaps.py`` compares
two texts, ``verdict.py`` decides, ``groups.py`` joins the copies of one board.
"""

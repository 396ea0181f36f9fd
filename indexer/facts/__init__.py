"""What a listing claims: one file a kind of fact, each fulfilling ``indexer.fact.Extractor``."""

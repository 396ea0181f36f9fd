"""Listings that name nobody: scored against what an organisation's data look like."""

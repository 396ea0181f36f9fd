"""From the store's change feed to a delivered alert."""

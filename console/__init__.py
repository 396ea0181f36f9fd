"""Everything a person or another program touches; the only place that wires all rooms."""

"""A genuine django-machina forum for the demo and the tests, run in a process of its own."""

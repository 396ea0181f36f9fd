"""Settings, errors, logging and the database engine. Imports none of the other rooms."""

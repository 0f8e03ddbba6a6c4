"""The REST API: one module per kind of object."""

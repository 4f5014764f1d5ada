"""Django's SQLite backend, for a process that may turn from one home to another."""

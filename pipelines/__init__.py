"""The conductor: flows, the run ledger, storage, keys, settings and the command line."""

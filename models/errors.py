"""What the room refuses, each with a message of the form: where: what was found; what is allowed; what to do."""

from __future__ import annotations


class ModelError(ValueError):
    """Base of everything this room refuses."""


class TooFewLabels(ModelError):
    """There is too little truth to learn from; the caller scores unsupervised instead and says so."""


class WrongFrame(ModelError):
    """A table handed in lacks a column or holds rows that cannot be matched."""


class WrongSetting(ModelError):
    """A setting has a name or a value that is not allowed."""


class BadBundle(ModelError):
    """Files that do not make a model: an unknown name, a missing part, a size or shape that does not fit."""

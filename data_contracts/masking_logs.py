"""Log records without card numbers and national ids."""

from __future__ import annotations

import logging

from fairdeal.data_contracts.masking import mask_text

_FORMATTER = logging.Formatter()


class MaskingFilter(logging.Filter):
    """Masks what a log record says before any handler writes it: message, arguments, exception and stack.

    Add it to handlers: a filter on a logger does not see its children's records.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Masks the record in place and lets it pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit their format are still masked
            message = f"{record.msg} {record.args}"
        record.msg, record.args = mask_text(message), None
        if record.exc_info:
            record.exc_text = mask_text(record.exc_text or _FORMATTER.formatException(record.exc_info))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        if record.stack_info:
            record.stack_info = mask_text(record.stack_info)
        return True

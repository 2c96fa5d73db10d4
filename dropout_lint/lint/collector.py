"""The garbage collector, kept from looking at syntax trees."""

from __future__ import annotations

import gc


class collector_off:
    """Keeps the garbage collector from looking at syntax trees, again and again, while they are built.

    They are freed without it, for `Source.release` cuts their cycles.  It doubled the time of a run over a large
    library.
    """

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._was_on:
            gc.enable()

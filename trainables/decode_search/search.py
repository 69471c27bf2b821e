"""The search: scores decodings on all images, in threads, until it is done or its time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from trainables.ahead import map_ahead
from trainables.decode_search.candidates import SeenValues, active_defaults
from trainables.decode_search.halves import deal
from trainables.decode_search.images import ImageScores, SearchImages
from trainables.decode_search.items import Decoder, SearchItem
from trainables.decode_search.proposals import open_proposals
from trainables.decode_search.record import SearchRecord
from trainables.decode_search.result import SearchResult
from trainables.decode_search.settings import SearchSettings

__all__ = ["DecodingSearch"]

Values = Mapping[str, Any]


class DecodingSearch:
    """Searches the decoding of a network's outputs, see `SearchResult`.

    The default decoding is tried first, then blocks of decodings, each on all images; a block that
    the time cuts counts for nothing. If no time is cut, equal outputs, settings and seed give equal
    results, whatever the number of threads.

    In memory are, for each image: its outputs and labels; what its bench keeps, for up to 32
    million pixels in all; and the overlap tables of a block and of the few best decodings.
    """

    def __init__(
        self,
        items: Sequence[SearchItem],
        settings: SearchSettings,
        default: Values,
        build: Callable[[Values], Decoder],
        *,
        workers: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins nothing yet.

        Args:
            items: The images, at least one. Outputs and labels must not change any more.
            settings: What is searched.
            default: All settings of the decoding that is used where nothing is searched; its values
                may lie outside the space, and need not keep to the constraints.
            build: Makes a decoder of complete settings.
            workers: Threads that decode; 0: all is done in `result`.
            clock: Seconds from any moment.

        Raises:
            ValueError: There is no image.
        """
        if not items:
            raise ValueError("no images to search decodings on")
        self._items = items
        self._settings = settings
        self._default = dict(default)
        self._build = build
        self._workers = workers
        self._clock = clock
        self._end_s = math.inf
        self._is_closed = False
        self._future: Future[SearchResult] | None = None
        self._found: SearchResult | None = None
        self._record = SearchRecord(
            settings.choose_by, deal([item.labels.size for item in items], settings.seed)
        )
        self._num_planned = 1 + settings.combinations

    def start(self) -> None:
        """Begins in the background, if there are workers; once."""
        if self._workers == 0 or self._future is not None:
            return
        pool = ThreadPoolExecutor(1, thread_name_prefix="decode-search")
        self._future = pool.submit(self._run)
        pool.shutdown(wait=False)

    @property
    def is_done(self) -> bool:
        """Whether `result` would return at once."""
        return self._found is not None or (self._future is not None and self._future.done())

    @property
    def num_tried(self) -> int:
        """Decodings that were scored on all images until now."""
        return self._record.num_tried

    @property
    def num_planned(self) -> int:
        """Decodings that are to be tried, at most; known better as soon as the search runs."""
        return self._num_planned

    def result(self, max_wait_s: float | None = None) -> SearchResult:
        """Waits for the end.

        Args:
            max_wait_s: The search is to end after these seconds with what it has, the default at
                least; None: whenever it is done.

        Raises:
            RuntimeError: It was closed before.
            Exception: Whatever a decoder raised.
        """
        if max_wait_s is not None:
            self._end_s = min(self._end_s, self._clock() + max_wait_s)
        self.start()
        if self._found is None:
            self._found = self._future.result() if self._future is not None else self._run()
        return self._found

    def close(self) -> None:
        """Ends the threads; a search that is not done is lost."""
        self._is_closed = True
        if self._future is not None:
            self._future.exception()

    def _run(self) -> SearchResult:
        start_s, seconds = self._clock(), self._settings.seconds
        if seconds is not None:
            self._end_s = min(self._end_s, start_s + seconds)
        images = SearchImages(self._items, self._settings.choose_by)
        default = active_defaults(self._settings.space, self._default)
        self._try(images, [default], self._is_open)
        self._try_proposals(images, default)
        if self._is_closed:
            raise RuntimeError("the search was closed")
        return self._record.result(num_planned=self._num_planned, wall_s=self._clock() - start_s)

    def _try_proposals(self, images: SearchImages, default: Values) -> None:
        seen = SeenValues()
        seen.add(default)
        proposals = open_proposals(
            self._settings, seen, lambda values: images.order_key(self._build(self._full(values)))
        )
        while True:
            self._num_planned = 1 + proposals.num_planned
            if not self._goes_on() or not (block := proposals.next_block()):
                return
            if (criteria := self._try(images, block, self._goes_on)) is None:
                return
            proposals.tell(criteria)

    def _try(
        self, images: SearchImages, block: Sequence[Values], go_on: Callable[[], bool]
    ) -> list[float] | None:
        """Scores all images under the decodings of a block; None if it was not to go on."""
        settings = [self._full(values) for values in block]
        decoders = [self._build(complete) for complete in settings]
        found: list[ImageScores] = []
        # With one worker this thread is it.
        workers = self._workers if self._workers > 1 else 0
        for image in map_ahead(
            lambda image: images.score(image, decoders, go_on), range(len(self._items)), workers
        ):
            if image is None:
                return None
            found.append(image)
        return self._record.add(values=block, settings=settings, images=found)

    def _full(self, values: Values) -> dict[str, Any]:
        return {**self._default, **values}

    def _is_open(self) -> bool:
        return not self._is_closed

    def _goes_on(self) -> bool:
        return not self._is_closed and self._clock() < self._end_s

"""The search: scores decodings on all images, in threads, until it is done or its time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from trainables.ahead import map_ahead
from trainables.decode_search.candidates import active_defaults
from trainables.decode_search.halves import deal
from trainables.decode_search.images import SearchImages
from trainables.decode_search.items import Decoder, SearchItem
from trainables.decode_search.proposals import open_proposals
from trainables.decode_search.record import SearchRecord
from trainables.decode_search.result import SearchResult
from trainables.decode_search.settings import SearchSettings

__all__ = ["DecodingSearch"]

Values = Mapping[str, Any]


class DecodingSearch:
    """Searches the decoding of a network's outputs, see `SearchResult`.

    Decodings are tried in blocks, one image after the other; the default is the very first. When
    time is up, only those count that were tried on all images. If it never was, equal outputs,
    settings and seed give equal results, whatever the number of threads.

    In memory are, for each image: its outputs and labels, and the overlap tables of a block and of
    the few best decodings; and one bench for each thread.
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
                may lie outside the space. If it breaks a constraint, it is not chosen.
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
        self._afterwards: Callable[[SearchResult], None] | None = None
        self._clock = clock
        self._end_s = math.inf
        self._is_closed = False
        self._future: Future[SearchResult] | None = None
        self._found: SearchResult | None = None
        self._record = SearchRecord(
            settings.choose_by,
            deal([item.labels.size for item in items], settings.seed),
            settings.parsed_constraints(),
        )
        self._num_planned = 1 + settings.combinations

    def then(self, afterwards: Callable[[SearchResult], None]) -> None:
        """Has something done with the result before it is told, in the thread of the search.

        Comes before `start`. It counts as a part of the search, but no limit of time holds for it.
        """
        self._afterwards = afterwards

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
        start_s, settings = self._clock(), self._settings
        if settings.seconds is not None:
            self._end_s = min(self._end_s, start_s + settings.seconds)
        images = SearchImages(self._items, settings.choose_by)
        proposals = open_proposals(
            settings,
            active_defaults(settings.space, self._default),
            lambda values: images.order_key(self._build(self._full(values))),
        )
        while block := proposals.next_block():
            self._num_planned = proposals.num_planned
            criteria = self._try(images, block)
            if len(criteria) < len(block) or not self._goes_on():
                break
            proposals.tell(criteria)
        if self._is_closed:
            raise RuntimeError("the search was closed")
        self._num_planned = proposals.num_planned
        wall_s = self._clock() - start_s
        result = self._record.result(num_planned=self._num_planned, wall_s=wall_s)
        if self._afterwards is not None:
            self._afterwards(result)
        return result

    def _try(self, images: SearchImages, block: Sequence[Values]) -> list[float]:
        """Scores all images under the decodings of a block, or as many of them as there is time."""
        settings = [self._full(values) for values in block]
        decoders = [self._build(complete) for complete in settings]
        num_tried = self._record.num_tried

        def go_on(position: int) -> bool:
            # The default has the time that it takes.
            return self._goes_on() or (num_tried + position == 0 and not self._is_closed)

        found = map_ahead(
            lambda image: images.score(image, decoders, go_on),
            range(len(images)),
            # With one worker this thread is it.
            self._workers if self._workers > 1 else 0,
        )
        return self._record.add(values=block, settings=settings, images=list(found))

    def _full(self, values: Values) -> dict[str, Any]:
        return {**self._default, **values}

    def _goes_on(self) -> bool:
        return not self._is_closed and self._clock() < self._end_s

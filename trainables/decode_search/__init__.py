"""The best decoding of outputs: searched without training, chosen honestly. No torch."""

from trainables.decode_search.criteria import CRITERIA, ERRORS
from trainables.decode_search.items import Bench, Decoded, Decoder, SearchItem
from trainables.decode_search.result import Scored, SearchResult, Tried
from trainables.decode_search.search import DecodingSearch
from trainables.decode_search.settings import SearchSettings

__all__ = [
    "CRITERIA",
    "ERRORS",
    "Bench",
    "Decoded",
    "Decoder",
    "DecodingSearch",
    "Scored",
    "SearchItem",
    "SearchResult",
    "SearchSettings",
    "Tried",
]

"""Searches decodings again on the network of a trial that is over; nothing is trained.

Needs neither Ray nor MLflow, and changes nothing of the sweep: what was found gets a folder of its
own beside the trial's, and only if asked for an amendment in the study.
"""

from __future__ import annotations

from sweeper.decoding.search import Decoded, DecodingWatcher, decode
from sweeper.decoding.subject import Wish

__all__ = ["Decoded", "DecodingWatcher", "Wish", "decode"]

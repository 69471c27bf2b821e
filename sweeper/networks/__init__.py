"""Trained networks on disk: found, and their settings read again; nothing is trained or written."""

from __future__ import annotations

from sweeper.networks.folders import find_in_folder
from sweeper.networks.network import Network
from sweeper.networks.settings import read_settings
from sweeper.networks.sweeps import find_in_sweep

__all__ = ["Network", "find_in_folder", "find_in_sweep", "read_settings"]

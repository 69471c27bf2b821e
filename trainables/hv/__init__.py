"""The 2-D trainable: nuclei with HoVer maps. Importing it loads no torch."""

from trainables.hv.trainable import HVTrainable

__all__ = ["HVTrainable"]

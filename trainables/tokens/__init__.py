"""Features of a frozen vision transformer, computed once and shared by all trials.

Importing the package loads neither torch nor timm.
"""

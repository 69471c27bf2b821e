"""Readers of data sets in the layouts that they are published or exported in."""

"""`python -m sweeper` is the same as `sweeper`."""

from sweeper.cli.app import main

main()

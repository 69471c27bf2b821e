#!/bin/sh
# Everything after the image's name goes to sweeper, which takes the place of this shell, so that
# signals reach it: a stopped container is a sweep that was interrupted cleanly.
set -eu
exec sweeper "$@"

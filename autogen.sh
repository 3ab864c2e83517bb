#!/bin/sh
# Makes ./configure from configure.ac (Debian: autoconf automake pkg-config).
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force --warnings=all,no-obsolete

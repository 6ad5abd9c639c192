#!/bin/sh
# Runs after the files are gone. The journal is the only record of what was applied, so it is never removed along with the package.
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
if [ "$1" = purge ] && [ -d "${DPKG_ROOT:-}/var/lib/sluice" ]; then
  echo "sluice: the journal stays in /var/lib/sluice; remove it by hand when nobody needs the record" >&2
fi

#!/bin/sh
# Runs before the files go. dpkg says "remove" and rpm says 0 when the package goes for good; an upgrade stops nothing.
set -e
case "$1" in
remove | 0)
  if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now sluice.service || true
  fi
  ;;
esac

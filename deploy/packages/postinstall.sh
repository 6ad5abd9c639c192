#!/bin/sh
# Runs after the files are there, of the deb as of the rpm. Nothing is started: the daemon's file has to be written first.
set -e

# dpkg names the root when it installs into another one than that of this machine.
root=${DPKG_ROOT:-}

if command -v systemd-sysusers >/dev/null 2>&1; then
  systemd-sysusers --root="${root:-/}" sluice.conf
elif [ -z "$root" ]; then
  getent group sluice >/dev/null || groupadd --system sluice
  getent passwd sluice >/dev/null ||
    useradd --system --gid sluice --home-dir /var/lib/sluice --no-create-home --shell /usr/sbin/nologin --comment "Sluice, GitOps for API gateways" sluice
fi

# The service reads /etc/sluice through its group; only root writes there.
group=$(sed -n 's/^sluice:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
if [ -n "$group" ]; then
  chown "0:$group" "$root/etc/sluice"
  [ ! -e "$root/etc/sluice/sluice-daemon.yaml" ] || chown "0:$group" "$root/etc/sluice/sluice-daemon.yaml"
fi

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # After an upgrade the new version goes on where the old one ended, between two changes.
  systemctl try-restart sluice.service || echo "sluice: it did not start again: journalctl -u sluice" >&2
fi

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

# The service reads /etc/sluice through its group, where only root writes. Its state is its own.
user=$(sed -n 's/^sluice:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
group=$(sed -n 's/^sluice:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
if [ -n "$user" ] && [ -n "$group" ]; then
  for path in "$root/etc/sluice" "$root/etc/sluice/secrets" "$root/etc/sluice/sluice-daemon.yaml"; do
    [ ! -e "$path" ] || chown "0:$group" "$path"
  done
  mkdir -p "$root/var/lib/sluice"
  chown "$user:$group" "$root/var/lib/sluice"
  chmod 0700 "$root/var/lib/sluice"
fi

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # After an upgrade the new version goes on where the old one ended, between two changes.
  systemctl try-restart sluice.service || echo "sluice: it did not start again: journalctl -u sluice" >&2
fi

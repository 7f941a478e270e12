#!/bin/sh
# Programs of the operating system that some tests use. Installed where that is possible, named where it is not.
# Arguments name more of them: PROGRAM:PACKAGE.
set -eu

wanted="strace:strace tmux:tmux systemd-analyze:systemd chromium:chromium $*"

missing() {
	for pair in $wanted; do
		command -v "${pair%%:*}" >/dev/null 2>&1 || printf ' %s' "${pair#*:}"
	done
}

packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086  # a list of words
	apt-get install -qq -y --no-install-recommends $packages >/dev/null 2>&1 ||
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $packages; } >/dev/null 2>&1 || true
	packages=$(missing)
	[ -n "$packages" ] || exit 0
fi

echo "missing, and the tests that need them are skipped:$packages (install them as root with your package manager)" >&2
[ "${CI:-}" != true ]

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Shared by the scripts of tools/: where things are, and how to tell a person something.
# All of it goes to stderr; stdout is for results only.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1

say() {
	printf '%s\n' "$*" >&2
}

# fail WHAT HINT: what happened, and what to do about it.
fail() {
	printf '%s: %s\n  -> %s\n' "${0##*/}" "$1" "$2" >&2
	exit 1
}

# nap [SECONDS]: wait a moment (20 ms) without starting a process.
nap() {
	[ -n "${nap_fd:-}" ] || exec {nap_fd}<> <(:)
	read -r -t "${1:-0.02}" -u "$nap_fd" || :
}

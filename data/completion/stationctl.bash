# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of stationctl for bash. What can follow is known by stationctl itself.
_stationctl() {
	local line word
	COMPREPLY=()
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = --socket ]; then
		compopt -o default
		return
	fi
	while IFS= read -r line; do
		printf -v word %q "${line%%$'\t'*}"
		COMPREPLY+=("$word")
	done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _stationctl stationctl

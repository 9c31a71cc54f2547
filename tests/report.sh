# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# How a layer of tests reports; to be sourced with the layer's name.

layer=$1${VML_UML_RELEASE:+-$VML_UML_RELEASE}
failed=0	# the exit status, at the end

# report ok|'not ok' TEST
report()
{
	echo "$1 - $layer: $2"
	[ -z "${VML_RESULTS:-}" ] || echo "$1 - $layer: $2" >> "$VML_RESULTS"
	[ "$1" = ok ] || failed=1
}

# passes TEST COMMAND...: the command must succeed; its output is shown if not
passes()
{
	local test=$1 output
	shift
	if output=$("$@" 2>&1); then
		report ok "$test"
	else
		report 'not ok' "$test"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
}

# silent TEST COMMAND...: the command must succeed and print nothing
silent()
{
	local test=$1 output
	shift
	if output=$("$@" 2>&1) && [ -z "$output" ]; then
		report ok "$test"
	else
		report 'not ok' "$test"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
}

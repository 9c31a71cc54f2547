# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of vmlctl for bash.

# Services with the scheduler vml that the option names, as ADDRESS:PORT or mark.
_vmlctl_services()
{
	local protocol

	case $1 in
	-t | --tcp-service) protocol=tcp ;;
	-u | --udp-service) protocol=udp ;;
	--sctp-service) protocol=sctp ;;
	*) protocol=fwmark ;;
	esac
	vmlctl show --json 2> /dev/null |
		sed -n "s/^ *\"key\": \"$protocol \\([^ \"]*\\).*/\\1/p"
}

# Destinations of the service that is named among the words given.
_vmlctl_destinations()
{
	local named=()

	while [ $# -gt 1 ]; do
		case $1 in
		-t | -u | -f | --*-service) named+=("$1" "$2") ;;
		-6 | --ipv6) named+=(-6) ;;
		esac
		shift
	done
	[ ${#named[@]} -gt 0 ] || return
	vmlctl show "${named[@]}" --json 2> /dev/null |
		sed -n 's/^ *"destination": "\([^"]*\)".*/\1=/p'
}

# Names are whatever their owners want. compgen expands its words, and so runs a
# $(command): none is offered that the shell takes for more than a word.
_vmlctl_name='[[:alnum:]_.:@%+,=-]*'

# Domains that back destinations, as the daemon knows them.
_vmlctl_domains()
{
	vmlctl status --json 2> /dev/null |
		sed -n "s/^ *\"domain\": \"\($_vmlctl_name\)\".*/\1/p" | sort -u
}

# Hypervisors of the daemon's configuration
_vmlctl_hypervisors()
{
	vmlctl status --json 2> /dev/null |
		sed -n "/^ *\"hypervisors\": \\[/,/^ *\"drains\": /s/^ *\"name\": \"\($_vmlctl_name\)\".*/\1/p"
}

# Services of the daemon's configuration
_vmlctl_configured()
{
	vmlctl status --json 2> /dev/null |
		sed -n "/^  \"services\": \\[/,\$s/^ *\"name\": \"\($_vmlctl_name\)\".*/\1/p"
}

_vmlctl()
{
	local verbs='status explain show watch set clear drain undrain snapshot
		evacuate'
	local of_service='-t --tcp-service -u --udp-service --sctp-service
		-f --fwmark-service -6 --ipv6'
	local cur prev words cword verb candidates

	# Addresses hold colons, and scales follow an equals sign.
	_init_completion -n := || return
	verb=${words[1]:-}
	if [ "$cword" -eq 1 ]; then
		mapfile -t COMPREPLY < <(
			compgen -W "$verbs --help --version" -- "$cur")
		return
	fi
	case $prev in
	-t | -u | -f | --?*-service)
		mapfile -t COMPREPLY < <(
			compgen -W "$(_vmlctl_services "$prev")" -- "$cur")
		__ltrim_colon_completions "$cur"
		return
		;;
	--socket)
		_filedir
		return
		;;
	--lease | --generation | --deadline | --name)
		return
		;;
	--kind)
		mapfile -t COMPREPLY < <(compgen -W 'disk internal' -- "$cur")
		return
		;;
	--service)
		mapfile -t COMPREPLY < <(
			compgen -W "$(_vmlctl_configured)" -- "$cur")
		return
		;;
	--to)
		mapfile -t COMPREPLY < <(
			compgen -W "$(_vmlctl_hypervisors)" -- "$cur")
		return
		;;
	esac
	case $verb in
	status)
		candidates="$of_service --json --socket --help"
		;;
	explain)
		candidates="--json --socket --help $(_vmlctl_domains)"
		;;
	show | clear)
		candidates="$of_service --json --help"
		;;
	watch)
		candidates='--json --help'
		;;
	set)
		candidates="$of_service --lease --generation --replace --json --help
			$(_vmlctl_destinations "${words[@]:2}")"
		compopt -o nospace
		;;
	drain | undrain)
		candidates="--json --socket --help $(_vmlctl_domains)"
		;;
	snapshot)
		candidates="--service --name --kind --deadline --force --json
			--socket --help $(_vmlctl_domains)"
		;;
	evacuate)
		candidates="--to --deadline --force --json --socket --help
			$(_vmlctl_hypervisors)"
		;;
	*)
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$cur")
	__ltrim_colon_completions "$cur"
}

complete -F _vmlctl vmlctl

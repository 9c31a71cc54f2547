# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests of vmld with virtual machines: web-1 to web-3 on hv1 (or in turn on hv1
# and hv2), 10.77.0.21 to .23, behind the service 10.77.0.100:80 of the director.

VIP=$LAB_VIP
SERVICE=$VIP:80
SUBNET=10.77.0.0/24
WORK=$(mktemp -d)
on_exit rm -rf "$WORK"

# As every test finds it: no vmld, no service, the machines up
outside_reset()
{
	local vm up=()
	vmld_kill
	ipvs_forget
	director_exec sh -c 'rm -rf /var/lib/vml /etc/vml; mkdir -p /etc/vml'
	for vm in "$LAB_RUN"/vms/*; do
		vm=${vm##*/}
		vm_settle "$vm"
		if [ -e "$LAB_RUN/neighbour-$vm" ]; then
			neighbour_stop "$vm"
		fi
		case $(vm_virsh "$vm" domstate) in
		running) ;;
		paused)
			vm_resume "$vm"
			;;
		*)
			# Or crashed, and its remains are kept
			vm_virsh "$vm" destroy > /dev/null 2>&1 || :
			vm_start "$vm" --no-wait
			up+=("$vm")
			;;
		esac
	done
	for vm in ${up[@]+"${up[@]}"}; do
		vm_wait "$vm"
	done
	director_knows_machines
}

# ipvs_forget: services, destinations, and connections. Those stay for minutes, and a
# destination that is added again has its own back. A new one from the same port of
# the client goes where the old one went, in the way in which that did: if that is
# not how the destination is reached now, it may go nowhere.
ipvs_forget()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_exec sh -c '[ ! -e /proc/net/ip_vs ] || ipvsadm -C
		"$1"' sh "$LAB_TREE/tests/e2e/lib/unload-ipvs"
}

# Their addresses, as after the first connections
director_knows_machines()
{
	director_exec curl -s -f -o /dev/null --max-time 10 \
		http://10.77.0.2[1-3]/
}

# over_ipv6: the service of this test, with all that belongs to it
over_ipv6()
{
	VIP=$LAB_VIP6
	SERVICE=[$VIP]:80
	SUBNET=fd77::/64
}

# address_of MACHINE: that of its destination
address_of()
{
	local address
	address=$(vm_address "$1")
	case $VIP in
	*:*) echo "fd77::${address##*.}" ;;
	*) echo "$address" ;;
	esac
}

# destination_of MACHINE: as ipvsadm takes and shows it
destination_of()
{
	case $VIP in
	*:*) echo "[$(address_of "$1")]:80" ;;
	*) echo "$(address_of "$1"):80" ;;
	esac
}

# service_up SCHEDULER [METHOD]: with the three machines, of weight 100 each
service_up()
{
	director_exec -i ipvsadm -R <<- EOT
		-A -t $SERVICE -s $1
		-a -t $SERVICE -r $(destination_of web-1) ${2:--m} -w 100
		-a -t $SERVICE -r $(destination_of web-2) ${2:--m} -w 100
		-a -t $SERVICE -r $(destination_of web-3) ${2:--m} -w 100
	EOT
}

# config GLOBALS SERVICE-OPTIONS [HYPERVISORS]: /etc/vml/vmld.conf, with all hosts
# of the lab if none are named; polls are frequent and leases short, so that tests
# are
config()
{
	local host hypervisors=
	for host in ${3:-$(cd "$LAB_RUN" && echo hv*)}; do
		hypervisors+="hypervisor \"$host\" {
			uri = \"qemu+tcp://10.77.0.1${host#hv}/system\" }
		"
	done
	director_exec -i sh -c 'cat > /etc/vml/vmld.conf' <<- EOT
		poll-interval = 0.5
		$1
		$hypervisors
		service "web" {
		    protocol = tcp
		    address = "$VIP"
		    port = 80
		    $2
		    members "web-*" { subnet = "$SUBNET" }
		}
	EOT
}

vmld_start()
{
	director_daemon vmld vmld --config /etc/vml/vmld.conf
}

# Started, and it knows the service and its three machines
vmld_up()
{
	vmld_start
	wait_until 30 vmld_sees_all
}

vmld_sees_all()
{
	status '.services[0].state as $s | ($s == "balancing" or $s == "neutral")
		and ([.services[0].destinations[] |
			select(.vm_state == "running")] | length) == 3' true
}

# vmld_down: by SIGTERM, and with success
vmld_down()
{
	equal "vmld's exit status" "$(director_daemon_stop vmld)" 0
}

vmld_kill()
{
	daemon_kill vmld
}

# daemon_kill NAME: if it is there, without a chance to say farewell
daemon_kill()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_exec sh -c '
		cd /run/lab && [ -e "$1.pid" ] || exit 0
		if [ ! -e "$1.status" ]; then
			kill -KILL "$(cat "$1.pid")"
			while [ ! -e "$1.status" ]; do sleep 0.05; done
		fi
		rm -f "$1.pid" "$1.status"' sh "$1"
}

# watching_start COMMAND...: in the director, again and again, until watching_stop;
# "director_log watch" has what it said
watching_start()
{
	director_daemon watch sh -c 'while :; do "$@"; done' sh "$@"
	on_exit watching_stop
}

watching_stop()
{
	daemon_kill watch
}

# watch_open: from now on how many destinations take connections, all the time
watch_open()
{
	# shellcheck disable=SC2016 # expanded in the director
	watching_start sh -c 'vmlctl show -t "$1" --json |
		jq "[.[0].destinations[] | select(.scale > 0)] | length"' \
		sh "$SERVICE"
}

# loads_start: new connections all the time, for $URL, and others that stay open
loads_start()
{
	client_load_start new -r 10 -d 300 -t 30 "$URL"
	client_load_start open -c 6 -g 0.5 -k -d 300 -t 30 "http://$LAB_VIP/"
	client_load_second new 2
}

# loads_stop: no request has failed, and what was open has stayed so
loads_stop()
{
	client_load_stop new
	client_load_stop open
	none_failed new
	none_failed open
	equal "connections that stay open" \
		"$(load_figure open '[.backends[].connections] | add')" 6
}

# The lines of vmld's log so far that have these words
logged()
{
	director_log vmld | words=$1 awk '
		index($0, ENVIRON["words"]) { n++ }
		END { print n + 0 }'
}

has_logged()
{
	[ "$(logged "$1")" -ge "${2:-1}" ]
}

# status FILTER [RESULT]: what jq makes of vmlctl's status; with RESULT, whether
# it is that
status()
{
	local document result
	document=$(director_exec -t 20 vmlctl status --json 2> /dev/null) ||
		return
	result=$(jq -r "$1" <<< "$document")
	if [ $# -eq 1 ]; then
		echo "$result"
	elif [ "$result" != "$2" ]; then
		echo "$1 is $result in $(jq -c . <<< "$document")"
		return 1
	fi
}

# of MACHINE FILTER: of the destination that it backs
of()
{
	status ".services[0].destinations[] | select(.address ==
		\"$(address_of "$1")\") | $2"
}

# scale_is MACHINE LOWEST HIGHEST, in thousandths
scale_is()
{
	local scale
	scale=$(of "$1" '.scale * 1000 / 65536 | round')
	echo "$1 has scale $scale"
	[ -n "$scale" ] && [ "$scale" -ge "$2" ] && [ "$scale" -le "$3" ]
}

# All scales of the kernel, which has them also without vmld
kernel_scales_are()
{
	local scales
	scales=$(director_exec -t 20 vmlctl show -t "$SERVICE" --json |
		jq -c '.[0].destinations | map(.scale)')
	echo "the scales are $scales"
	[ "$scales" = "$1" ]
}

weights_are()
{
	local weights
	weights=$(director_exec ipvsadm -Ln -t "$SERVICE" |
		awk '$1 == "->" && $2 ~ /^10/ { print $2, $4 }' | sort |
		awk '{ printf "%s%s", separator, $2; separator = " " }')
	echo "the weights are $weights"
	[ "$weights" = "$1" ]
}

# client_asks COUNT: the machines that answer the client's requests, each of
# which has a connection of its own
client_asks()
{
	client_exec curl -s -f -o /dev/null -H 'Connection: close' \
		--max-time 20 -w '%header{x-backend}\n' \
		"http://$SERVICE/?[1-$1]"
}

# client_holds COUNT: the machines that answer on connections of the client's that
# are made one after the other, and stay open until the last has been answered
client_holds()
{
	# shellcheck disable=SC2016 # expanded in the client
	client_exec bash -c '
		for ((i = 0; i < $2; i++)); do
			exec {connection}<> "/dev/tcp/$1/80" || continue
			printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n" \
				>& "$connection"
			while IFS= read -r -t 20 line <& "$connection"; do
				case $line in
				hello*)
					echo "${line##* }"
					break
					;;
				esac
			done
		done' connections "$VIP" "$1"
}

reasons_have()
{
	[[ $(of "$1" '.reasons | join(" ")') == *"$2"* ]]
}

reasons_lack()
{
	! reasons_have "$@"
}

# gets_none MACHINE COUNT: of so many requests of the client's
gets_none()
{
	local picks
	picks=$(of "$1" .picks)
	lacks "answers" "$(client_asks "$2")" "$1"
	equal "picks of $1" "$(of "$1" .picks)" "$picks"
}

# is_out MACHINE REASON: nothing new goes to it
is_out()
{
	wait_until 20 reasons_have "$1" "$2"
	wait_until 5 scale_is "$1" 0 0
	gets_none "$1" 10
}

# is_back MACHINE: it has a scale, and connections that are new
is_back()
{
	wait_until 30 scale_is "$1" 1 1500
	wait_until 60 is_given_connections "$1"
}

# is_given_connections MACHINE: of some that stay open, or the heaviest of machines
# that are idle had them all
is_given_connections()
{
	local answers
	answers=$(client_holds 12)
	echo "the answers are ${answers//$'\n'/ }"
	[[ $answers == *"$1"* ]]
}

# explained MACHINE PATTERN: what vmlctl explain says of it, the lines that match
explained()
{
	director_exec vmlctl explain "$1" | grep -E -- "$2"
}

# elsewhere MACHINE: the other one of two hosts
elsewhere()
{
	case $(vm_host "$1") in
	hv1) echo hv2 ;;
	*) echo hv1 ;;
	esac
}

# none_failed NAME: no request of the load, which has ended
none_failed()
{
	equal "failed requests of $1 ($(load_figure "$1" '.errors | tostring'),
		$(head -n 20 "$LAB_RUN/load-$1.failures"))" \
		"$(load_figure "$1" '.errors | add')" 0
}

# errors_since NAME SECOND: of the load, from that second of it on
errors_since()
{
	jq -s "[.[$2:][].errors] | add // 0" "$LAB_RUN/load-$1.log"
}

# served_since NAME SECOND MACHINE: connections that it took
served_since()
{
	jq -s "[.[$2:][].backends[\"$3\"] // 0] | add // 0" \
		"$LAB_RUN/load-$1.log"
}

# load_figure NAME FILTER: of the load, which has ended
load_figure()
{
	jq "$2" "$LAB_RUN/load-$1.json"
}

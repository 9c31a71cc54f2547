# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What balances web-1 to web-3 in the director: balancer_up NAME, balancer_down.
# Each answers at $LAB_VIP:80.
#
#	wlc, sed	IPVS's schedulers, and nobody looks after them
#	tcp-wlc, http-wrr, ...
#			the same, with keepalived's checks every second
#	haproxy		leastconn, a check every second
#	vml		with vmld, which polls every second

balancer=

balancer_up()
{
	balancer=$1
	outside_reset
	case $1 in
	wlc | sed) service_up "$1" ;;
	tcp-* | http-*) _keepalived_up "${1%-*}" "${1#*-}" ;;
	haproxy) _haproxy_up ;;
	vml)
		service_up vml
		config "" "mode = weights"
		director_exec sed -i 's/^poll-interval .*/poll-interval = 1/' \
			/etc/vml/vmld.conf
		_vmld_up_with_times
		;;
	esac
	wait_until 60 _balancer_answers
}

balancer_down()
{
	case $balancer in
	tcp-* | http-*) director_daemon_stop keepalived > /dev/null ;;
	haproxy) director_daemon_stop haproxy > /dev/null ;;
	vml) vmld_down ;;
	esac
	balancer=
	ipvs_forget
}

_balancer_answers()
{
	[ "$(client_asks 12 | grep -c '^web-')" -eq 12 ]
}

_has_all_machines()
{
	[ "$(director_exec ipvsadm -Ln -t "$SERVICE" | grep -c ' 100 ')" -eq 3 ]
}

# _keepalived_up CHECK SCHEDULER
# A failed check counts at once, which keepalived and haproxy do not do unless
# they are told: the quickest that they can be with a check a second.
_keepalived_up()
{
	local check=TCP_CHECK url='' i
	if [ "$1" = http ]; then
		check=HTTP_GET
		url="url {
			path /
			status_code 200
		}"
	fi
	{
		cat <<- EOT
			virtual_server $LAB_VIP 80 {
			delay_loop 1
			lb_algo $2
			lb_kind NAT
			protocol TCP
		EOT
		for i in 21 22 23; do
			cat <<- EOT
				real_server 10.77.0.$i 80 {
				weight 100
				$check {
				$url
				connect_timeout 1
				retry 0
				}
				}
			EOT
		done
		echo "}"
	} > "$WORK/keepalived.conf"
	director_exec modprobe "ip_vs_$2"
	director_put "$WORK/keepalived.conf" /etc/keepalived/keepalived.conf
	director_exec keepalived --config-test
	director_daemon keepalived keepalived --dont-fork --check \
		--log-console --log-detail
	wait_until 30 _has_all_machines
}

_haproxy_up()
{
	director_exec -i sh -c 'mkdir -p /etc/haproxy
		cat > /etc/haproxy/lab.cfg' <<- EOT
		defaults
			mode tcp
			timeout connect 5s
			timeout client 60s
			timeout server 60s
		listen web
			bind $LAB_VIP:80
			balance leastconn
			default-server check inter 1s fall 1 rise 1
			server web-1 10.77.0.21:80
			server web-2 10.77.0.22:80
			server web-3 10.77.0.23:80
	EOT
	director_daemon haproxy haproxy -db -f /etc/haproxy/lab.cfg
}

# Each line of vmld's log begins with the director's time
_vmld_up_with_times()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_daemon vmld bash -c 'exec vmld --config /etc/vml/vmld.conf \
		2> >(while IFS= read -r line; do
			echo "$EPOCHREALTIME $line"
		done >&2)'
	wait_until 60 vmld_sees_all
}

# director_ahead: by how many seconds the director's clock is before this one,
# to some ms: of several answers the one that came soonest
director_ahead()
{
	local i before said after
	for i in 1 2 3 4 5; do
		before=$EPOCHREALTIME
		said=$(director_exec date +%s.%N)
		after=$EPOCHREALTIME
		echo "$before $said $after"
	done | awk '{ took = $3 - $1
		if (NR == 1 || took < least) {
			least = took
			ahead = $2 - ($1 + $3) / 2
		} } END { printf "%.6f", ahead }'
}

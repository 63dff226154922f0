# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a world begins with: schema, products, phones with money, a shop, configuration files."""
import os
import subprocess

import world as w

# One phone in ten can buy little and is refused soon; the rest have a bill or much money.
DATABASE = """
SET client_min_messages = warning;
SELECT tegata.operator_product_set('coupon', 'Coupon', 'JPY', '{500}', 100, 10000, 100, 10, 0,
	180, NULL, NULL, NULL, NULL, true, 1, 'fault injection');
WITH phone AS (
	SELECT (m + i)::text AS number, lpad((s + i)::text, 15, '0') AS imsi, i %% 10 < 3 AS bill
	FROM (VALUES %(bases)s) b (s, m, n), generate_series(0, b.n - 1) i
), all_of AS (
	SELECT array_agg(number) AS numbers, array_agg(imsi) AS imsis,
		array_agg(CASE WHEN bill THEN 'postpaid' ELSE 'prepaid' END) AS modes,
		array_agg(CASE WHEN bill THEN 100000000 ELSE 0 END) AS limits,
		array_agg(NULL::text) AS nothing, array_agg('JPY'::text) AS currencies
	FROM phone
)
SELECT count(*), sum(1 / (r.outcome = 0)::int) FROM all_of, LATERAL
	tegata.operator_terminal_import(numbers, imsis, modes, limits, nothing, currencies,
	'fault injection') r;
SELECT count(*), sum(1 / (r.outcome = 0)::int) FROM (
	SELECT array_agg(address) AS numbers, array_agg('JPY'::text) AS currencies,
		array_agg(CASE WHEN address LIKE '%%9' THEN 3000 ELSE 100000000 END::bigint) AS amounts,
		array_agg('seed-' || address) AS refs
	FROM tegata.terminal JOIN tegata.account USING (home, terminal_id) WHERE mode = 1) p,
	LATERAL tegata.operator_top_up(numbers, currencies, amounts, refs, 'fault injection') r;
CREATE ROLE an_auditor LOGIN IN ROLE tegata_auditor;
"""


def ctl(world, *arguments):
    done = subprocess.run(
        [os.path.join(world.build, "tegatactl"), "--db",
         f"host={world.cluster.directory} port={world.cluster.port} dbname=tegata user=postgres",
         "--sql-dir", os.path.join(w.ROOT, "sql"), *arguments],
        check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"tegatactl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def database_fill(world):
    world.cluster.psql([], "CREATE DATABASE tegata", database="postgres")
    ctl(world, "db", "install")
    bases = [(w.IMSI_BASE[n], w.MSISDN_BASE[n], w.PHONES) for n in (0, 1)]
    bases += [(w.PROBE_IMSI, w.PROBE_MSISDN, 2), *world.more_phones]
    world.sql(DATABASE % {"bases": ", ".join(
        f"({imsi}::bigint, {msisdn}::bigint, {n})" for imsi, msisdn, n in bases)})
    for name, value in world.settings().items():
        ctl(world, "setting", name, value, "--reason", "fault injection")
    ctl(world, "shop", "add", w.SHOP, "Kissaten Aoi", "--rate", "10000", "--burst", "20000")
    with open(world.path("shop.key"), "w", encoding="ascii") as f:
        f.write(ctl(world, "key", "add", w.SHOP, "first").strip())


def gateway_config(world):
    d = world.dir
    return f"""line vty
 no login
 bind {world.ip}
ctrl
 bind {world.ip}
gateway
 https bind {world.ip}:8443
 tls certificate {d}/shop-gateway.pem
 tls key {d}/shop-gateway.key
 link bind {world.ip}:4300
 link tls certificate {d}/gateway-1.pem
 link tls key {d}/gateway-1.key
 link tls ca {d}/ca.pem
 link tls peer-cn manager-1
 metrics bind {world.ip}:9471
"""


def manager_config(world, n):
    d, ip = world.dir, (world.ip, world.ip2)[n]
    careful = n == 0
    return f"""line vty
 no login
 bind {ip}
ctrl
 bind {ip}
manager
 metrics bind {ip}:9470
 drain-timeout 10
database
 address {world.link("database", n).listen}
 name tegata
 user tegata_ledger
 tls ca {d}/ca.pem
 tls name database
dialogue
 texts-dir {w.ROOT}/etc/texts
 service-code 188
 country-code 81
 national-prefix 0
 international-prefix 010
 default-product coupon
 timezone +00:00
 confirm-oneshot {"always" if careful else "never"}
 repeat-guard {600 if careful else 0}
 no terminal-rate
direct
 bind {ip}:4223
 peer MSC-1 address {ip} trust-msisdn
 peer MSC-P address {ip} trust-msisdn
gateway dmz
 address {world.link("gateway", n).listen}
 tls certificate {d}/manager-1.pem
 tls key {d}/manager-1.key
 tls ca {d}/ca.pem
 tls peer-cn gateway-1
""" + world.config_more(n)

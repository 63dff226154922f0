// SPDX-License-Identifier: AGPL-3.0-or-later
// The npm package smpp as SMSC, and as the ESME that ours is compared with.
//
//   node sms.js smsc HOST PORT     told by lines on standard input:
//       deliver WINDOW SECONDS              texts to who has bound, as fast as he answers
//       commands WINDOW RATE SECONDS FIRST COUNT TEXT
//                                           texts of COUNT phones from FIRST on, WINDOW of them
//                                           without a reply (RATE 0), or RATE a second; latency
//                                           from deliver_sm to the reply by submit_sm
//   node sms.js client HOST PORT WINDOW SECONDS    submit_sm; 0 seconds: only answers
//
// A result is a line of JSON on standard output.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const TEXT = Buffer.from('Bought 500 JPY, value 0708 6446 3809 4485 5501\nUntil 2027-05-21');
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const now = () => Number(process.hrtime.bigint()) / 1e6;

// Calls send(done) with so many under way, for so long; then tells how many were done a second.
function flood(send, window, seconds) {
	const began = now(), end = began + seconds * 1000;
	let done = 0, open = 0;
	const next = () => {
		while (open < window && now() < end) {
			open++;
			send(() => {
				open--;
				done++;
				next();
			});
		}
		if (open === 0)
			say({ done, per_s: Math.round(done / (now() - began) * 1000) });
	};
	next();
}

function smsc(host, port) {
	let session = null, id = 0, serial = 0;
	const waiting = new Map(); // number: when its command was sent, and what then
	smpp.createServer((s) => {
		const bind = (pdu) => {
			s.send(pdu.response());
			session = s;
			say({ bound: pdu.command });
		};
		s.on('bind_transceiver', bind);
		s.on('enquire_link', (pdu) => s.send(pdu.response()));
		s.on('unbind', (pdu) => s.send(pdu.response()));
		s.on('submit_sm', (pdu) => {
			s.send(pdu.response({ message_id: (++id).toString(16) }));
			const done = waiting.get(pdu.destination_addr);
			if (done) {
				waiting.delete(pdu.destination_addr);
				done();
			}
		});
		s.on('error', () => {});
	}).listen(Number(port), host, () => say({ listening: true }));

	function commands(window, rate, seconds, first, count, text) {
		const latencies = [], began = now(), end = began + seconds * 1000;
		let sent = 0, open = 0, ended = false;
		const finish = () => {
			if (ended)
				return;
			ended = true;
			latencies.sort((a, b) => a - b);
			const at = (q) => latencies[Math.min(latencies.length - 1,
				Math.floor(latencies.length * q))];
			say({ sent, replies: latencies.length,
				per_s: Math.round(latencies.length / (now() - began) * 1000),
				p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) });
		};
		const send = (then) => {
			const number = String(first + serial++ % count);
			const due = rate ? began + sent * 1000 / rate : now();
			sent++;
			open++;
			waiting.set(number, () => {
				open--;
				latencies.push(now() - due);
				if (then)
					then();
				if (open === 0 && now() >= end)
					finish();
			});
			session.deliver_sm({ source_addr_ton: 1, source_addr_npi: 1, source_addr: number,
				destination_addr: '188', data_coding: 0, user_message_reference: serial & 65535,
				short_message: Buffer.from(text) });
		};
		if (rate) {
			const pace = setInterval(() => {
				while (now() < end && sent < (now() - began) * rate / 1000)
					send();
				if (now() >= end)
					clearInterval(pace);
			}, 1);
		} else {
			const again = () => now() < end && send(again);
			for (let i = 0; i < window; i++)
				send(again);
		}
		setTimeout(finish, (seconds + 5) * 1000);
	}

	const verbs = {
		deliver: (window, seconds) => flood((done) => session.deliver_sm({
			source_addr: '819012345678', destination_addr: '188', data_coding: 0,
			short_message: TEXT }, done), window, seconds),
		commands,
	};
	// Whoever started it is gone: so is this.
	const lines = readline.createInterface({ input: process.stdin });
	lines.on('close', () => process.exit(0));
	lines.on('line', (line) => {
		const [verb, ...words] = line.split(' ');
		const numbers = words.map((word) => /^[0-9]+$/.test(word) ? Number(word) : word);
		verbs[verb](...numbers);
	});
}

function client(host, port, window, seconds) {
	const session = smpp.connect({ host, port: Number(port) });
	session.on('error', () => process.exit(1));
	session.on('deliver_sm', (pdu) => session.send(pdu.response()));
	session.on('connect', () => session.bind_transceiver({ system_id: 'npm', password: '' }, () => {
		if (seconds > 0)
			flood((done) => session.submit_sm({ source_addr: '188',
				destination_addr: '819012345678', data_coding: 0, registered_delivery: 0,
				short_message: TEXT }, done), window, seconds);
	}));
}

const [role, host, port, window, seconds] = process.argv.slice(2);
if (role === 'smsc')
	smsc(host, port);
else
	client(host, port, Number(window), Number(seconds));

// SPDX-License-Identifier: AGPL-3.0-or-later
// An SMSC made of the npm package smpp, told what to do by lines on standard input.
//
//   node smpp_smsc.js HOST PORT      with NODE_PATH where the package is
//
//   text FROM TEXT      deliver_sm            parts FROM TEXT     the same, in parts by UDH
//   sar FROM TEXT       in parts, by SAR      payload FROM TEXT   as message_payload
//   again               the last deliver_sm once more, with the same octets
//   answer STATUS       to submit_sm from now on; 0: takes them
//   throttle N          the next N submit_sm: ESME_RTHROTTLED
//   receipts on|off     DELIVRD behind each submit_sm_resp
//   cut                 closes every connection
//
// What happens is a line on standard output: bound, unbound, submit TO CODING TEXT (whole), part,
// delivered STATUS, receipt STATUS, closed.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const [host, port] = process.argv.slice(2);
const sessions = new Set();
const joined = new Map();
let answer = 0, throttle = 0, receipts = true, id = 0, reference = 0, last = null;

const say = (...words) => process.stdout.write(words.join(' ') + '\n');
const gsm = (text) => /^[\x20-\x5a\x61-\x7a\n]*$/.test(text);
const encode = (text) => gsm(text) ? Buffer.from(text, 'latin1')
	: Buffer.from(text, 'utf16le').swap16();
const decode = (octets, coding) => coding === 8
	? Buffer.from(octets).swap16().toString('utf16le') : octets.toString('latin1');

// Octets of the text and its place in a longer one; null: it is whole.
function take(pdu) {
	const message = pdu.short_message.message;
	let octets = Buffer.isBuffer(message) ? message : encode(message || '');
	let place = null;
	if (pdu.message_payload)
		octets = Buffer.isBuffer(pdu.message_payload.message) ? pdu.message_payload.message
			: encode(pdu.message_payload.message || pdu.message_payload);
	for (const element of pdu.short_message.udh || [])
		if (element[0] === 0)
			place = { reference: element[2], total: element[3], number: element[4] };
	return { octets, place };
}

function submitted(pdu) {
	const { octets, place } = take(pdu);
	const to = pdu.destination_addr;
	if (!place) {
		say('submit', to, pdu.data_coding, JSON.stringify(decode(octets, pdu.data_coding)));
		return;
	}
	const key = to + '/' + place.reference;
	const parts = joined.get(key) || [];
	parts[place.number - 1] = octets;
	joined.set(key, parts);
	say('part', place.number, place.total);
	if (parts.filter(Boolean).length < place.total)
		return;
	joined.delete(key);
	say('submit', to, pdu.data_coding,
		JSON.stringify(decode(Buffer.concat(parts), pdu.data_coding)));
}

function receipt(session, pdu, message) {
	session.deliver_sm({
		source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
		data_coding: 0,
		short_message: Buffer.from('id:' + message + ' sub:001 dlvrd:001 submit date:2601010000 ' +
			'done date:2601010000 stat:DELIVRD err:000 text:'),
	}, (response) => say('receipt', response.command_status));
}

function on_submit(session, pdu) {
	if (throttle > 0 || answer) {
		const status = throttle > 0 ? smpp.ESME_RTHROTTLED : answer;
		throttle = Math.max(0, throttle - 1);
		session.send(pdu.response({ command_status: status }));
		say('refused', status);
		return;
	}
	const message = (++id).toString(16).padStart(8, '0');
	submitted(pdu);
	session.send(pdu.response({ message_id: message }));
	if (receipts && pdu.registered_delivery & 1)
		receipt(session, pdu, message);
}

const server = smpp.createServer((session) => {
	const bind = (pdu) => {
		sessions.add(session);
		session.send(pdu.response());
		say('bound', pdu.command);
	};
	session.on('bind_transceiver', bind);
	session.on('bind_receiver', bind);
	session.on('bind_transmitter', bind);
	session.on('submit_sm', (pdu) => on_submit(session, pdu));
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => {
		session.send(pdu.response());
		say('unbound');
	});
	session.on('error', () => {});
	session.on('close', () => {
		sessions.delete(session);
		say('closed');
	});
});

function deliver(options) {
	last = options;
	for (const session of sessions) {
		session.deliver_sm({ ...options }, (response) => say('delivered', response.command_status));
		return;
	}
	say('nobody');
}

function message(from, text) {
	return { source_addr_ton: 1, source_addr_npi: 1, source_addr: from, dest_addr_npi: 1,
		destination_addr: '188', data_coding: gsm(text) ? 0 : 8,
		user_message_reference: ++reference };
}

function pieces(text) {
	const octets = encode(text), size = gsm(text) ? 153 : 134, all = [];
	for (let at = 0; at < octets.length; at += size)
		all.push(octets.subarray(at, at + size));
	return all;
}

const commands = {
	text: (from, text) => deliver({ ...message(from, text), short_message: encode(text) }),
	payload: (from, text) => deliver({ ...message(from, text), short_message: Buffer.alloc(0),
		message_payload: encode(text) }),
	parts: (from, text) => {
		const base = message(from, text), all = pieces(text);
		all.forEach((octets, i) => deliver({ ...base, esm_class: 0x40, short_message: {
			udh: Buffer.from([5, 0, 3, reference & 255, all.length, i + 1]), message: octets } }));
	},
	sar: (from, text) => {
		const base = message(from, text), all = pieces(text);
		all.reverse().forEach((octets, i) => deliver({ ...base, short_message: octets,
			sar_msg_ref_num: reference, sar_total_segments: all.length,
			sar_segment_seqnum: all.length - i }));
	},
	again: () => deliver(last),
	answer: (status) => { answer = Number(status); },
	throttle: (n) => { throttle = Number(n); },
	receipts: (on) => { receipts = on === 'on'; },
	cut: () => sessions.forEach((session) => session.destroy()),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
	const [name, first, ...rest] = line.split(' ');
	commands[name](first, rest.join(' '));
});
server.listen(Number(port), host, () => say('listening'));

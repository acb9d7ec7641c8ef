// SPDX-License-Identifier: Apache-2.0
// Requests that two readers could cut differently: refused, or sent on as one request, byte for byte.
// Invariant: no byte that is not asserted here reaches a target; after a refusal the connection ends.
// Source: RFC 9112 11.2; the table is payloads.mjs.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { gateway, slack, wire } from './gateway.mjs';
import { payloads, withoutVia } from './payloads.mjs';

// A target that keeps the bytes, and answers the first request when it is whole.
let seen = [];
const whole = (text) => {
	const end = text.indexOf('\r\n\r\n') + 4, length = /\r\nContent-Length: (\d+)\r\n/.exec(text.slice(0, end));
	return end > 3 && (/\r\nTransfer-Encoding: chunked\r\n/.test(text.slice(0, end)) ? /(^|\r\n)0\r\n\r\n/.test(text.slice(end)) : text.length - end >= +(length?.[1] ?? 0));
};
const target = net.createServer((s) => {
	let answered = false;
	s.on('data', (b) => {
		seen.push(b);
		if (!answered && whole(Buffer.concat(seen).toString('latin1'))) {
			answered = true;
			setTimeout(() => s.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 3);
			setTimeout(() => { answered = false; }, 20 * slack);
		}
	}).on('error', () => {}).unref();
});
await new Promise((ok) => target.listen(0, '127.0.0.1', ok));
target.unref();
const address = `127.0.0.1:${target.address().port}`;

const g = await gateway();
// A body that came in parts is sent on in chunks; what is compared is the same request with a length.
const plain = (text) => {
	const end = text.indexOf('\r\n\r\n') + 4, head = text.slice(0, end);
	if (!/\r\nTransfer-Encoding: chunked\r\n/.test(head))
		return text;
	let body = '', at = end, n;
	do {
		n = parseInt(text.slice(at), 16);
		const from = text.indexOf('\r\n', at) + 2;
		body += text.slice(from, from + n);
		at = from + n + 2;
	} while (n > 0);
	return head.replace(/Transfer-Encoding: chunked/, `Content-Length: ${body.length}`) + body + text.slice(at);
};
await g.proxy('raw', { target: `http://${address}` });
const rows = payloads('/raw', `acme-test.localhost:${g.ports.http}`);

test('the table is not short', () => assert.ok(rows.length >= 80, `${rows.length}`));

// In one write, and cut in two: what was understood must not hang on how the bytes came.
for (const { what, bytes, status, sends, stays } of rows) {
	for (const cut of [0, bytes.length >> 1]) {
		test(`${what}${cut ? ', in two parts' : ''}: ${sends ? 'one request' : status}`, async () => {
			seen = [];
			const parts = cut ? [bytes.subarray(0, cut), 15, bytes.subarray(cut)] : bytes;
			const r = await wire(g.ports.http, parts, { idle: 60 * slack, timeout: 5000 });
			const got = Buffer.concat(seen).toString('latin1');
			const answers = [...r.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => +m[1]);
			assert.equal(answers.length, 1, `one answer:\n${r.text}`);
			if (sends) {
				assert.equal(plain(withoutVia(got)), plain(sends(address)), r.text);
				assert.equal(answers[0], 200);
				return;
			}
			assert.ok(status.includes(answers[0]), `${answers[0]}\n${r.text}\nthe target: ${JSON.stringify(got)}`);
			assert.equal(r.how, stays ? 'idle' : 'closed', 'and the connection with it');
			if (!cut) // all of it was at hand before a byte was sent on
				return assert.equal(got, '');
			assert.ok(!got.includes('smuggled'), got);
			// A body that turns out bad after its head was sent on leaves a request without an end.
			if (got)
				assert.ok(/\r\nTransfer-Encoding: chunked\r\n\r\n/.test(got) && !/\r\n0\r\n/.test(got), got);
		});
	}
}

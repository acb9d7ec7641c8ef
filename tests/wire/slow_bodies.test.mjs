// SPDX-License-Identifier: Apache-2.0
// Bodies that never come whole: who sends them waits, and nobody else does.
// Invariant: a request that is answered already holds no fiber; one that is read into memory has a least pace.
// Source: house ("every input is hostile"); RFC 9112 §9.3.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { basic, expect, gateway, say, slack, until } from './gateway.mjs';

const g = await gateway({ set: { max_exchanges: '64' } });
await g.proxy('unread', { post: { response: ['s'] }, policies: { s: say('hi') } });
await g.proxy('read', { pre: { request: ['c'] }, post: { response: ['s'] }, policies: { s: say('{copied}'),
	c: '<AssignMessage><AssignVariable><Name>copied</Name><Ref>request.content</Ref></AssignVariable></AssignMessage>' } });

const framings = [['by length', 'Content-Length: 1000\r\n\r\nx'], ['chunked', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx']];

// n connections, each with a request whose body has begun; said(status) counts the answers.
async function stuck(n, port, head, body) {
	const all = await Promise.all(Array.from({ length: n }, () => new Promise((ok, no) => {
		const s = net.connect(port, '127.0.0.1', () => ok(s)).on('error', no);
		s.text = '';
		s.on('data', (d) => { s.text += d; });
		s.write(`${head}\r\n${body}`);
	})));
	const said = (status) => all.filter((s) => s.text.startsWith(`HTTP/1.1 ${status}`)).length;
	return { all, said, end: () => all.forEach((s) => s.destroy()) };
}
const upload = (auth) => `POST /v1/organizations/acme/apis?action=import&name=x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream${auth ? `\r\nAuthorization: ${auth}` : ''}`;

for (const [how, body] of framings) {
	test(`1,200 uploads of strangers, ${how}, are answered and in nobody's way`, async () => {
		const strangers = await stuck(1200, g.ports.management, upload(), body);
		await until(() => strangers.said(401) === 1200, 10000 * slack);
		expect(await g.mgmt('/apis'), { status: 200 });
		strangers.end();
	});

	test(`200 bodies that a proxy does not read, ${how}, take none of its 64 places`, async () => {
		const senders = await stuck(200, g.ports.http, 'POST /unread HTTP/1.1\r\nHost: acme-test.localhost', body);
		await until(() => senders.said(200) + senders.said(503) === 200, 10000 * slack);
		expect(await g.call('/unread'), { status: 200, body: 'hi' });
		const rest = how === 'chunked' ? '\r\n0\r\n\r\n' : 'y'.repeat(999), next = 'GET /unread HTTP/1.1\r\nHost: acme-test.localhost\r\n\r\n';
		const kept = senders.all.find((s) => s.text.startsWith('HTTP/1.1 200'));
		kept.text = '';
		kept.write(rest + next);                              // the rest comes after all, and the next request
		await until(() => kept.text.endsWith('hi'));
		senders.end();
	});
}

test('1,200 uploads of one user: 128 may wait, and the API answers everybody', async () => {
	const his = await stuck(1200, g.ports.management, upload(basic(g.user, g.pass)), framings[0][1]);
	await until(() => his.said(429) === 1200 - 128, 20000 * slack);
	expect(await g.mgmt('/apis'), { status: 200 });
	expect(await g.mgmt('/developers', { body: { email: 'slow@example.com', userName: 's', firstName: 'S', lastName: 'S' } }), { status: 201 }, 'what is at hand waits for nothing');
	his.end();
});

test('a body that is read into memory has 20 s and then 500 bytes a second', async () => {
	const [upload1, body1] = await Promise.all([
		stuck(1, g.ports.management, upload(basic(g.user, g.pass)), framings[0][1]),
		stuck(1, g.ports.http, 'POST /read HTTP/1.1\r\nHost: acme-test.localhost', framings[1][1])]);
	const drip = setInterval(() => [...upload1.all, ...body1.all].forEach((s) => s.writable && s.write(s === body1.all[0] ? '1\r\nx\r\n' : 'x')), 500);
	const from = Date.now();
	await until(() => upload1.said(400) && body1.said('4') + body1.said('5'), 40000);
	clearInterval(drip);
	assert.ok(Date.now() - from > 19000, 'not before its time');
	upload1.end();
	body1.end();
});

// SPDX-License-Identifier: Apache-2.0
// A load of every kind that must not notice what an operator does: kept and new connections, plain, TLS and
// HTTP/2, tokens and changes.
// Invariant: a request that fails is counted; none is tried again.
// Source: house ("zero failed requests").
import assert from 'node:assert/strict';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { load, origin, demo, sleep } from './gateway.mjs';

const went = (r, status = 200) => r.status === status || `${r.status} ${r.text}`;

// HTTP/2 as a good client does it: a session that was told to go away gets no new request, and one that it had
// not sent yet when it heard so (REFUSED_STREAM, RFC 9113 §8.7: nothing was done) goes to the next.
function streams(port) {
	let session;
	const ask = () => new Promise((ok, no) => {
		if (!session || session.closed || session.destroyed) {
			session = http2.connect(`http://127.0.0.1:${port}`);
			session.on('error', no).on('goaway', () => session.close()).unref();
		}
		let status;
		const s = session.request({ ':path': '/steady', ':authority': 'acme-test.localhost' });
		s.on('response', (h) => { status = h[':status']; }).on('end', () => ok(went({ status, text: '' }))).resume();
		s.on('error', (e) => (s.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM || e.code === 'ERR_HTTP2_GOAWAY_SESSION') && status === undefined ? ask().then(ok, no) : no(e));
		s.end();
	});
	return ask;
}

// One worker per connection, so that a kept connection is always in use.
export async function everyKind(g) {
	const target = await origin((one, res) => res.end('ok'));
	await g.proxy('steady', { target: target.url, vhosts: ['default', 'secure'] });
	const agent = { kept: () => new http.Agent({ keepAlive: true, maxSockets: 1 }), keptTls: () => new https.Agent({ keepAlive: true, maxSockets: 1 }) };
	const workers = (n, make) => Array.from({ length: n }, () => load(make(), 1));
	const kinds = {
		'kept': workers(3, () => { const a = agent.kept(); return async () => went(await g.call('/steady', { agent: a })); }),
		'new': workers(2, () => async () => went(await g.call('/steady', { agent: new http.Agent() }))),
		'kept TLS': workers(2, () => { const a = agent.keptTls(); return async () => went(await g.call('/steady', { secure: true, agent: a })); }),
		'new TLS': workers(1, () => async () => went(await g.call('/steady', { secure: true, agent: new https.Agent({ maxCachedSessions: 0 }) }))),
		'HTTP/2': workers(1, () => streams(g.ports.http)),
		'tokens': workers(2, () => { const a = agent.keptTls(); return async () => went(await g.token(demo, { whole: true, agent: a })); }),
		'changes': workers(1, () => { let i = 0; const a = agent.kept(); return async () => {
			const email = `steady${i++}.${process.hrtime.bigint()}@example.com`;
			return went(await g.mgmt('/developers', { body: { email, firstName: 'a', lastName: 'b', userName: email }, agent: a }), 201);
		}; }),
	};
	await sleep(300);
	return kinds;
}

// Ends the load: { kind: { ok, bad: [why, ...] } }.
export async function ended(kinds) {
	const numbers = {};
	for (const [kind, all] of Object.entries(kinds)) {
		const done = await Promise.all(all.map((l) => l.stop()));
		numbers[kind] = { ok: done.reduce((n, d) => n + d.ok, 0), bad: done.flatMap((d) => d.bad) };
	}
	return numbers;
}

// The same; none may have failed, of no kind, and each kind must have done something.
export async function noneFailed(kinds) {
	for (const [kind, { ok, bad }] of Object.entries(await ended(kinds))) {
		assert.deepEqual(bad, [], kind);
		assert.ok(ok > 10, `${kind}: ${ok} went well`);
	}
}

// SPDX-License-Identifier: Apache-2.0
// The table of flow variables, each read where it is set: in the request, in the response, in the target.
// Invariant: a row is a name and what it must be.
// Source: reference 3.8.
import assert from 'node:assert/strict';
import test from 'node:test';
import { esc, expect, gateway, origin, say } from './gateway.mjs';

const g = await gateway();
const o = await origin((one, res) => {
	res.writeHead(201, 'Made', { 'Content-Type': 'text/plain', 'X-T': 'a, b', 'Set-Cookie': ['c=1', 'd=2'] });
	res.end('from target');
});
const UUID = /^[0-9a-f-]{36}$/, MS = /^1[0-9]{12}$/, N = /^\d+$/;
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d \d\d:\d\d:\d\d (GMT|UTC)$/;

const request = [
	['apiproxy.name', 'vars'], ['apiproxy.revision', '1'], ['apiproxy.basepath', '/vars'], ['organization.name', 'acme'], ['environment.name', 'test'], ['messageid', /.{8,}/],
	['is.error', 'false'], ['client.ip', '127.0.0.1'], ['client.host', /^(127\.0\.0\.1|localhost)$/], ['client.port', N], ['client.scheme', 'http'], ['client.received.start.timestamp', MS], ['client.received.end.timestamp', MS],
	['client.received.start.time', DATE], ['client.sent.start.timestamp', '-1'], ['client.sent.start.time', ''], ['client.ssl.enabled', /^(false)?$/],
	['proxy.basepath', '/vars'], ['proxy.pathsuffix', '/p/q'], ['proxy.name', 'default'], ['proxy.client.ip', '127.0.0.1'], ['proxy.url', /^http:\/\/acme-test\.localhost:\d+\/vars\/p\/q\?a=1&a=2&b=x%20y&c$/],
	['current.flow.name', 'PreFlow'],
	['request.verb', 'POST'], ['request.version', '1.1'], ['request.path', '/vars/p/q'], ['request.uri', '/vars/p/q?a=1&a=2&b=x%20y&c'], ['request.querystring', 'a=1&a=2&b=x%20y&c'],
	['request.content', 'f=1&f=2&g=%21'], ['request.content.as.base64', Buffer.from('f=1&f=2&g=%21').toString('base64')],
	['request.content.as.url.safe.base64', Buffer.from('f=1&f=2&g=%21').toString('base64url')],
	['request.queryparam.a', '1'], ['request.queryparam.a.1', '1'], ['request.queryparam.a.2', '2'], ['request.queryparam.a.values.count', '2'], ['request.queryparam.b', 'x y'], ['request.queryparam.c', ''],
	['request.queryparams.count', /^[34]$/], ['request.queryparams.names.string', /a.*b.*c/], ['request.queryparam.none', ''],
	['request.formparam.f', '1'], ['request.formparam.f.2', '2'], ['request.formparam.f.values.count', '2'], ['request.formparam.g', '!'], ['request.formparams.count', /^[23]$/], ['request.formparams.names.string', /f.*g/],
	['request.formstring', 'f=1&f=2&g=%21'],
	['request.header.x-one', 'a'], ['request.header.X-ONE', 'a'], ['request.header.x-one.1', 'a'], ['request.header.x-one.2', 'b'], ['request.header.x-one.values.count', '2'], ['request.header.x-one.values.string', /^a, ?b$/],
	['request.header.host', /^acme-test\.localhost:\d+$/], ['request.headers.count', N], ['request.headers.names.string', /x-one/i], ['request.transportid', /^http/],
	['message.verb', 'POST'], ['message.header.x-one', 'a'], ['message.content', 'f=1&f=2&g=%21'], ['message.queryparam.a', '1'],
	['system.time', DATE], ['system.timestamp', MS], ['system.time.year', /^20\d\d$/], ['system.time.month', /^\d{1,2}$/], ['system.time.day', /^\d{1,2}$/], ['system.time.dayofweek', /^[1-7]$/],
	['system.time.hour', /^\d{1,2}$/], ['system.time.minute', /^\d{1,2}$/], ['system.time.second', /^\d{1,2}$/], ['system.time.millisecond', /^\d{1,3}$/], ['system.time.zone', /./], ['system.uuid', UUID],
	['response.status.code', ''], ['no.such.variable', ''],
];
const response = [
	['response.status.code', '201'], ['response.reason.phrase', 'Made'], ['response.content', 'from target'], ['response.content.as.base64', Buffer.from('from target').toString('base64')],
	['response.version', '1.1'], ['response.header.x-t', 'a'], ['response.header.x-t.2', 'b'], ['response.header.x-t.values.count', '2'], ['response.header.content-type', 'text/plain'], ['response.headers.count', N],
	['response.headers.names.string', /x-t/i], ['message.status.code', '201'], ['message.content', 'from target'], ['message.header.x-t', 'a'],
	['request.verb', 'POST'], ['request.header.x-one', 'a'], ['request.queryparam.b', 'x y'], ['proxy.pathsuffix', '/p/q'],
	['route.name', 'go'], ['route.target', 'default'], ['target.name', 'default'], ['target.host', '127.0.0.1'], ['target.port', () => String(o.port)], ['target.scheme', 'http'], ['target.ip', '127.0.0.1'],
	['target.url', () => `${o.url}/up/p/q?a=1&a=2&b=x%20y&c`], ['target.basepath', '/up'], ['target.ssl.enabled', /^(false)?$/],
	['target.sent.start.timestamp', MS], ['target.sent.end.timestamp', MS], ['target.received.start.timestamp', MS], ['target.received.end.timestamp', MS], ['target.received.start.time', DATE],
	['current.flow.name', 'PostFlow'], ['is.error', 'false'], ['request.uri', '/up/p/q?a=1&a=2&b=x%20y&c'],
];
const target = [
	['target.url', () => `${o.url}/up`], ['target.copy.pathsuffix', 'true'], ['target.copy.queryparams', 'true'], ['target.name', 'default'], ['route.name', 'go'], ['request.verb', 'POST'], ['current.flow.name', 'PreFlow'],
];

const SEP = '\u00b6';
const keep = (name, rows) => '<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>' +
	`<AssignVariable><Name>${name}</Name><Template>${esc(rows.map(([v]) => `{${v}}`).join(SEP))}</Template></AssignVariable></AssignMessage>`;
await g.proxy('vars', { pre: { request: ['kreq'] }, post: { response: ['kres', 'show'] }, targets: { default: { url: `${o.url}/up`, pre: { request: ['ktar'] } } },
	policies: { kreq: keep('kept.req', request), ktar: keep('kept.tar', target), kres: keep('kept.res', response), show: say(`{kept.req}${SEP}${SEP}{kept.tar}${SEP}${SEP}{kept.res}`) } });
const r = expect(await g.call('/vars/p/q?a=1&a=2&b=x%20y&c', { form: [['f', 1], ['f', 2], ['g', '!']], headers: { 'X-One': 'a, b' } }), { status: 201 });
const got = r.text.split(SEP);

let at = 0;
for (const [where, rows] of [['request', request], ['target request', target], ['response', response]]) {
	const mine = got.slice(at, at + rows.length);
	at += rows.length + 1;
	test(`in the ${where}`, async (t) => {
		for (const [i, [name, want]] of rows.entries())
			await t.test(name, () => {
				const w = typeof want === 'function' ? want() : want;
				assert.ok(w instanceof RegExp ? w.test(mine[i]) : w === mine[i], `${name} = ${JSON.stringify(mine[i])}, expected ${w}`);
			});
	});
}

// set, then seen: by the target or by the client
const writes = [
	['request.header.x-new', 'v', 'request', (s) => s.headers['x-new'] === 'v'], ['request.queryparam.q', 'v w', 'request', (s) => /[?&]q=v(%20|\+)w/.test(s.url)],
	['request.verb', 'PUT', 'request', (s) => s.method === 'PUT'], ['request.content', 'other', 'request', (s) => s.body === 'other'],
	['message.header.x-new', 'm', 'request', (s) => s.headers['x-new'] === 'm'],
	['response.header.x-new', 'v', 'response', (c) => c.headers['x-new'] === 'v'], ['response.content', 'changed', 'response', (c) => c.text === 'changed'],
	['response.status.code', '299', 'response', (c) => c.status === 299], ['message.content', 'm', 'response', (c) => c.text === 'm'],
];
for (const [i, [name, value, where, check]] of writes.entries()) {
	test(`written in the ${where}: ${name}`, async () => {
		const set = `<AssignMessage><AssignVariable><Name>${name}</Name><Value>${value}</Value></AssignVariable></AssignMessage>`;
		await g.proxy(`w${i}`, { target: o.url, pre: { [where]: ['set'] }, policies: { set } });
		const c = await g.call(`/w${i}`, { body: 'body' });
		assert.ok(check(where === 'request' ? o.seen.at(-1) : c), JSON.stringify([o.seen.at(-1), c.status, c.headers, c.text]));
	});
}

test('read only', async () => {
	const set = '<AssignMessage continueOnError="true"><AssignVariable><Name>client.ip</Name><Value>9.9.9.9</Value></AssignVariable></AssignMessage>';
	await g.proxy('ro', { pre: { request: ['set'] }, post: { response: ['show'] }, policies: { set, show: say('{client.ip} {assignmessage.set.failed}') } });
	expect(await g.call('/ro'), { status: 200, body: /^127\.0\.0\.1 / });
});

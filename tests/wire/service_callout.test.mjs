// SPDX-License-Identifier: Apache-2.0
// ServiceCallout: a request of its own beside the proxied one; its answer, its errors, its time-out.
// Invariant: the proxied request goes on unchanged, whatever the callout did to its own messages.
// Source: reference 4.4 (ServiceCallout).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, expect, fault, freePorts, gateway, origin, proxy, say, until } from './gateway.mjs';

const g = await gateway();
const main = await origin();
const side = await origin((one, res) => {
	const status = +(/\/status\/(\d+)/.exec(one.url)?.[1] ?? 200), wait = +(/\/wait\/(\d+)/.exec(one.url)?.[1] ?? 0);
	res.writeHead(status, { 'Content-Type': 'text/plain', 'X-Side': 'yes' });
	setTimeout(() => res.end(`side ${one.method} ${one.url} ${one.body}`), wait);
});
const to = (path, more = '') => `<HTTPTargetConnection><URL>${side.url}${path}</URL>${more}</HTTPTargetConnection>`;
let n = 0;
async function callout(inner, { policies, ...spec } = {}) {
	const name = `sc${n++}`;
	await g.proxy(name, { pre: { request: ['c'] }, post: { response: ['show'] },
		policies: { c: `<ServiceCallout>${inner}</ServiceCallout>`, show: say('{r.status.code}|{r.content}|{r.header.x-side}'), ...policies }, ...spec });
	return (path = '', o) => g.call(`/${name}${path}`, o);
}
const req = (inner, attrs = 'variable="q"') => `<Request ${attrs}>${inner}</Request>`;
const failed = (reason) => ({ status: 500, body: fault('steps.servicecallout.ExecutionFailed', `Execution of ServiceCallout c failed. Reason: ${reason}`) });

const rows = [
	['no request: GET', `<Response>r</Response>${to('/a')}`, '200|side GET /a |yes'],
	['verb and payload', `${req('<Set><Verb>POST</Verb><Payload contentType="text/plain">hello {request.queryparam.x}</Payload></Set>')}<Response>r</Response>${to('/b')}`, '200|side POST /b hello 1|yes'],
	['query parameters', `${req('<Set><QueryParams><QueryParam name="k">v</QueryParam></QueryParams></Set>')}<Response>r</Response>${to('/c')}`, '200|side GET /c?k=v |yes'],
	['path', `${req('<Set><Path>/d</Path></Set>')}<Response>r</Response>${to('')}`, '200|side GET /d |yes'],
	['URL by template', `<Response>r</Response>${to('/e/{request.queryparam.x}')}`, '200|side GET /e/1 |yes'],
	['copy of the request', `${req('<Copy source="request"><Verb>true</Verb><Payload>true</Payload></Copy>')}<Response>r</Response>${to('/f')}`, '200|side POST /f body|yes', { body: 'body' }],
	['a 3xx is no error', `<Response>r</Response>${to('/status/304')}`, /^304\|/],
];
for (const [what, inner, want, o] of rows) {
	test(what, async () => {
		const call = await callout(inner);
		expect(await call('?x=1', o), { status: 200, body: want }, what);
	});
}

test('headers of the callout are its own', async () => {
	const call = await callout(`${req('<Set><Headers><Header name="X-Own">o</Header></Headers></Set>')}<Response>r</Response>${to('/own')}`, { target: main.url, post: {} });
	expect(await call('', { headers: { 'X-Client': 'c' } }), { status: 200 });
	const [one, two] = [side.seen.at(-1), main.seen.at(-1)];
	assert.deepEqual([one.headers['x-own'], one.headers['x-client'], two.headers['x-own'], two.headers['x-client']], ['o', undefined, undefined, 'c']);
	assert.equal(one.headers.host, `127.0.0.1:${side.port}`);
});

const errors = [
	['404', '/status/404', 'ResponseCode 404 is treated as error'], ['500', '/status/500', 'ResponseCode 500 is treated as error'],
];
for (const [what, path, reason] of errors) {
	test(`${what} is an error`, async () => {
		const call = await callout(`<Response>r</Response>${to(path)}`);
		expect(await call(), failed(reason));
	});
}

test('time-out', async () => {
	const call = await callout(`<Response>r</Response><Timeout>300</Timeout>${to('/wait/3000')}`);
	const from = Date.now();
	expect(await call(), failed('timeout occurred in c'));
	assert.ok(Date.now() - from < 2500, `${Date.now() - from} ms`);
});

test('nobody listens', async () => {
	const [port] = await freePorts(1);
	const call = await callout(`<Response>r</Response><HTTPTargetConnection><URL>http://127.0.0.1:${port}/</URL></HTTPTargetConnection>`);
	expect(await call(), { status: 500, body: /^\{"fault":\{"faultstring":"Execution of ServiceCallout c failed\. Reason: .+"errorcode":"steps\.servicecallout\.ExecutionFailed"\}\}\}$/ });
});

test('continueOnError, and the variable that tells', async () => {
	const name = `sc${n++}`;
	await g.proxy(name, { pre: { request: ['c'] }, post: { response: ['show'] }, policies: {
		c: `<ServiceCallout continueOnError="true"><Response>r</Response>${to('/status/500')}</ServiceCallout>`, show: say('{servicecallout.c.failed}') } });
	expect(await g.call(`/${name}`), { status: 200, body: 'true' });
});

test('no Response: sent, not waited for', async () => {
	const call = await callout(`${req('<Set><Verb>PUT</Verb><Payload contentType="text/plain">later</Payload></Set>')}${to('/wait/1500')}`, { post: {} });
	const from = Date.now(), before = side.seen.length;
	expect(await call(), { status: 200, body: '' });
	assert.ok(Date.now() - from < 1200, `${Date.now() - from} ms`);
	await until(() => side.seen.length > before);
	assert.equal(side.seen.at(-1).body, 'later');
});

test('a prepared request variable', async () => {
	const call = await callout(`<Request variable="q"/><Response>r</Response>${to('/prepared')}`, { pre: { request: ['make', 'c'] },
		policies: { make: '<AssignMessage><AssignTo createNew="true" type="request">q</AssignTo><Set><Verb>PUT</Verb><Payload contentType="text/plain">made</Payload></Set></AssignMessage>' } });
	expect(await call(), { status: 200, body: '200|side PUT /prepared made|yes' });
});

test('a request variable that is text', async () => {
	const call = await callout(`<Request variable="q"/><Response>r</Response>${to('/x')}`, { pre: { request: ['make', 'c'] },
		policies: { make: '<AssignMessage><AssignVariable><Name>q</Name><Value>text</Value></AssignVariable></AssignMessage>' } });
	expect(await call(), { status: 500, body: /"errorcode":"steps\.servicecallout\.RequestVariableNotMessageType"/ });
});

test('twenty at once run beside each other', async () => {
	const call = await callout(`<Response>r</Response>${to('/wait/400')}`);
	const from = Date.now();
	for (const r of await Promise.all(Array.from({ length: 20 }, () => call())))
		expect(r, { status: 200 });
	assert.ok(Date.now() - from < 4000, `${Date.now() - from} ms`);
});

for (const [what, inner] of [['no URL', '<Response>r</Response><HTTPTargetConnection/>'], ['no connection', '<Response>r</Response>'],
	['time-out', `<Response>r</Response><Timeout>soon</Timeout>${to('/')}`], ['negative time-out', `<Response>r</Response><Timeout>-1</Timeout>${to('/')}`]]) {
	test(`refused: ${what}`, async () => {
		const r = await g.import('badsc', bundle(proxy('badsc', { pre: { request: ['c'] }, policies: { c: `<ServiceCallout>${inner}</ServiceCallout>` } })), { validate: true });
		expect(r, { status: 400, body: /policies\/c\.xml/ });
	});
}

// SPDX-License-Identifier: Apache-2.0
// Faults: which rules run and in which order, what a target's errors become, what the client gets.
// Invariant: rules are looked up only in the endpoint where the fault happened.
// Source: reference 3.5 (order of rules, gateway errors), decision 7 of section 7 (XML).
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { expect, fault, freePorts, gateway, mark, origin, say, until } from './gateway.mjs';

const g = await gateway();
const o = await origin((one, res) => {
	const status = +(/\/status\/(\d+)/.exec(one.url)?.[1] ?? 200), wait = +(/\/wait\/(\d+)/.exec(one.url)?.[1] ?? 0);
	setTimeout(() => res.writeHead(status, { 'Content-Type': 'text/html', 'X-Target': 't' }).end(`<p>target ${status}</p>`), wait);
});
let n = 0;
const POLICIES = { stop: '<RaiseFault><FaultResponse><Set><StatusCode>400</StatusCode></Set></FaultResponse></RaiseFault>',
	r1: mark('x-r1', '1'), r2: mark('x-r2', '1'), r3: mark('x-r3', '1'), d: mark('x-d', '1'), post: mark('x-post', '1'),
	again: '<RaiseFault><FaultResponse><Set><StatusCode>409</StatusCode></Set></FaultResponse></RaiseFault>',
	breaks: '<AssignMessage><Set><Payload contentType="text/plain">{no.such}</Payload></Set></AssignMessage>' };
async function deployed(spec) {
	const name = `f${n++}`;
	await g.proxy(name, { post: { response: ['post'] }, ...spec, policies: { ...POLICIES, ...spec.policies } });
	return (path = '', opts) => g.call(`/${name}${path}`, opts);
}
// which of the marks are in the answer
const ran = (r) => ['r1', 'r2', 'r3', 'd', 'post'].filter((k) => r.headers[`x-${k}`]).join();
const rule = (name, when, steps = [name]) => ({ name, when, steps });
const D = { steps: ['d'] }, ALWAYS = { steps: ['d'], always: true };

// a fault in the proxy endpoint's request: rules, default rule -> what ran
const orders = [
	['none', [], null, ''],
	['one', [rule('r1')], null, 'r1'],
	['bottom to top', [rule('r1'), rule('r2')], null, 'r2'],
	['the lowest that is true', [rule('r1', 'fault.name = "RaiseFault"'), rule('r2', 'fault.name = "Other"')], null, 'r1'],
	['a rule without a condition is true', [rule('r1', 'fault.name = "RaiseFault"'), rule('r2')], null, 'r2'],
	['none true', [rule('r1', 'fault.name = "x"')], null, ''],
	['none true: default', [rule('r1', 'fault.name = "x"')], D, 'd'],
	['one true: no default', [rule('r1')], D, 'r1'],
	['always', [rule('r1')], ALWAYS, 'r1,d'],
	['none, always', [], ALWAYS, 'd'],
	['no step of the rule runs: no default either', [rule('r1', '', [['r1', 'fault.name = "x"']])], D, ''],
	['steps top to bottom, each by its condition', [rule('r1', '', ['r1', ['r2', 'fault.name = "x"'], 'r3'])], null, 'r1,r3'],
	['condition on the default', [], { ...D, when: 'fault.name = "x"' }, ''],
	['condition on the default, true', [], { ...D, when: 'fault.name = "RaiseFault"' }, 'd'],
	['the rule stops at the first policy that errs', [rule('r1', '', ['r1', 'breaks', 'r3'])], null, null],
	['by the variable of the policy', [rule('r1', 'raisefault.stop.failed = true')], null, 'r1'],
];
for (const [what, faultRules, defaultFault, want] of orders) {
	test(`proxy endpoint: ${what}`, async () => {
		const call = await deployed({ pre: { request: ['stop'] }, faultRules, defaultFault });
		const r = await call();
		if (want !== null)
			assert.deepEqual([r.status, ran(r)], [400, want], r.text);
		else
			assert.ok(!/r3/.test(ran(r)), ran(r));
	});
	if (want === null || !faultRules.length && !defaultFault)
		continue;
	test(`target endpoint: ${what}`, async () => {
		const call = await deployed({ targets: { default: { url: o.url, pre: { request: ['stop'] }, faultRules, defaultFault } } });
		const r = await call();
		assert.deepEqual([r.status, ran(r)], [400, what === 'bottom to top' || what === 'a rule without a condition is true' ? 'r1' : want], r.text);
	});
}

test('AlwaysEnforce, but the rule raised a fault: no default', async () => {
	const call = await deployed({ pre: { request: ['stop'] }, faultRules: [rule('r1', '', ['again'])], defaultFault: ALWAYS });
	const r = await call();
	assert.deepEqual([r.status, ran(r)], [409, '']);
});

// where rules are looked up
const places = [
	['target 500: the target\'s rules', { targets: { default: { url: `${o.url}/status/500`, faultRules: [rule('r1')] } }, faultRules: [rule('r2')], defaultFault: D }, 500, 'r1'],
	['target 500: not the proxy\'s', { target: `${o.url}/status/500`, faultRules: [rule('r2')], defaultFault: ALWAYS }, 500, ''],
	['target 404: default of the target', { targets: { default: { url: `${o.url}/status/404`, defaultFault: D } } }, 404, 'd'],
	['fault in the proxy\'s response: the proxy\'s rules', { targets: { default: { url: o.url, faultRules: [rule('r1')] } }, post: { response: ['stop'] }, faultRules: [rule('r2')] }, 400, 'r2'],
	['fault in the target\'s response: the target\'s', { targets: { default: { url: o.url, post: { response: ['stop'] }, faultRules: [rule('r1')] } }, faultRules: [rule('r2')] }, 400, 'r1'],
];
for (const [what, spec, status, want] of places) {
	test(what, async () => {
		const r = await (await deployed(spec))();
		assert.deepEqual([r.status, ran(r)], [status, want], r.text);
	});
}

for (const status of [400, 401, 403, 404, 405, 418, 429, 500, 502, 503]) {
	test(`target ${status} goes to the client as it came, past the response flow`, async () => {
		const call = await deployed({ target: o.url });
		const r = expect(await call(`/status/${status}`), { status, body: `<p>target ${status}</p>`, headers: { 'x-target': 't', 'content-type': 'text/html' } });
		assert.equal(ran(r), '');
	});
}
for (const status of [200, 201, 204, 301, 302, 304]) {
	test(`target ${status} is a success`, async () => {
		const r = expect(await (await deployed({ target: o.url }))(`/status/${status}`), { status });
		assert.equal(ran(r), 'post');
	});
}
test('success.codes', async () => {
	const call = await deployed({ targets: { default: { url: o.url, properties: { 'success.codes': '2xx,404' } } } });
	for (const [status, want] of [[200, 'post'], [404, 'post'], [302, ''], [500, '']])
		assert.equal(ran(expect(await call(`/status/${status}`), { status })), want, `${status}`);
});

// ---- what a target can do to us
const raw = (bytes, then = 'end') => new Promise((ok) => {
	const s = net.createServer((c) => { c.unref(); c.on('error', () => {}).once('data', () => { if (bytes) c.write(bytes); if (then) c[then](); }); });
	s.listen(0, '127.0.0.1', () => { s.unref(); ok(`http://127.0.0.1:${s.address().port}`); });
});
const F = 'messaging.adaptors.http.flow.';
const DOWN = { status: 503, body: fault(`${F}ServiceUnavailable`, 'The Service is temporarily unavailable') };
const LATE = { status: 504, body: fault(`${F}GatewayTimeout`, 'Gateway Timeout') };
const EOF = { status: 502, body: fault(`${F}UnexpectedEOFAtTarget`, 'Unexpected EOF at target') };
const IO = { 'io.timeout.millis': 300 };
const [closed] = await freePorts(1);
const hurts = [
	['nobody listens', `http://127.0.0.1:${closed}`, {}, DOWN],
	['no such host', 'http://no-such-host.invalid', {}, DOWN],
	['silence', await raw('', null), IO, LATE],
	['half a head', await raw('HTTP/1.1 200 OK\r\nContent-Le', null), IO, LATE],
	['half a head, then the end', await raw('HTTP/1.1 200 OK\r\nContent-Le'), {}, EOF],
	['closed at once', await raw(''), {}, EOF],
	['reset at once', await raw('', 'resetAndDestroy'), {}, { status: [502, 503] }],
	['not HTTP', await raw('SSH-2.0-OpenSSH_9.2\r\n\r\n'), {}, { status: 502, body: /^\{"fault":/ }],
	['a head without end', await raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200000)}\r\n\r\n`), {}, { status: 502, body: /"errorcode":"protocol\.http\.TooBigHeaders"|"errorcode":"protocol\.http\.TooBigLine"/ }],
	['both lengths', await raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), {}, { status: 502 }],
	['two lengths', await raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef'), {}, { status: 502 }],
];
for (const [what, url, properties, want] of hurts) {
	test(`target: ${what}`, async () => {
		const call = await deployed({ targets: { default: { url, properties } } });
		expect(await call(), want, what);
		assert.equal(g.proc.code, null);
	});
}

test('api.timeout', async () => {
	const call = await deployed({ target: o.url, properties: { 'api.timeout': 300 } });
	const from = Date.now();
	expect(await call('/wait/3000'), { status: 504, body: fault('flow.APITimedOut', 'API timed out') });
	assert.ok(Date.now() - from < 2000);
	expect(await call('/wait/10'), { status: 200 });
});

test('the target\'s own time-out is per wait for bytes', async () => {
	const drip = await origin((req, res) => { res.flushHeaders(); let k = 0; const t = setInterval(() => { res.write('x'); if (++k === 6) { clearInterval(t); res.end(); } }, 150); });
	const call = await deployed({ targets: { default: { url: drip.url, properties: { 'io.timeout.millis': 500 } } } });
	expect(await call(), { status: 200, body: 'xxxxxx' });
});

test('no route', async () => {
	const call = await deployed({ target: o.url, routes: [{ name: 'never', when: 'request.verb = "TRACE2"', target: 'default' }] });
	expect(await call(), { status: 500, body: fault('messaging.runtime.RouteFailed', 'Unable to route the message to a Target Endpoint') });
});

// ---- what a rule can read
const show = (text) => ({ show: say(text, '<StatusCode>499</StatusCode>') });
const reads = [
	['raised', { pre: { request: ['stop'] } }, 'proxy', '{fault.name}|{error.status.code}|{is.error}|{raisefault.stop.failed}', 'RaiseFault|400|true|true'],
	['unresolved variable', { pre: { request: ['breaks'] } }, 'proxy', '{fault.name}|{error.message}|{assignmessage.breaks.failed}',
		'UnresolvedVariable|AssignMessage[breaks]: unable to resolve variable no.such|true'],
	['target 404', { url: `${o.url}/status/404` }, 'target', '{fault.name}|{response.status.code}|{response.content}|{error.content}|{message.status.code}',
		'ErrorResponseCode|404|<p>target 404</p>|<p>target 404</p>|404'],
	['target down', { url: `http://127.0.0.1:${closed}` }, 'target', '{fault.name}|{error.status.code}|[{response.status.code}]', 'ServiceUnavailable|503|[]'],
];
for (const [what, spec, where, text, want] of reads) {
	test(`a rule reads: ${what}`, async () => {
		const { url, ...rest } = spec, rules = { faultRules: [rule('show')] };
		const call = await deployed({ ...rest, policies: show(text), ...(where === 'proxy' ? rules : { targets: { default: { url, ...rules } } }) });
		expect(await call(), { status: 499, body: want });
	});
}

// ---- JSON or XML
const XML = /^<\?xml[^>]*\?>\s*<fault><faultstring>Raising fault\. Fault name : bare<\/faultstring><detail><errorcode>steps\.raisefault\.RaiseFault<\/errorcode><\/detail><\/fault>\s*$/;
const asked = [
	[{}, 'json'], [{ Accept: '*/*' }, 'json'], [{ Accept: 'application/json' }, 'json'], [{ Accept: 'application/xml' }, 'xml'], [{ Accept: 'text/xml' }, 'xml'],
	[{ Accept: 'application/json, application/xml;q=0.5' }, 'json'], [{ Accept: 'application/xml, application/json;q=0.5' }, 'xml'],
	[{ 'Content-Type': 'application/xml' }, 'xml', '<a/>'], [{ 'Content-Type': 'application/xml', Accept: 'application/json' }, 'json', '<a/>'],
];
test('the body of a fault follows Accept, then Content-Type', async (t) => {
	const call = await deployed({ pre: { request: ['bare'] }, policies: { bare: '<RaiseFault/>' } });
	for (const [headers, kind, body] of asked) {
		await t.test(JSON.stringify(headers), async () => {
			expect(await call('', { headers, body }), kind === 'json'
				? { status: 500, body: fault('steps.raisefault.RaiseFault', 'Raising fault. Fault name : bare'), headers: { 'content-type': /^application\/json/ } }
				: { status: 500, body: XML, headers: { 'content-type': /^application\/xml/ } });
		});
	}
});

test('a client that leaves takes its target call along', async () => {
	let ended = false;
	const slow = await origin((req, res, one) => { res.on('close', () => { ended = !res.writableEnded; }); });
	const call = await deployed({ target: slow.url });
	await assert.rejects(call('', { timeout: 300 }));
	await until(() => ended);
});

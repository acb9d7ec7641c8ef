// SPDX-License-Identifier: Apache-2.0
// RaiseFault: its default body, what it sets, adds, copies, and how FaultRules see it.
// Invariant: nothing after it in the flow runs.
// Source: reference 4.3 (RaiseFault), 3.5 (RaiseFault plus a FaultRule).
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, fault, gateway, mark, origin, say } from './gateway.mjs';

const g = await gateway();
const o = await origin();
let n = 0;
async function raised(inner, spec = {}) {
	const name = `rf${n++}`;
	await g.proxy(name, { pre: { request: ['stop', 'after'] }, ...spec, policies: { stop: `<RaiseFault>${inner}</RaiseFault>`, after: mark('x-after', '1'), ...spec.policies } });
	return (path = '', opts) => g.call(`/${name}${path}`, opts);
}
const DEFAULT = fault('steps.raisefault.RaiseFault', 'Raising fault. Fault name : stop');
const set = (x) => `<FaultResponse><Set>${x}</Set></FaultResponse>`;

const rows = [
	['empty', '', { status: 500, body: DEFAULT, headers: { 'content-type': /^application\/json/ } }],
	['status only', set('<StatusCode>404</StatusCode><ReasonPhrase>Gone Fishing</ReasonPhrase>'), { status: 404, body: DEFAULT, reason: 'Gone Fishing' }],
	['payload', set('<StatusCode>422</StatusCode><Payload contentType="application/json">{"e":1}</Payload>'), { status: 422, body: '{"e":1}', headers: { 'content-type': 'application/json' } }],
	['payload only', set('<Payload contentType="text/plain">no</Payload>'), { status: 500, body: 'no' }],
	['templates', set('<StatusCode>{request.queryparam.s}</StatusCode><Payload contentType="text/plain">{request.verb} {request.queryparam.s} [{no.such}]</Payload>'),
		{ status: 409, body: 'GET 409 []' }],
	['headers', set('<Headers><Header name="X-Why">because</Header></Headers><StatusCode>400</StatusCode>'), { status: 400, headers: { 'x-why': 'because' } }],
	['add header', '<FaultResponse><Add><Headers><Header name="X-Add">a</Header></Headers></Add></FaultResponse>', { status: 500, headers: { 'x-add': 'a' } }],
	['copy', '<FaultResponse><Copy source="request"><Headers><Header name="X-Mine"/></Headers></Copy></FaultResponse>', { status: 500, headers: { 'x-mine': 'm' } }],
	['variable', '<FaultResponse><AssignVariable><Name>v</Name><Value>7</Value></AssignVariable><Set><Payload contentType="text/plain">v={v}</Payload></Set></FaultResponse>', { status: 500, body: 'v=7' }],
	['any number', set('<StatusCode>911</StatusCode>'), { status: 911 }],
	['unresolved, and strict', `<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables>${set('<Payload contentType="text/plain">{no.such}</Payload>')}`, { status: 500, body: /UnresolvedVariable|unable to resolve/i }],
];
for (const [what, inner, want] of rows) {
	test(what, async () => {
		const call = await raised(inner);
		const r = expect(await call('?s=409', { headers: { 'X-Mine': 'm' } }), want);
		if (want.reason)
			assert.equal(r.reason, want.reason);
		assert.equal(r.headers['x-after'], undefined);
	});
}

test('the target is not called', async () => {
	const before = o.seen.length;
	const call = await raised(set('<StatusCode>403</StatusCode>'), { target: o.url });
	expect(await call(), { status: 403 });
	assert.equal(o.seen.length, before);
});

test('variables in a FaultRule', async () => {
	const call = await raised('', { faultRules: [{ name: 'r', when: 'fault.name = "RaiseFault" and raisefault.stop.failed = true', steps: ['show'] }],
		policies: { show: say('{fault.name} {error.status.code} {error.message} {is.error}', '<StatusCode>400</StatusCode>') } });
	expect(await call(), { status: 400, body: /^RaiseFault 500 .*true$/ });
});

test('the rule wins where it sets; headers of both are sent', async () => {
	const inner = set('<StatusCode>403</StatusCode><Payload contentType="text/plain">raised</Payload><Headers><Header name="X-Both">raised</Header></Headers>');
	const call = await raised(inner, { faultRules: [{ name: 'r', steps: ['h'] }],
		policies: { h: '<AssignMessage><Add><Headers><Header name="X-Both">rule</Header></Headers></Add></AssignMessage>' } });
	const r = expect(await call(), { status: 403, body: 'raised' });
	const both = r.raw.filter((_, i) => i % 2 && r.raw[i - 1].toLowerCase() === 'x-both').join(',').replaceAll(' ', '');
	assert.equal(both.split(',').sort().join(), 'raised,rule');
});

test('in the response flow it replaces the response', async () => {
	const call = await raised(set('<StatusCode>502</StatusCode><Payload contentType="text/plain">bad</Payload>'), { target: o.url, pre: {}, post: { response: ['stop'] } });
	expect(await call(), { status: 502, body: 'bad' });
});

test('continueOnError goes on', async () => {
	await g.proxy('onward', { pre: { request: ['stop'] }, post: { response: ['show'] },
		policies: { stop: '<RaiseFault continueOnError="true"/>', show: say('on {raisefault.stop.failed}') } });
	expect(await g.call('/onward'), { status: 200, body: 'on true' });
});

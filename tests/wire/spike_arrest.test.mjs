// SPDX-License-Identifier: Apache-2.0
// SpikeArrest: smoothing by rate, per identifier, with weights.
// Invariant: two calls nearer than the rate's interval: the second is refused.
// Source: reference 4.1 (SpikeArrest).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, expect, gateway, proxy, say, sleep } from './gateway.mjs';

const g = await gateway();
let n = 0;
async function spike(xml, more) {
	const name = `spike${n++}`;
	await g.proxy(name, { pre: { request: ['s'] }, policies: { s: xml }, ...more });
	return (headers = {}) => g.call(`/${name}`, { headers });
}
const violation = (rate) => ({ status: 429, headers: { 'content-type': /^application\/json/ },
	body: `{"fault":{"faultstring":"Spike arrest violation. Allowed rate : ${rate}","detail":{"errorcode":"policies.ratelimit.SpikeArrestViolation"}}}` });

const rates = [['2ps', 550], ['60pm', 1050], ['120pm', 550], ['1ps', 1050]];
for (const [rate, wait] of rates) {
	test(`${rate}: the second is too early, after ${wait} ms it is not`, async () => {
		const call = await spike(`<SpikeArrest><Rate>${rate}</Rate></SpikeArrest>`);
		expect(await call(), { status: 200 });
		expect(await call(), violation(rate));
		await sleep(wait);
		expect(await call(), { status: 200 });
	});
}

test('fifty at once: one', async () => {
	const call = await spike('<SpikeArrest><Rate>6pm</Rate></SpikeArrest>');
	const all = await Promise.all(Array.from({ length: 50 }, () => call()));
	assert.equal(all.filter((r) => r.status === 200).length, 1);
});

test('identifiers apart', async () => {
	const call = await spike('<SpikeArrest><Rate>6pm</Rate><Identifier ref="request.header.who"/></SpikeArrest>');
	expect(await call({ who: 'ann' }), { status: 200 });
	expect(await call({ who: 'bob' }), { status: 200 });
	expect(await call({ who: 'ann' }), violation('6pm'));
});

test('weights: a heavy message takes as many intervals', async () => {
	const call = await spike('<SpikeArrest><Rate>5ps</Rate><MessageWeight ref="request.header.w"/></SpikeArrest>');
	expect(await call({ w: '4' }), { status: 200 });
	await sleep(300);
	expect(await call({ w: '1' }), violation('5ps'));
	await sleep(900);
	expect(await call({ w: '1' }), { status: 200 });
	expect(await call({ w: '1.5' }), { status: 500,
		body: '{"fault":{"faultstring":"Invalid message weight value 1.5","detail":{"errorcode":"policies.ratelimit.InvalidMessageWeight"}}}' });
});

test('rate by reference, or its text when that is absent', async () => {
	const call = await spike('<SpikeArrest><Rate ref="request.header.rate">6pm</Rate></SpikeArrest>');
	expect(await call({ rate: '1000ps' }), { status: 200 });
	await sleep(20);
	expect(await call({ rate: '1000ps' }), { status: 200 });
	const strict = await spike('<SpikeArrest><Rate ref="request.header.rate"/></SpikeArrest>');
	expect(await strict(), { status: 500, body: '{"fault":{"faultstring":"Failed to resolve Spike Arrest Rate reference request.header.rate in SpikeArrest policy s",' +
		'"detail":{"errorcode":"policies.ratelimit.FailedToResolveSpikeArrestRate"}}}' });
	expect(await strict({ rate: 'fast' }), { status: 500, body: /"errorcode":"policies\.ratelimit\.InvalidAllowedRate"/ });
});

for (const rate of ['fast', '5', '5ph', '-5ps', '5.5ps', '0ps', '']) {
	test(`refused before it runs: "${rate}"`, async () => {
		const zip = bundle(proxy('badspike', { pre: { request: ['s'] }, policies: { s: `<SpikeArrest><Rate>${rate}</Rate></SpikeArrest>` } }));
		expect(await g.import('badspike', zip, { validate: true }), { status: 400, body: /policies\/s\.xml/ });
	});
}

test('fault rule', async () => {
	const call = await spike('<SpikeArrest><Rate>1pm</Rate></SpikeArrest>', {
		policies: { s: '<SpikeArrest><Rate>1pm</Rate></SpikeArrest>', am: say('{fault.name} {ratelimit.s.failed}', '<StatusCode>503</StatusCode>') },
		faultRules: [{ name: 'r', when: 'ratelimit.s.failed = true', steps: ['am'] }] });
	expect(await call(), { status: 200 });
	expect(await call(), { status: 503, body: 'SpikeArrestViolation true' });
});

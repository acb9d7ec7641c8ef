// SPDX-License-Identifier: Apache-2.0
// Quota: its types, references, weights, classes and identifiers, on one node.
// Invariant: exactly N calls of a window pass, at any concurrency.
// Source: reference 4.1 (Quota), 3.8 (ratelimit.*), 2.4 (the default proxy's own quota).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, demo, expect, gateway, proxy, say, sleep } from './gateway.mjs';

const g = await gateway();
const NAMES = ['allowed.count', 'used.count', 'available.count', 'exceed.count', 'total.exceed.count', 'identifier', 'class', 'failed', 'expiry.time'];
const SHOW = say(`${NAMES.map((n) => `{ratelimit.q.${n}}`).join('|')}`);
const violation = (id) => ({ status: 429, body: new RegExp('^\\{"fault":\\{"faultstring":"Rate limit quota violation\\. Quota limit  exceeded\\. Identifier : ' +
	`${id}","detail":\\{"errorcode":"policies\\.ratelimit\\.QuotaViolation"\\}\\}\\}$`) });
let n = 0;

async function quota(xml, more = {}) {
	const name = `quota${n++}`;
	await g.proxy(name, { pre: { request: ['q'] }, post: { response: ['show'] }, policies: { q: xml, show: SHOW }, ...more });
	return (o = {}, path = '') => g.call(`/${name}${path}`, o);
}
// far from the end of the minute, so that a calendar window does not turn over in the middle
const calm = async (ms = 12000) => {
	const left = 60000 - Date.now() % 60000;
	if (left < ms)
		await sleep(left + 50);
};

const kinds = [
	['no type', '<Quota><Allow count="3"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>'],
	['calendar', '<Quota type="calendar"><Allow count="3"/><Interval>1</Interval><TimeUnit>day</TimeUnit><StartTime>2016-3-31 00:00:00</StartTime></Quota>'],
	['rollingwindow', '<Quota type="rollingwindow"><Allow count="3"/><Interval>2</Interval><TimeUnit>minute</TimeUnit></Quota>'],
	['flexi', '<Quota type="flexi"><Allow count="3"/><Interval>1</Interval><TimeUnit>minute</TimeUnit></Quota>'],
	['distributed, synchronous', '<Quota><Allow count="3"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><Distributed>true</Distributed><Synchronous>true</Synchronous></Quota>'],
	['week', '<Quota><Allow count="3"/><Interval>1</Interval><TimeUnit>week</TimeUnit></Quota>'],
	['month', '<Quota><Allow count="3"/><Interval>1</Interval><TimeUnit>month</TimeUnit></Quota>'],
	['precise', '<Quota><Allow count="3"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><PreciseAtSecondsLevel>true</PreciseAtSecondsLevel></Quota>'],
];
for (const [what, xml] of kinds) {
	test(`${what}: three pass, the fourth does not`, async () => {
		const call = await quota(xml);
		await calm(3000);
		for (let i = 1; i <= 3; i++) {
			const [allowed, used, available, exceed, , , , failed, expiry] = expect(await call(), { status: 200 }).text.split('|');
			assert.deepEqual([allowed, used, available, exceed], ['3', `${i}`, `${3 - i}`, '0'], `call ${i}`);
			assert.ok(failed === 'false' || failed === '', failed);
			assert.ok(+expiry > Date.now(), `expiry.time ${expiry}`);
		}
		expect(await call(), violation('[^"]*'));
		expect(await call(), violation('[^"]*'));
	});
}

const windows = [
	['second, by the calendar', '<Quota type="calendar"><Allow count="2"/><Interval>1</Interval><TimeUnit>second</TimeUnit><StartTime>2016-3-31 00:00:00</StartTime></Quota>', 1100],
	['rolling window of two seconds', '<Quota type="rollingwindow"><Allow count="2"/><Interval>2</Interval><TimeUnit>second</TimeUnit></Quota>', 2200],
	['flexi of two seconds', '<Quota type="flexi"><Allow count="2"/><Interval>2</Interval><TimeUnit>second</TimeUnit></Quota>', 2200],
];
for (const [what, xml, wait] of windows) {
	test(`${what}: over, then open again`, async () => {
		const call = await quota(xml);
		const all = await Promise.all(Array.from({ length: 12 }, () => call()));
		const passed = all.filter((r) => r.status === 200).length;
		assert.ok(passed >= 2 && passed <= 4, `${passed} passed`);        // the calendar's second may turn over once
		await sleep(wait);
		expect(await call(), { status: 200 });
	});
}

test('a hundred at once: exactly forty', async () => {
	const call = await quota('<Quota><Allow count="40"/><Interval>1</Interval><TimeUnit>day</TimeUnit></Quota>');
	const all = await Promise.all(Array.from({ length: 100 }, () => call()));
	assert.deepEqual([all.filter((r) => r.status === 200).length, all.filter((r) => r.status === 429).length], [40, 60]);
});

test('identifiers are counted apart', async () => {
	const call = await quota('<Quota><Allow count="1"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><Identifier ref="request.header.who"/></Quota>');
	for (const who of ['ann', 'bob'])
		expect(await call({ headers: { who } }), { status: 200, body: new RegExp(`\\|${who}\\|`) });
	for (const who of ['ann', 'bob'])
		expect(await call({ headers: { who } }), violation(who));
});

test('references win over what stands beside them', async () => {
	const call = await quota('<Quota><Allow count="1" countRef="request.header.n"/><Interval ref="request.header.i">1</Interval><TimeUnit ref="request.header.u">hour</TimeUnit></Quota>');
	const headers = { n: '3', i: '2', u: 'day' };
	for (let i = 0; i < 3; i++)
		expect(await call({ headers }), { status: 200, body: /^3\|/ });
	expect(await call({ headers }), violation('[^"]*'));
});

test('weights', async () => {
	const call = await quota('<Quota><Allow count="10"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><MessageWeight ref="request.header.w"/></Quota>');
	expect(await call({ headers: { w: '4' } }), { status: 200, body: /^10\|4\|6\|/ });
	expect(await call({ headers: { w: '6' } }), { status: 200, body: /^10\|10\|0\|/ });
	expect(await call({ headers: { w: '1' } }), violation('[^"]*'));
	const r = await call({ headers: { w: '1.5' } });
	expect(r, { status: 500, body: '{"fault":{"faultstring":"Invalid message weight value 1.5","detail":{"errorcode":"policies.ratelimit.InvalidMessageWeight"}}}' });
});

test('classes', async () => {
	const call = await quota('<Quota><Allow><Class ref="request.header.c"><Allow class="gold" count="3"/><Allow class="tin" count="1"/></Class></Allow><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>');
	const statuses = async (c, k) => { const s = []; for (let i = 0; i < k; i++) s.push((await call({ headers: { c } })).status); return s; };
	assert.deepEqual(await statuses('gold', 4), [200, 200, 200, 429]);
	assert.deepEqual(await statuses('tin', 2), [200, 429]);
});

const unresolved = [
	['interval', '<Quota><Allow count="1"/><Interval ref="request.header.none"/><TimeUnit>hour</TimeUnit></Quota>',
		'Failed to resolve quota interval reference request.header.none in quota policy {1}', 'FailedToResolveQuotaIntervalReference'],
	['time unit', '<Quota><Allow count="1"/><Interval>1</Interval><TimeUnit ref="request.header.none"/></Quota>',
		'Failed to resolve quota time unit reference request.header.none in quota policy {1}', 'FailedToResolveQuotaIntervalTimeUnitReference'],
];
for (const [what, xml, text, name] of unresolved) {
	test(`${what} that does not resolve`, async () => {
		const call = await quota(xml);
		expect(await call(), { status: 500, body: `{"fault":{"faultstring":"${text}","detail":{"errorcode":"policies.ratelimit.${name}"}}}` });
	});
}

const refused = [
	['interval', '<Quota><Allow count="1"/><Interval>none</Interval><TimeUnit>hour</TimeUnit></Quota>'],
	['time unit', '<Quota><Allow count="1"/><Interval>1</Interval><TimeUnit>fortnight</TimeUnit></Quota>'],
	['type', '<Quota type="sometimes"><Allow count="1"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>'],
	['start time', '<Quota type="calendar"><Allow count="1"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><StartTime>soon</StartTime></Quota>'],
	['start time of a rolling window', '<Quota type="rollingwindow"><Allow count="1"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><StartTime>2016-3-31 00:00:00</StartTime></Quota>'],
	['count', '<Quota><Allow count="many"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>'],
	['no interval', '<Quota><Allow count="1"/><TimeUnit>hour</TimeUnit></Quota>'],
];
for (const [what, xml] of refused) {
	test(`refused before it runs: ${what}`, async () => {
		const r = await g.import('badquota', bundle(proxy('badquota', { pre: { request: ['q'] }, policies: { q: xml } })), { validate: true });
		expect(r, { status: 400, body: /policies\/q\.xml/ });
	});
}

test('fault rule and variables', async () => {
	const call = await quota('<Quota><Allow count="0"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>', {
		faultRules: [{ name: 'over', when: 'fault.name = "QuotaViolation"', steps: ['show'] }] });
	const text = expect(await call(), { status: 429 }).text.split('|');
	assert.deepEqual([text[0], text[7]], ['0', 'true']);
	assert.ok(+text[3] >= 1, `exceed.count ${text[3]}`);
});

test('continueOnError: over, and on', async () => {
	const call = await quota('<Quota continueOnError="true"><Allow count="0"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>');
	expect(await call(), { status: 200, body: /^0\|.*\|true\|/ });
});

test("a product's quota by its variables", async () => {
	const a = await g.app('limited', { product: { quota: '2', quotaInterval: '1', quotaTimeUnit: 'hour' } });
	const of = (v) => `ref="verifyapikey.k.${v}"`;
	const call = await quota('', { pre: { request: ['k', 'q'] }, policies: { show: SHOW,
		k: '<VerifyAPIKey><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>',
		q: `<Quota><Allow count="9" countRef="verifyapikey.k.apiproduct.developer.quota.limit"/><Interval ${of('apiproduct.developer.quota.interval')}>1</Interval>` +
			`<TimeUnit ${of('apiproduct.developer.quota.timeunit')}>day</TimeUnit><Identifier ${of('client_id')}/></Quota>` } });
	const q = `?apikey=${a.key}`;
	for (const status of [200, 200, 429])
		expect(await call({}, q), { status });
	expect(await call({}, `?apikey=${demo.key}`), { status: 401 });
});

test('helloworld lets five through in a minute', async () => {
	if ((await g.mgmt('/environments/test/apis/helloworld/deployments')).status !== 200)
		expect(await g.deploy('helloworld', 1), { status: 200 });
	await calm();
	const s = [];
	for (let i = 0; i < 6; i++)
		s.push((await g.call('/v0/hello')).status);
	assert.deepEqual(s, [200, 200, 200, 200, 200, 429]);
});

test('counts survive an orderly restart', async () => {
	const call = await quota('<Quota><Allow count="2"/><Interval>1</Interval><TimeUnit>day</TimeUnit></Quota>');
	expect(await call(), { status: 200 });
	await g.restart();
	expect(await call(), { status: 200 });
	expect(await call(), violation('[^"]*'));
});

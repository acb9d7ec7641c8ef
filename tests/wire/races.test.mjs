// SPDX-License-Identifier: Apache-2.0
// Races, each repeated: revocation beside look-up, uploads at once, makers of one name.
// Invariant: a call that starts after the answer to a revocation is never accepted.
// Source: house rules (a fill stores only if nothing was invalidated; changes are serial).
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { bundle, demo, expect, gateway, load, mark, origin, proxy, proxyEndpoint, targetEndpoint, until } from './gateway.mjs';

const g = await gateway();
const o = await origin((one, res) => res.end('ok'));
await g.proxy('race', { target: o.url, pre: { request: ['v'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>' } });
const app = await g.app('racer');
const ROUNDS = 60;

// Looks the token up from eight places while it is taken away; what began after the answer must be refused.
async function beside(token, take) {
	let gone = Infinity;
	const calls = load(async () => {
		const began = process.hrtime.bigint();
		const { status } = await g.call('/race', { token });
		return status === 401 || status === 200 && (gone === Infinity || began < gone) || `${status} after the answer`;
	}, 8);
	await until(() => calls.seen.ok >= 8);
	await take();
	gone = process.hrtime.bigint();
	const n = calls.seen.ok;
	await until(() => calls.seen.ok >= n + 16 || calls.seen.bad.length);
	const { bad } = await calls.stop();
	assert.deepEqual(bad, []);
}

test('a token revoked beside its look-ups', async () => {
	for (let i = 0; i < ROUNDS; i++) {
		const token = await g.token(app);
		await beside(token, () => g.revoke(token).then((r) => expect(r, { status: [200, 204] })));
	}
});

test('a key revoked beside the look-ups of its token', async () => {
	const key = `/developers/${app.email}/apps/${app.app}/keys/${app.key}?action=`;
	for (let i = 0; i < ROUNDS / 2; i++) {
		const token = await g.token(app);
		await beside(token, () => g.must(`${key}revoke`, { method: 'POST' }));
		await g.must(`${key}approve`, { method: 'POST' });
	}
});

test('a product narrowed beside the look-ups', async () => {
	const p = (await g.must(`/apiproducts/${app.product}`)).json;
	for (let i = 0; i < ROUNDS / 2; i++) {
		const token = await g.token(app);
		await beside(token, () => g.must(`/apiproducts/${app.product}`, { method: 'PUT', body: { ...p, apiResources: ['/other'] } }));
		await g.must(`/apiproducts/${app.product}`, { method: 'PUT', body: p });
	}
});

test('four uploads to one revision at once all arrive', async () => {
	for (let i = 0; i < 25; i++) {
		const name = `up${i}`, R = `/apis/${name}/revisions/1`;
		expect(await g.import(name, bundle({ [`apiproxy/${name}.xml`]: `<APIProxy name="${name}"/>` })), { status: 201 });
		const policies = ['p1', 'p2', 'p3', 'p4', 'p5'];
		const sends = [
			...policies.map((p) => () => g.mgmt(`${R}/policies`, { body: mark('x', p).replace('<AssignMessage', `<AssignMessage name="${p}"`), type: 'application/xml' })),
			() => g.mgmt(`${R}/proxies?name=default`, { body: proxyEndpoint({ base: `/${name}`, pre: { request: policies }, target: 'x' }), type: 'application/xml' }),
			() => g.mgmt(`${R}/targets?name=default`, { body: targetEndpoint({ url: o.url }), type: 'application/xml' }),
			() => g.mgmt(`${R}/resources?type=jsc&name=x.js`, { body: 'x', type: 'application/octet-stream' }),
		];
		await Promise.all(Array.from({ length: 4 }, async () => { while (sends.length) expect(await sends.shift()(), { status: [200, 201] }); }));
		const r = (await g.must(R)).json;
		assert.deepEqual([[...r.policies].sort(), r.proxyEndpoints, r.targetEndpoints, r.resources], [policies, ['default'], ['default'], ['jsc://x.js']], `round ${i}`);
		expect(await g.deploy(name, 1), { status: 200 });
		expect(await g.call(`/${name}`), { status: 200, body: 'ok' });
	}
});

test('twenty imports of one name at once: twenty revisions', async () => {
	const all = await Promise.all(Array.from({ length: 20 }, (_, i) => g.import('many', bundle(proxy('many', { files: { 'apiproxy/resources/jsc/n.js': `${i}` } })))));
	assert.deepEqual(all.map((r) => expect(r, { status: 201 }).json.revision).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => `${i + 1}`));
});

const makers = [
	['developers', '/developers', { email: 'same@example.com', firstName: 'a', lastName: 'b', userName: 'c' }], ['products', '/apiproducts', { name: 'same', displayName: 's', approvalType: 'auto' }],
	['apps', `/developers/${demo.developer}/apps`, { name: 'same', apiProducts: [] }], ['keys', `/developers/${demo.developer}/apps/${demo.app}/keys/create`, { consumerKey: 'same-key', consumerSecret: 's' }],
];
for (const [what, path, body] of makers) {
	test(`ten makers of one name: ${what}`, async () => {
		const all = await Promise.all(Array.from({ length: 10 }, () => g.mgmt(path, { body })));
		assert.deepEqual(all.map((r) => r.status).sort(), [201, ...Array(9).fill(409)]);
	});
}

test('two proxies, one base path, deployed at once: one of them', async () => {
	for (let i = 0; i < 20; i++) {
		const names = [`l${i}`, `r${i}`];
		for (const n of names)
			expect(await g.import(n, bundle(proxy(n, { base: `/both${i}` }))), { status: 201 });
		const all = await Promise.all(names.map((n) => g.deploy(n, 1)));
		assert.deepEqual(all.map((r) => r.status === 200).sort(), [false, true], all.map((r) => r.text).join('\n'));
	}
});

test('overrides of one proxy from four places, under load', async () => {
	const text = (t) => proxy('flip', { post: { response: ['a'] }, policies: { a: mark('x-rev', t) } });
	for (const t of ['1', '2', '3', '4'])
		expect(await g.import('flip', bundle(text(t))), { status: 201 });
	expect(await g.deploy('flip', 1), { status: 200 });
	const agent = new http.Agent({ keepAlive: true });          // of its own: nothing is asked twice
	const calls = load(async () => { const r = await g.call('/flip', { agent }); return r.status === 200 || `${r.status}`; }, 4);
	await Promise.all([1, 2, 3, 4].map(async (r) => { for (let i = 0; i < 15; i++) expect(await g.deploy('flip', r), { status: 200 }); }));
	assert.deepEqual((await calls.stop()).bad, []);
	agent.destroy();
	const v = (await g.must('/apis/flip/deployments')).json.environment[0].revision;
	assert.equal(v.length, 1);
	expect(await g.call('/flip'), { headers: { 'x-rev': v[0].name } });
});

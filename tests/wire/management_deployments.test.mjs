// SPDX-License-Identifier: Apache-2.0
// Deployments: the shapes of every answer, override, conflicts, the old form of the call.
// Invariant: after the answer the very next request sees it.
// Source: reference 5.7; clients reference 2.1, 2.2.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, expect, gateway, proxy, say } from './gateway.mjs';

const g = await gateway();
const D = (name, revision, env = 'test') => `/environments/${env}/apis/${name}/revisions/${revision}/deployments`;
const FORM = { type: 'application/x-www-form-urlencoded' };
const spec = (text) => ({ base: '/dep', post: { response: ['t'] }, policies: { t: say(text) } });
for (const text of ['one', 'two'])
	expect(await g.import('dep', bundle(proxy('dep', spec(text)))), { status: 201 });
const servers = (list) => {
	assert.ok(Array.isArray(list) && list.length > 0);
	for (const s of list)
		assert.ok(s.status === 'deployed' && s.type.includes('message-processor') && s.uUID, JSON.stringify(s));
};

test('deploy: the plain form', async () => {
	const r = expect(await g.mgmt(D('dep', 1), { method: 'POST', ...FORM }), { status: 200 }).json;
	const { server, configuration, ...rest } = r;
	assert.deepEqual(rest, { aPIProxy: 'dep', environment: 'test', revision: '1', name: '1', organization: 'acme', state: 'deployed' });
	assert.deepEqual(configuration, { basePath: '/', steps: [] });
	servers(server);
	expect(await g.call('/dep'), { status: 200, body: 'one' });
});

test('again is fine, a second revision without override is not', async () => {
	expect(await g.deploy('dep', 1), { status: 200 });
	const r = expect(await g.mgmt(D('dep', 2), { method: 'POST', ...FORM }), { status: [400, 500] });
	assert.match(r.json.message, /conflicts with existing deployment path/);
	expect(await g.call('/dep'), { status: 200, body: 'one' });
});

test('what no base path can be is refused, and so is the same revision under another', async () => {
	for (const [basepath, status, message] of [['/ x', 400, /space/], ['/x\n?', 400, /space/], ['x', 400, /begins with/], ['/x/', 400, /end/], ['/*', 400, /first part/], [`/${'x'.repeat(3000)}`, 400, /2,048/], ['/v9', 400, /conflicts with existing deployment path/]]) {
		const r = expect(await g.mgmt(D('dep', 1), { body: new URLSearchParams({ basepath }).toString(), ...FORM }), { status }, basepath);
		assert.match(r.json.message, message, basepath);
	}
	expect(await g.call('/dep'), { status: 200, body: 'one' });
});

test('override: both revisions in the answer', async () => {
	const from = Date.now();
	const r = expect(await g.mgmt(D('dep', 2), { body: 'override=true&delay=60', ...FORM }), { status: 200 }).json;
	assert.ok(Date.now() - from < 5000, 'delay waits for nothing');
	assert.deepEqual(r.environment.map((e) => [e.aPIProxy ?? 'dep', e.environment ?? e.name, e.revision, e.state]).sort((a, b) => a[2] - b[2]),
		[['dep', 'test', '1', 'undeployed'], ['dep', 'test', '2', 'deployed']]);
	expect(await g.call('/dep'), { status: 200, body: 'two' });
});

test('an override that replaced nothing answers in the plain form', async () => {
	const r = expect(await g.mgmt(D('dep', 2), { body: 'override=true&delay=0', ...FORM }), { status: 200 }).json;
	assert.deepEqual([r.environment, r.revision, r.state], ['test', '2', 'deployed']);
	servers(r.server);
});

const one = (v) => [v.name, v.state, v.configuration.basePath, v.server.length > 0];
test('the views', async (t) => {
	await t.test('of a proxy', async () => {
		const v = (await g.must('/apis/dep/deployments')).json;
		assert.deepEqual([v.name, v.organization, v.environment.map((e) => [e.name, e.revision.map(one)])], ['dep', 'acme', [['test', [['2', 'deployed', '/', true]]]]]);
	});
	await t.test('of an environment', async () => {
		const v = (await g.must('/environments/test/deployments')).json;
		assert.equal(v.name, 'test');
		for (const name of ['dep', 'oauth', 'weatherapi'])
			assert.ok(v.aPIProxy.some((a) => a.name === name), name);
		assert.deepEqual(v.aPIProxy.find((a) => a.name === 'dep').revision.map(one), [['2', 'deployed', '/', true]]);
	});
	await t.test('of the organization', async () => {
		const v = (await g.must('/deployments')).json;
		assert.equal(v.name, 'acme');
		assert.ok(v.environment.find((e) => e.name === 'test').aPIProxy.some((a) => a.name === 'dep'));
	});
	await t.test('of a proxy in an environment', async () => {
		const v = (await g.must('/environments/test/apis/dep/deployments')).json;
		assert.deepEqual(v.revision.map(one), [['2', 'deployed', '/', true]]);
	});
	await t.test('of a revision', async () => {
		const v = (await g.must('/apis/dep/revisions/2/deployments')).json;
		assert.ok(JSON.stringify(v).includes('"test"'));
		const w = (await g.must(D('dep', 2))).json;
		assert.deepEqual([w.aPIProxy, w.environment, w.revision, w.state], ['dep', 'test', '2', 'deployed']);
	});
	await t.test('what is not deployed is a 400', async () => {
		const r = expect(await g.mgmt('/environments/prod/apis/dep/deployments'), { status: 400 });
		assert.equal(r.json.code, 'distribution.ApplicationNotDeployed');
		expect(await g.mgmt(D('dep', 1)), { status: 400 });
		expect(await g.mgmt(D('dep', 9)), { status: 404 });
	});
});

test('the base path of another proxy', async () => {
	expect(await g.import('rival', bundle(proxy('rival', { base: '/dep' }))), { status: 201 });
	for (const override of [false, true]) {
		const r = expect(await g.deploy('rival', 1, { override }), { status: [400, 409, 500] });
		assert.match(r.json.message, /conflicts with existing deployment path/);
	}
	expect(await g.call('/dep'), { status: 200, body: 'two' });
	expect(await g.deploy('rival', 1, { env: 'prod' }), { status: 200 });
});

test('the same revision in two environments', async () => {
	expect(await g.undeploy('rival', 1, { env: 'prod' }), { status: 200 });
	expect(await g.deploy('dep', 1, { env: 'prod' }), { status: 200 });
	expect(await g.call('/dep', { env: 'prod' }), { body: 'one' });
	expect(await g.call('/dep'), { body: 'two' });
});

test('undeploy', async () => {
	const r = expect(await g.undeploy('dep', 2), { status: 200 }).json;
	assert.deepEqual([r.aPIProxy, r.environment, r.revision, r.state], ['dep', 'test', '2', 'undeployed']);
	expect(await g.call('/dep'), { status: 404 });
	assert.equal(expect(await g.undeploy('dep', 2), { status: 400 }).json.code, 'distribution.RevisionNotDeployed');
});

const old = [
	['body', (f) => ['/apis/dep/deployments', { body: f, ...FORM }]],
	['query', (f) => [`/apis/dep/deployments?${f}`, { method: 'POST', ...FORM }]],
];
for (const [where, call] of old) {
	test(`the old form, in the ${where}`, async () => {
		expect(await g.mgmt(...call('action=deploy&env=test&revision=1&override=true')), { status: 200 });
		expect(await g.call('/dep'), { body: 'one' });
		expect(await g.mgmt(...call('action=undeploy&env=test&revision=1')), { status: 200 });
		expect(await g.call('/dep'), { status: 404 });
	});
}

test('a virtual host that is not there', async () => {
	await g.import('lost', bundle(proxy('lost', { vhosts: ['nowhere'] })));
	expect(await g.deploy('lost', 1), { status: 400, body: /nowhere/ });
});

test('no virtual host named: all of them', async () => {
	await g.proxy('everywhere', { vhosts: [] });
	for (const secure of [false, true])
		expect(await g.call('/everywhere', { secure }), { status: 200 });
});

test('a hundred overrides, each seen by the next call', async () => {
	for (let i = 0; i < 100; i++) {
		expect(await g.deploy('dep', i % 2 + 1), { status: 200 });
		expect(await g.call('/dep'), { status: 200, body: ['one', 'two'][i % 2] }, `round ${i}`);
	}
});

test('deployments survive a restart', async () => {
	await g.restart();
	expect(await g.call('/dep'), { status: 200, body: 'two' });
	expect(await g.call('/dep', { env: 'prod' }), { status: 200, body: 'one' });
});

// SPDX-License-Identifier: Apache-2.0
// Protecting a proxy that exists and is in use: a new revision, a policy, a step, override; under load.
// Invariant: not one request of a client that sends its token fails while the revisions change.
// Source: "default OAuth 2.0 configuration" (attaching a policy to your proxy); reference 5.6, 5.7.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { bearerRealm, expect, fault, gateway, load, origin, proxyEndpoint, sleep, until, unzip } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const spec = { base: '/plain', target: o.url };
const XML = { type: 'application/xml' };
const VERIFY = '<OAuthV2 name="VerifyOAuthTokens"><Operation>VerifyAccessToken</Operation></OAuthV2>';

test('protect a proxy while it is called', async (t) => {
	await g.proxy('plain', spec);
	expect(await g.call('/plain/a'), { status: 200 });
	const token = await g.token(await g.app('user'));
	const agent = new http.Agent({ keepAlive: true });          // of its own: nothing is asked twice
	const calls = load(async () => {
		const r = await g.call('/plain/a', { token, agent });
		return r.status === 200 || `${r.status} ${r.text}`;
	}, 8);

	await t.test('a new revision, made of the old one', async () => {
		const zip = await g.must('/apis/plain/revisions/1?format=bundle');
		assert.equal(expect(await g.import('plain', zip.bytes), { status: 201 }).json.revision, '2');
		expect(await g.mgmt('/apis/plain/revisions/2/policies', { body: VERIFY, ...XML }), { status: 201 });
		expect(await g.mgmt('/apis/plain/revisions/2/proxies/default',
			{ body: proxyEndpoint({ ...spec, pre: { request: ['VerifyOAuthTokens'] } }), method: 'PUT', ...XML }), { status: 200 });
		const files = unzip((await g.must('/apis/plain/revisions/2?format=bundle')).bytes);
		assert.equal(files['apiproxy/policies/VerifyOAuthTokens.xml'].toString(), VERIFY);
	});
	await t.test('deployed over the old one', async () => {
		expect(await g.call('/plain/a'), { status: 200 });
		const r = expect(await g.deploy('plain', 2), { status: 200 });
		expect(await g.call('/plain/a'), { status: 401, body: fault('oauth.v2.InvalidAccessToken', 'Invalid access token'),
			headers: { 'WWW-Authenticate': bearerRealm('oauth.v2.InvalidAccessToken', 'Invalid access token') } });
		assert.equal(r.json.aPIProxy, 'plain');
		assert.deepEqual(r.json.environment.map((e) => [e.revision, e.state]).sort(), [['1', 'undeployed'], ['2', 'deployed']]);
	});
	await t.test('to and fro, ten times', async () => {
		for (let i = 0; i < 10; i++)
			expect(await g.deploy('plain', i % 2 + 1), { status: 200 });
		await sleep(200);
	});
	const { ok, bad } = await calls.stop();
	agent.destroy();
	assert.deepEqual(bad.slice(0, 3), [], `${bad.length} of ${bad.length + ok} failed`);
	assert.ok(ok > 50, `only ${ok} calls`);
});

test('what runs on the old revision ends there', async () => {
	const slow = await origin((one, res) => setTimeout(() => res.end('done'), 800));
	await g.proxy('slow', { target: slow.url });
	const running = g.call('/slow');
	await until(() => slow.seen.length);
	await g.proxy('slow', { target: o.url });
	assert.ok((await g.call('/slow')).json.url, 'the new revision answers at once');
	expect(await running, { status: 200, body: 'done' });
});

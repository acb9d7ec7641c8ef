// SPDX-License-Identifier: Apache-2.0
// The default token endpoint is in test only, until one call deploys it to prod.
// Invariant: what is not deployed answers ApplicationNotFound, byte for byte.
// Source: "default OAuth 2.0 configuration" (working with the default configuration); reference 3.5.
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const lost = (vhost, path) => ({
	status: 404, headers: { 'content-type': /^application\/json/ },
	body: `{"fault":{"faultstring":"Unable to identify proxy for host: ${vhost} and url: ${path.replaceAll('/', '\\/')}",` +
		'"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}',
});

test('nothing of it in prod', async () => {
	expect(await g.token(demo, { whole: true, env: 'prod' }), lost('secure', '/oauth/client_credential/accesstoken'));
	assert.deepEqual((await g.must('/environments/prod/deployments')).json.aPIProxy ?? [], []);
});

const paths = [
	['/', '/'], ['/none', '/none'], ['/none/a?b=c', '/none/a'], ['/weatherx', '/weatherx'], ['/oauth', '/oauth'], ['/a%20b', '/a%20b'],
];
for (const [path, printed] of paths) {
	test(`no proxy at ${path}`, async () => {
		expect(await g.call(path), lost('default', printed));
		expect(await g.call(path, { secure: true }), lost('secure', printed));
	});
}

test('deployed to prod by one call, it is there; undeployed, it is gone', async () => {
	expect(await g.deploy('oauth', 1, { env: 'prod', override: false }), { status: 200 });
	const r = expect(await g.token(demo, { whole: true, env: 'prod' }), { status: 200 });
	assert.match(r.json.access_token, /^[A-Za-z0-9]{28}$/);
	expect(await g.undeploy('oauth', 1, { env: 'prod' }), { status: 200 });
	expect(await g.token(demo, { whole: true, env: 'prod' }), lost('secure', '/oauth/client_credential/accesstoken'));
	expect(await g.token(demo, { whole: true }), { status: 200 });
});

test('localhost and 127.0.0.1 are the test environment', async () => {
	for (const host of ['localhost', '127.0.0.1', `localhost:${g.ports.http}`, `127.0.0.1:${g.ports.http}`, 'ACME-TEST.localhost'])
		expect(await g.call('/weather/json', { host }), { status: 401 }, host);
});

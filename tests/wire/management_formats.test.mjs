// SPDX-License-Identifier: Apache-2.0
// What holds for every resource: who may ask, spellings, JSON and XML, the shape of an error.
// Invariant: an error is {code, message, contexts}, whatever went wrong.
// Source: reference 5, 5.1; clients reference 2 (both spellings inside one client).
import assert from 'node:assert/strict';
import test from 'node:test';
import { basic, demo, expect, gateway } from './gateway.mjs';

const g = await gateway({ set: { 'sso.lockout_failures': 0 } });  // wrong passwords are what is tested
const error = (r, status, what) => {
	expect(r, { status, headers: { 'content-type': /^application\/json/ } }, what);
	assert.deepEqual(Object.keys(r.json).sort(), ['code', 'contexts', 'message'], what);
	assert.ok(r.json.code && r.json.message && Array.isArray(r.json.contexts), r.text);
	return r.json;
};

const nobody = [
	['nothing', null], ['wrong password', basic(g.user, 'wrong')], ['unknown user', basic('nobody@acme.example', g.pass)], ['no password', basic(g.user, '')], ['not base64', 'Basic ???'],
	['no colon', `Basic ${Buffer.from('abc').toString('base64')}`], ['another scheme', 'Digest username="a"'], ['an app key is no user', basic(demo.key, demo.secret)], ['empty', 'Basic'],
	['a long one', basic('x'.repeat(3000), 'y'.repeat(3000))],
];
for (const [what, auth] of nobody) {
	test(`401: ${what}`, async () => {
		for (const path of ['/apps', '', '/v1/organizations/nosuch', '/nosuch']) {
			const r = await g.mgmt(path, { auth });
			expect(r, { status: 401, headers: { 'WWW-Authenticate': /^Basic realm=/ } });
		}
	});
}
test('the user name is compared without regard to case', async () => {
	expect(await g.mgmt('/apps', { auth: basic(g.user.toUpperCase(), g.pass) }), { status: 200 });
});
test('the password is checked each time, also beside a good one', async () => {
	const all = await Promise.all(Array.from({ length: 20 }, (_, i) => g.mgmt('/apps', { auth: basic(g.user, i % 2 ? g.pass : `wrong${i}`) })));
	assert.deepEqual(all.map((r) => r.status), all.map((_, i) => i % 2 ? 200 : 401));
});

const spellings = [
	['/v1/organizations/acme/environments/test', '/v1/o/acme/e/test'], ['/v1/o/acme/environments', '/v1/organizations/acme/e'], ['/v1/organizations/acme/environments/test/deployments', '/v1/o/acme/environments/test/deployments'],
	['/v1/organizations/acme', '/v1/o/acme'], ['/v1/organizations/acme/e/test/apis/oauth/deployments', '/v1/o/acme/environments/test/apis/oauth/deployments'],
];
for (const [one, other] of spellings) {
	test(`${one} is ${other}`, async () => {
		assert.deepEqual((await g.must(one)).json, (await g.must(other)).json);
	});
}

// Accept -> type
const accepts = [[undefined, 'json'], ['*/*', 'json'], ['application/json', 'json'], ['application/json;charset=utf-8', 'json'], ['application/xml', 'xml']];
for (const [accept, kind] of accepts) {
	test(`Accept: ${accept}`, async () => {
		for (const path of ['', '/environments/test', `/developers/${demo.developer}`, `/apiproducts/${demo.product}`, '/apis/oauth', '/apis/oauth/revisions/1', '/environments/test/apis/oauth/deployments', '/apps']) {
			const r = expect(await g.mgmt(path, { accept }), { status: 200, headers: { 'content-type': new RegExp(`^application/${kind}`) } }, path);
			if (kind === 'xml')
				assert.match(r.text, /^(<\?xml [^>]+\?>\s*)?<[A-Z]\w*[\s>][^]*>\s*$/, path);
		}
	});
}

const xml = [
	['', /^[^]*<Organization name="acme"/], ['/environments/test', /<Environment name="test"/], [`/developers/${demo.developer}`, /<Developer[ >][^]*ahamilton@example\.com/],
	[`/apiproducts/${demo.product}`, /<ApiProduct name="PremiumWeatherAPI"/], ['/apis/oauth', /<APIProxy name="oauth"/],
	['/apis/oauth/deployments', /<Environment name="test">[^]*<Revision name="1">[^]*<State>deployed<\/State>/],
	['/environments/test/deployments', /<APIProxy name="oauth">[^]*<Revision name="1">[^]*<State>deployed<\/State>/],
];
for (const [path, want] of xml)
	test(`XML of ${path || '/'}`, async () => { expect(await g.mgmt(path, { accept: 'application/xml' }), { status: 200, body: want }); });

// errors: method, path, status, code, message
const D = 'nobody@example.com';
const errors = [
	['GET', '/developers/' + D, 404, 'developer.service.DeveloperIdDoesNotExist', `DeveloperId ${D} does not exist in organization acme`],
	['GET', `/developers/${demo.developer}/apps/none`, 404, 'developer.service.AppDoesNotExist', `App named none does not exist under ${demo.developer}`],
	['GET', `/developers/${demo.developer}/apps/weatherapp/keys/none`, 404, 'keymanagement.service.InvalidClientIdForGivenApp', 'Invalid consumer key for Given App'],
	['GET', '/apiproducts/none', 404, 'keymanagement.service.apiproduct_doesnot_exist', /./],
	['GET', '/apis/none', 404, 'messaging.config.beans.ApplicationDoesNotExist', /none/],
	['GET', '/apis/oauth/revisions/99', 404, 'messaging.config.beans.ApplicationRevisionDoesNotExist', /99/],
	['GET', '/environments/none', 404, 'messaging.config.beans.EnvironmentDoesNotExist', /none/],
	['GET', '/environments/none/deployments', 404, 'messaging.config.beans.EnvironmentDoesNotExist', /none/],
	['GET', '/environments/prod/apis/weatherapi/deployments', 400, 'distribution.ApplicationNotDeployed', /weatherapi/],
	['DELETE', '/environments/prod/apis/weatherapi/revisions/1/deployments', 400, 'distribution.RevisionNotDeployed', /./],
	['DELETE', '/environments/test/apis/none/revisions/1/deployments', 404, 'messaging.config.beans.ApplicationDoesNotExist', /./],
	['GET', '/nosuchthing', 404, /./, /./], ['GET', '/apis/oauth/revisions/one', [400, 404], /./, /./], ['GET', '/v1/organizations/nosuch', [403, 404], /./, /nosuch|permission|unauthor/i],
	['GET', '/v1/nosuch', 404, /./, /./], ['PATCH', '/apps', 405, /./, /./], ['DELETE', '/apis', 405, /./, /./], ['PUT', '', 405, /./, /./],
];
for (const [method, path, status, code, message] of errors) {
	test(`${method} ${path}: ${status}`, async () => {
		const e = error(await g.mgmt(path, { method }), status, path);
		for (const [got, want] of [[e.code, code], [e.message, message]])
			assert.ok(want instanceof RegExp ? want.test(got) : got === want, `${got} is not ${want}`);
		if (status === 405)
			assert.ok((await g.mgmt(path, { method })).headers.allow, 'a 405 names what is allowed');
	});
}

test('an error for those who want XML', async () => {
	const r = expect(await g.mgmt('/apis/none', { accept: 'application/xml' }), { status: 404, headers: { 'content-type': /^application\/xml/ } });
	assert.match(r.text, /<Error>[^]*<Code>messaging\.config\.beans\.ApplicationDoesNotExist<\/Code>[^]*<Message>[^<]*none[^<]*<\/Message>/);
});

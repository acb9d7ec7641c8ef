// SPDX-License-Identifier: Apache-2.0
// The list of apps and the profile of one, as the walk prints them.
// Invariant: every key of the source document's profile and no other, each of its type.
// Source: "default OAuth 2.0 configuration" (app profile); reference 5.4.
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PROFILE = ['accessType', 'apiProducts', 'appFamily', 'appId', 'attributes', 'callbackUrl', 'createdAt', 'createdBy', 'credentials',
	'developerId', 'lastModifiedAt', 'lastModifiedBy', 'name', 'scopes', 'status'];
const CREDENTIAL = ['apiProducts', 'attributes', 'consumerKey', 'consumerSecret', 'expiresAt', 'issuedAt', 'scopes', 'status'];

const ids = (await g.must('/apps')).json;
const profile = (await g.must(`/apps/${ids[0]}`)).json;

test('the list is an array of app ids', () => {
	assert.equal(ids.length, 1);
	assert.match(ids[0], UUID);
});

test('both spellings of the path', async () => {
	for (const path of ['/v1/organizations/acme/apps', '/v1/o/acme/apps'])
		expect(await g.mgmt(path), { status: 200, json: ids, headers: { 'content-type': /^application\/json/ } });
});

test('the keys of the profile', () => {
	assert.deepEqual(Object.keys(profile).sort(), PROFILE);
	assert.deepEqual(Object.keys(profile.credentials[0]).sort(), CREDENTIAL);
	assert.deepEqual(Object.keys(profile.credentials[0].apiProducts[0]).sort(), ['apiproduct', 'status']);
});

test('the values of the profile', () => {
	const { createdAt, createdBy, lastModifiedAt, lastModifiedBy, developerId, credentials: [{ issuedAt, ...credential }, ...more], ...rest } = profile;
	assert.deepEqual(rest, { accessType: 'read', apiProducts: [], appFamily: 'default', appId: ids[0], attributes: [], callbackUrl: '',
		name: demo.app, scopes: [], status: 'approved' });
	assert.deepEqual(credential, { apiProducts: [{ apiproduct: demo.product, status: 'approved' }], attributes: [], consumerKey: demo.key,
		consumerSecret: demo.secret, expiresAt: -1, scopes: [], status: 'approved' });
	assert.equal(more.length, 0);
	for (const at of [createdAt, lastModifiedAt, issuedAt])
		assert.ok(Number.isInteger(at) && Math.abs(Date.now() - at) < 600000, `${at}`);
	for (const s of [createdBy, lastModifiedBy, developerId])
		assert.equal(typeof s, 'string');
});

test('the same app under its developer', async () => {
	assert.deepEqual((await g.must(`/developers/${demo.developer}/apps`)).json, [demo.app]);
	assert.deepEqual((await g.must(`/developers/${demo.developer}/apps/${demo.app}`)).json, profile);
	assert.deepEqual((await g.must('/apps?expand=true')).json, { app: [profile] });
});

test('an unknown app', async () => {
	expect(await g.mgmt('/apps/00000000-0000-0000-0000-000000000000'), { status: 404 });
});

// SPDX-License-Identifier: Apache-2.0
// Keystores, aliases and references in the management API: every format that a certificate comes in, and what is refused.
// Invariant: a private key never comes out again; an environment sees its own only.
// Source: reference 5 (keystores, references), clients reference 2 (keystores, unknown reference / bad keystore).
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import test from 'node:test';
import { certificate, encrypted, jar, pkcs12, upload, verified } from './certificates.mjs';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const at = '/environments/test/keystores', refs = '/environments/test/references';
const ca = certificate('Some CA', { ca: true });
const one = certificate('one.example', { by: ca, names: ['one.example', '*.one.example'], subject: '/C=CH/ST=ZH/L=Zurich/O=Acme/OU=Dev', rsa: true });
const two = certificate('two.example', { by: ca });
const old = certificate('old.example', { by: ca, from: '20200101000000Z' });
const missing = (name) => ({ status: 404, json: { code: 'messaging.config.beans.KeyStoreDoesNotExist', message: `KeyStore ${name} does not exist in environment test`, contexts: [] } });
const create = (ks, alias, format, o, more = '') => g.mgmt(`${at}/${ks}/aliases?alias=${alias}&format=${format}${more}`, o);

test('a keystore from POST to DELETE', async () => {
	const empty = { aliases: [], certs: [], keys: [], name: 'ks' };
	assert.deepEqual((await g.must(at)).json, ['gatehouse']);
	expect(await g.mgmt(at, { body: { name: 'ks' } }), { status: 201, json: empty });
	expect(await g.mgmt(at, { body: { name: 'ks' } }), { status: 409 });
	expect(await g.mgmt(`${at}/ks`), { status: 200, json: empty });
	assert.deepEqual((await g.must(at)).json, ['gatehouse', 'ks']);
	assert.deepEqual((await g.must('/environments/prod/keystores')).json, ['gatehouse']);
	expect(await create('ks', 'a', 'keycertfile', upload({ certFile: one.chain, keyFile: one.key })), { status: 201 });
	const full = { aliases: [{ aliasName: 'a', cert: 'a-cert', key: 'a-key' }], certs: ['a-cert'], keys: ['a'], name: 'ks' };
	expect(await g.mgmt(`${at}/ks`), { status: 200, json: full });
	expect(await g.mgmt(`${at}/ks`, { method: 'DELETE' }), { status: 200, json: full });
	expect(await g.mgmt(`${at}/ks`), missing('ks'));
	expect(await g.mgmt(`${at}/ks`, { method: 'DELETE' }), missing('ks'));
	expect(await g.mgmt(at, { body: '<KeyStore name="x"/>', type: 'text/xml' }), { status: 201, json: { ...empty, name: 'x' } });
});

test('what an alias says of its certificates', async () => {
	await g.must(at, { body: { name: 'told' } });
	const made = expect(await create('told', 'a', 'keycertfile', upload({ certFile: one.chain, keyFile: one.key })), { status: 201 }).json;
	const x = new X509Certificate(one.cert);
	assert.equal(made.alias, 'a');
	assert.equal(made.keyName, 'a');
	assert.equal(made.certsInfo.certName, 'a-cert');
	assert.equal(made.certsInfo.certInfo.length, 2, 'the chain too');
	const [leaf, root] = made.certsInfo.certInfo;
	assert.deepEqual(leaf, {
		basicConstraints: 'CA:FALSE', expiryDate: Date.parse(x.validTo), isValid: 'Yes', issuer: 'CN=Some CA', publicKey: 'RSA Public Key, 2048 bits',
		serialNumber: leaf.serialNumber, sigAlgName: 'SHA256withECDSA', subject: 'CN=one.example, OU=Dev, O=Acme, L=Zurich, ST=ZH, C=CH',
		subjectAlternativeNames: ['one.example', '*.one.example'], validFrom: Date.parse(x.validFrom), version: 3,
	});
	assert.equal(leaf.serialNumber.replace(/:|^00:/g, '').toUpperCase().padStart(x.serialNumber.length, '0').slice(-x.serialNumber.length), x.serialNumber);
	assert.equal(root.basicConstraints, 'CA:TRUE');
	expect(await g.mgmt(`${at}/told/aliases/a`), { status: 200, json: made });
	assert.deepEqual((await g.must(`${at}/told/aliases`)).json, ['a']);
	assert.equal((await g.must(`${at}/told/aliases/a/certificate`)).text, one.chain);
	const csr = (await g.must(`${at}/told/aliases/a/csr`)).text;
	assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----/);
	for (const path of ['', '/aliases/a', '/aliases/a/certificate', '/aliases/a/csr'])
		assert.ok(!(await g.must(`${at}/told${path}`)).text.includes('PRIVATE'), path);
});

const forms = {
	'PEM': ['keycertfile', () => upload({ certFile: two.cert, keyFile: two.key })],
	'PEM with a password': ['keycertfile', () => upload({ certFile: two.cert, keyFile: encrypted(two, 'sesame'), password: 'sesame' })],
	'a certificate alone': ['keycertfile', () => upload({ certFile: two.cert }), undefined],
	'JAR': ['keycertjar', () => upload({ file: jar(two) })],
	'PKCS #12': ['pkcs12', () => upload({ file: pkcs12(two, 'sesame'), password: 'sesame' })],
};
test('formats', async (t) => {
	await g.must(at, { body: { name: 'forms' } });
	for (const [i, [what, [format, body, key]]] of Object.entries(forms).entries())
		await t.test(what, async () => {
			const r = expect(await create('forms', `f${i}`, format, body()), { status: 201 });
			assert.equal(r.json.certsInfo.certInfo[0].subject, 'CN=two.example');
			assert.equal(r.json.keyName, forms[what].length > 2 ? key : `f${i}`);
		});
	await t.test('self-signed', async () => {
		const wish = { alias: 'own', subject: { countryCode: 'CH', commonName: 'own.example', email: 'me@own.example' }, subjectAlternativeDNSNames: { subjectAlternativeName: ['a.own.example'] }, sigAlg: 'SHA512withRSA', certValidityInDays: '10' };
		const r = expect(await g.mgmt(`${at}/forms/aliases?format=selfsignedcert`, { body: wish }), { status: 201 });
		const [leaf] = r.json.certsInfo.certInfo;
		assert.equal(leaf.subject, 'EMAILADDRESS=me@own.example, CN=own.example, C=CH');
		assert.equal(leaf.sigAlgName, 'SHA512withRSA');
		assert.deepEqual(leaf.subjectAlternativeNames, ['a.own.example']);
		assert.equal(Math.round((leaf.expiryDate - leaf.validFrom) / 86400e3), 10);
		const older = { alias: 'older', subject: { commonName: 'x' }, sig_alg: 'SHA256withRSA', key_size: 2048, cert_validity_in_days: 5 };
		expect(await g.mgmt(`${at}/forms/aliases?format=selfsignedcert`, { body: older }), { status: 201 });
	});
});

const bad = {
	'no format': ['', () => upload({ certFile: two.cert }), /format is/],
	'another format': ['jks', () => upload({ certFile: two.cert }), /format is/],
	'no form': ['keycertfile', () => ({ body: two.cert }), /multipart/],
	'no certificate': ['keycertfile', () => upload({ keyFile: two.key }), /certFile/],
	'a key that does not fit': ['keycertfile', () => upload({ certFile: two.cert, keyFile: one.key }), /does not fit/],
	'a wrong password': ['keycertfile', () => upload({ certFile: two.cert, keyFile: encrypted(two, 'sesame'), password: 'open' }), /password/],
	'no password': ['keycertfile', () => upload({ certFile: two.cert, keyFile: encrypted(two, 'sesame') }), /password/],
	'a certificate cut short': ['keycertfile', () => upload({ certFile: two.cert.slice(0, 300) }), /cannot be read/],
	'no certificate at all': ['keycertfile', () => upload({ certFile: 'hello' }), /cannot be read/],
	'an expired one': ['keycertfile', () => upload({ certFile: old.cert, keyFile: old.key }), /has expired/],
	'too large': ['keycertfile', () => upload({ certFile: two.cert + ' '.repeat(60000) }), /50 KB/],
	'a JAR without its descriptor': ['keycertjar', () => upload({ file: pkcs12(two, 'x') }), /./],
	'PKCS #12 with a wrong password': ['pkcs12', () => upload({ file: pkcs12(two, 'sesame'), password: 'open' }), /password/],
	'half a PKCS #12': ['pkcs12', () => upload({ file: pkcs12(two, 'sesame').subarray(0, 200), password: 'sesame' }), /PKCS/],
};
test('refused', async (t) => {
	await g.must(at, { body: { name: 'bad' } });
	for (const [what, [format, body, says]] of Object.entries(bad))
		await t.test(what, async () => assert.match(expect(await create('bad', 'a', format, body()), { status: 400 }).json.message, says));
	for (const [what, body] of Object.entries({ 'no common name': { alias: 's', subject: {} }, 'MD5': { alias: 's', subject: { commonName: 'x' }, sigAlg: 'MD5withRSA' }, 'a large key': { alias: 's', subject: { commonName: 'x' }, keySize: 16384 }, 'a long country': { alias: 's', subject: { commonName: 'x', countryCode: 'Switzerland' } } }))
		await t.test(`self-signed: ${what}`, async () => expect(await g.mgmt(`${at}/bad/aliases?format=selfsignedcert`, { body }), { status: 400 }));
	expect(await create('bad', '', 'keycertfile', upload({ certFile: two.cert })), { status: 400 });
	expect(await create('none', 'a', 'keycertfile', upload({ certFile: two.cert })), missing('none'));
	assert.deepEqual((await g.must(`${at}/bad/aliases`)).json, []);
	expect(await create('bad', 'a', 'keycertfile', upload({ certFile: old.cert, keyFile: old.key }), '&ignoreExpiryValidation=true'), { status: 201 });
	assert.equal((await g.must(`${at}/bad/aliases/a`)).json.certsInfo.certInfo[0].isValid, 'No');
	expect(await create('bad', 'a', 'keycertfile', upload({ certFile: two.cert })), { status: 409 });
});

test('a new certificate for an alias', async () => {
	await g.must(at, { body: { name: 'renew' } });
	expect(await create('renew', 'a', 'keycertfile', upload({ certFile: two.cert, keyFile: two.key })), { status: 201 });
	assert.match(verified((await g.must(`${at}/renew/aliases/a/csr`)).text), /two\.example/);
	expect(await g.mgmt(`${at}/renew/aliases/a`, { method: 'PUT', ...upload({ certFile: one.cert }) }), { status: 400, body: /does not fit/ });
	expect(await g.mgmt(`${at}/renew/aliases/a`, { method: 'PUT', ...upload({ certFile: two.chain }) }), { status: 200 });
	assert.equal((await g.must(`${at}/renew/aliases/a/certificate`)).text, two.chain);
	expect(await g.mgmt(`${at}/renew/aliases/b`, { method: 'PUT', ...upload({ certFile: two.chain }) }), { status: 404, body: /Alias b does not exist in KeyStore renew/ });
	expect(await g.mgmt(`${at}/renew/aliases/a`, { method: 'DELETE' }), { status: 200 });
	expect(await g.mgmt(`${at}/renew/aliases/a`), { status: 404, body: /KeyStoreAliasDoesNotExist/ });
});

test('references', async () => {
	const gone = { status: 404, body: /messaging\.config\.beans\.ResourceReferenceDoesNotExist/ };
	await g.must(at, { body: { name: 'k1' } });
	await g.must(at, { body: { name: 'k2' } });
	const r = { name: 'r', refers: 'k1', resourceType: 'KeyStore' };
	expect(await g.mgmt(refs, { body: r }), { status: 201, json: r });
	expect(await g.mgmt(refs, { body: r }), { status: 409 });
	expect(await g.mgmt(`${refs}/r`), { status: 200, json: r });
	expect(await g.mgmt(`${refs}/r`, { accept: 'application/xml' }), { status: 200, body: /<ResourceReference name="r">[^]*<Refers>k1<\/Refers>[^]*<ResourceType>KeyStore<\/ResourceType>/ });
	assert.deepEqual((await g.must(refs)).json, ['r']);
	assert.deepEqual((await g.must('/environments/prod/references')).json, []);
	for (const [body, status] of [[{ ...r, refers: 'moon' }, 400], [{ name: 'x' }, 400], [{ ...r, name: 'x', resourceType: 'Cache' }, 400], [{ ...r, name: undefined }, 400]])
		expect(await g.mgmt(refs, { body: { name: 'x', ...body } }), { status });
	expect(await g.mgmt(`${refs}/r`, { method: 'PUT', body: { ...r, refers: 'moon' } }), { status: 400, body: /messaging\.config\.beans\.InvalidKeyStoreReference/ });
	expect(await g.mgmt(`${at}/k1`, { method: 'DELETE' }), { status: 400, body: /References exist to the keystore k1/ });
	expect(await g.mgmt(`${refs}/r`, { method: 'PUT', body: { ...r, refers: 'k2' } }), { status: 200 });
	expect(await g.mgmt(`${at}/k1`, { method: 'DELETE' }), { status: 200 });
	expect(await g.mgmt(`${refs}/none`), gone);
	expect(await g.mgmt(`${refs}/none`, { method: 'PUT', body: { ...r, name: 'none', refers: 'k2' } }), gone);
	expect(await g.mgmt(`${refs}/r`, { method: 'DELETE' }), { status: 200 });
	expect(await g.mgmt(`${refs}/r`, { method: 'DELETE' }), gone);
	expect(await g.mgmt(`${at}/k2`, { method: 'DELETE' }), { status: 200 });
});

test('strangers, and what the audit says', async () => {
	for (const path of [at, refs, `${at}/gatehouse`, `${at}/gatehouse/aliases/self-signed`]) {
		expect(await g.mgmt(path, { auth: null }), { status: 401 });
		expect(await g.mgmt(path, { org: 'other' }), { status: [403, 404] });
		expect(await g.mgmt(path.replace('test', 'moon')), { status: 404, body: /EnvironmentDoesNotExist/ });
	}
	await g.must(at, { body: { name: 'seen' } });
	expect(await create('seen', 'a', 'keycertfile', upload({ certFile: two.cert, keyFile: two.key }), '&password=secret-word'), { status: 201 });
	const audit = JSON.stringify((await g.must('/v1/audits/organizations/acme')).json);
	assert.ok(audit.includes('/keystores/seen/aliases'));
	assert.ok(!audit.includes('secret-word') && !g.proc.err.includes('secret-word') && !g.proc.err.includes('PRIVATE KEY'));
});

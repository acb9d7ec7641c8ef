// SPDX-License-Identifier: Apache-2.0
// Certificates of real authorities, made by openssl for the tests that need them, and the forms they go up in.
// Invariant: each call makes new keys; nothing is kept beside the folder that the tests remove.
// Source: openssl-req(1), openssl-x509(1), openssl-pkcs12(1).
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, folder } from './gateway.mjs';

const dir = folder();
let made = 0;
export const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
const read = (name) => readFileSync(join(dir, name), 'utf8');

// { name, cert, key, chain } signed by `by` (itself without), for the names, valid from and for days.
export function certificate(cn, { by, names = [], days = 30, ca = false, subject = '', rsa = false, from } = {}) {
	const name = `c${++made}`;
	const algorithm = rsa ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
	openssl('req', '-newkey', ...algorithm, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `${subject}/CN=${cn}`);
	const lines = [`basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`, ...(names.length ? [`subjectAltName=${names.map((n) => `${/^[\d.]+$/.test(n) ? 'IP' : 'DNS'}:${n}`)}`] : [])];
	writeFileSync(join(dir, `${name}.ext`), lines.join('\n'));
	const signer = by ? ['-CA', `${by.name}.crt`, '-CAkey', `${by.name}.key`, '-CAcreateserial'] : ['-key', `${name}.key`];
	if (from === undefined) {
		openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, '-days', String(days), '-extfile', `${name}.ext`, ...(by ? signer : ['-signkey', `${name}.key`]));
	} else {                                                     // in the past: only `openssl ca` takes dates
		for (const [f, text] of [['index.txt', ''], ['serial', '01\n']])
			writeFileSync(join(dir, `${name}.${f}`), text);
		writeFileSync(join(dir, `${name}.cnf`), `[ca]\ndefault_ca=d\n[d]\ndatabase=${name}.index.txt\nserial=${name}.serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`);
		openssl('ca', '-batch', '-notext', '-config', `${name}.cnf`, '-in', `${name}.csr`, '-out', `${name}.crt`, '-startdate', from, '-enddate', '20200201000000Z',
			'-cert', `${by.name}.crt`, '-keyfile', `${by.name}.key`, '-extfile', `${name}.ext`);
	}
	const cert = read(`${name}.crt`);
	return { name, cert, key: read(`${name}.key`), chain: cert + (by?.chain ?? '') };
}

export function encrypted(c, password) {
	openssl('pkcs8', '-topk8', '-in', `${c.name}.key`, '-out', `${c.name}.enc`, '-passout', `pass:${password}`);
	return read(`${c.name}.enc`);
}
export function pkcs12(c, password) {
	openssl('pkcs12', '-export', '-in', `${c.name}.crt`, '-inkey', `${c.name}.key`, '-out', `${c.name}.p12`, '-passout', `pass:${password}`);
	return readFileSync(join(dir, `${c.name}.p12`));
}
// What a request says, once its signature has been checked.
export function verified(csr) {
	writeFileSync(join(dir, 'request.pem'), csr);
	return openssl('req', '-noout', '-subject', '-verify', '-in', 'request.pem').toString();
}
export const jar = (c) => bundle({ 'META-INF/descriptor.properties': 'certFile=a.pem\r\nkeyFile=b.pem\r\n', 'a.pem': c.cert, 'b.pem': c.key });

// A multipart form: { name: text | Buffer }.
export function upload(fields) {
	const parts = Object.entries(fields).flatMap(([name, value]) => [
		Buffer.from(`--xYz\r\nContent-Disposition: form-data; name="${name}"${name === 'password' ? '' : `; filename="${name}"`}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n')]);
	return { body: Buffer.concat([...parts, Buffer.from('--xYz--\r\n')]), type: 'multipart/form-data; boundary=xYz' };
}

// A keystore with one alias: { keyFile absent: a truststore }.
export async function keystore(g, name, aliases, env = 'test') {
	const at = `/environments/${env}/keystores`;
	await g.must(at, { body: { name } });
	for (const [alias, c] of Object.entries(aliases))
		await g.must(`${at}/${name}/aliases?alias=${alias}&format=keycertfile&ignoreExpiryValidation=true`, upload(typeof c === 'string' ? { certFile: c } : { certFile: c.chain, keyFile: c.key }));
}

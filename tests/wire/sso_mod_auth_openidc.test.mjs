// SPDX-License-Identifier: Apache-2.0
// Apache's mod_auth_openidc, as Debian has it, lets a browser in that logged in at the service.
// Invariant: the page behind Apache is seen by who logged in, and by nobody else.
// Source: https://github.com/OpenIDC/mod_auth_openidc; OpenID Connect Core.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { expect, fetchOne, folder, freePorts, gateway, sleep } from './gateway.mjs';
import { client } from './sso.mjs';
import { Visitor, forms } from './visitor.mjs';

const MODULES = '/usr/lib/apache2/modules';
const skip = !(existsSync('/usr/sbin/apache2') && existsSync(`${MODULES}/mod_auth_openidc.so`)) && 'no apache2 with mod_auth_openidc here: tools/deps test';

async function apache(g, port) {
	const dir = folder(), conf = join(dir, 'apache.conf');
	chmodSync(dir, 0o755);                              // Apache may serve as somebody else
	mkdirSync(join(dir, 'www'));
	writeFileSync(join(dir, 'www/index.html'), 'behind Apache\n');
	writeFileSync(conf, `ServerRoot ${dir}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${dir}/pid
ErrorLog ${dir}/error.log
DefaultRuntimeDir ${dir}
Mutex file:${dir}
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'auth_openidc'].map((m) => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`).join('\n')}
User ${process.getuid() ? `#${process.getuid()}` : 'www-data'}
Group ${process.getuid() ? `#${process.getgid()}` : 'www-data'}
DocumentRoot ${dir}/www
DirectoryIndex index.html
<Directory />
AllowOverride None
</Directory>
OIDCProviderMetadataURL http://127.0.0.1:${g.ports.sso}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret apache-secret
OIDCRedirectURI http://127.0.0.1:${port}/back
OIDCScope "openid email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim user_name
OIDCCryptoPassphrase of-this-test-alone
OIDCSessionType client-cookie
<Location />
AuthType openid-connect
Require claim user_name:${g.user}
</Location>
`);
	// A group of its own, killed whole at this process's end; the kernel ends it when this process is itself killed.
	const child = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/apache2', '-d', dir, '-f', conf, '-DFOREGROUND'], { stdio: 'ignore', detached: true });
	child.unref();
	child.stop = () => { try { process.kill(-child.pid, 'SIGKILL'); } catch (e) { if (e.code !== 'ESRCH') throw e; } };
	process.on('exit', child.stop);
	for (let i = 0; i < 100; i++, await sleep(50))
		if (await fetchOne({ port, timeout: 2000 }).then(() => true, () => false))
			return child;
	throw new Error('apache2 does not answer');
}

// Cookies of the other host, beside the visitor's of the service.
function at(port) {
	const jar = new Map();
	return async (path) => {
		const r = await fetchOne({ port, path, headers: { Host: `127.0.0.1:${port}`, Accept: 'text/html',
			...(jar.size ? { Cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } : {}) } });
		for (const c of r.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(c);
			if (value) jar.set(name, value); else jar.delete(name);
		}
		return r;
	};
}

test('a browser logs in through Apache', { skip }, async () => {
	const g = await gateway(), [port] = await freePorts(1);
	await client(g, 'apache', { client_secret: 'apache-secret', authorized_grant_types: ['authorization_code', 'refresh_token'],
		scope: ['openid', 'email'], redirect_uri: [`http://127.0.0.1:${port}/back`], name: 'Apache' });
	const child = await apache(g, port);
	try {
		const web = at(port), v = new Visitor(g), out = new URL(expect(await web('/index.html'), { status: 302 }).headers.location);
		assert.equal(out.pathname, '/oauth/authorize');
		const login = await v.get(out.pathname + out.search);
		const asked = await v.get((await v.login({ at: login.to })).to), form = forms(asked.text).find((f) => f.action === '/oauth/authorize');
		const back = new URL((await v.call(form.action, { fields: { ...form.fields, user_oauth_approval: 'true', 'scope.0': 'openid', 'scope.1': 'email' } })).headers.location);
		assert.equal(back.port, String(port));
		const home = expect(await web(back.pathname + back.search), { status: 302 });
		assert.equal(new URL(home.headers.location).pathname, '/index.html');
		expect(await web('/index.html'), { status: 200, body: 'behind Apache\n' });
		expect(await at(port)('/index.html'), { status: 302 });
	} finally {
		child.stop();
	}
});

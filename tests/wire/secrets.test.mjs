// SPDX-License-Identifier: Apache-2.0
// What is secret is nowhere in clear: not in the data folder, not in a log, not in an error.
// Invariant: tokens, consumer secrets and passwords are found in no byte that the server wrote.
// Source: house rules (nothing secret is stored in clear; URLs are logged without query, masked).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { basic, demo, expect, gateway, sleep } from './gateway.mjs';

const g = await gateway();
const every = (dir) => readdirSync(dir).map((n) => join(dir, n)).flatMap((f) => statSync(f).isDirectory() ? every(f) : statSync(f).isFile() ? [f] : []);
const app = await g.app('secretive');
const token = await g.token(app), revoked = await g.token(app);
await g.must(`/developers/${app.email}/apps/${app.app}/keys/create`, { body: { consumerKey: 'imported-key', consumerSecret: 'Imported-Secret-4711' } });
expect(await g.call('/weather/json', { token }), { status: [200, 401] });
await g.revoke(revoked);
expect(await g.call(`/weather/json?apikey=Query-Secret-4712&access_token=${token}`, { token }), { status: [200, 401] });
expect(await g.call('/weather/json', { token: 'Wrong-Token-4713' }), { status: 401 });
expect(await g.mgmt('/apps', { auth: basic(g.user, 'Wrong-Password-4714') }), { status: 401 });
expect(await g.token({ key: app.key, secret: 'Wrong-Secret-4715' }, { whole: true }), { status: 401 });
await sleep(1500);                                    // logs are written in lumps
const running = g.proc;
const secrets = {
	token, revoked, 'consumer secret': app.secret, 'the demo\'s secret': demo.secret, 'imported secret': 'Imported-Secret-4711', password: g.pass, 'what stood in a query': 'Query-Secret-4712',
	'a wrong token': 'Wrong-Token-4713', 'a wrong password': 'Wrong-Password-4714', 'a wrong secret': 'Wrong-Secret-4715',
};

test('in no file of the data folder', () => {
	const files = every(g.dir);
	assert.ok(files.length >= 2, String(files));
	for (const f of files) {
		const bytes = readFileSync(f);
		for (const [what, s] of Object.entries(secrets))
			assert.ok(!bytes.includes(s) && !bytes.includes(Buffer.from(s).toString('base64')), `${what} stands in ${f}`);
	}
});

test('in no line of stdout and stderr', async () => {
	await g.stop();
	const { 'the demo\'s secret': printed, ...rest } = secrets;   // --demo prints a walk to copy
	assert.ok(printed);
	for (const [what, s] of Object.entries(rest))
		assert.ok(!running.out.includes(s) && !running.err.includes(s), `${what} was printed:\n${running.err}`);
});

test('the access log has a line for each call, without its query', () => {
	const log = every(g.dir).filter((f) => /access.*log/.test(f)).map((f) => readFileSync(f, 'utf8')).join('');
	assert.ok(log.split('\n').filter((l) => l.includes('/weather/json')).length >= 3, log);
	assert.ok(!/apikey|access_token=/.test(log), log);
});

test('and they are still good after a restart', async () => {
	await g.start();
	expect(await g.token(app, { whole: true }), { status: 200 });
	expect(await g.token({ key: 'imported-key', secret: 'Imported-Secret-4711' }, { whole: true }), { status: [200, 401] });
	assert.equal((await g.must(`/developers/${app.email}/apps/${app.app}/keys/imported-key`)).json.consumerSecret, 'Imported-Secret-4711');
});

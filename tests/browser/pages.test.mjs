// SPDX-License-Identifier: Apache-2.0
// The pages in Debian's Chromium, without a mouse: log in, set up the second factor by its QR code, log in with a
// code, get a passcode for get_token, log out.  Screenshots stay in the build folder, browser/.
// Invariant: only keys are pressed; every control that one can reach has a name in the accessibility tree.
// Source: WCAG 2.2, 1.4.3, 1.4.10, 2.1.1, 3.3.1, 4.1.2; oauth2-service reference, 2.5, 3.9.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { inflateSync } from 'node:zlib';
import { expect, gateway, origin, root, slack } from '../wire/gateway.mjs';
import { seed } from '../wire/sso.mjs';
import { Home } from '../wire/sso_mock.mjs';
import { totp } from '../wire/visitor.mjs';

const chromium = ['/usr/bin/chromium', process.env.CHROMIUM].find((p) => p && existsSync(p));
const there = existsSync(join(root, 'tests/node_modules/playwright-core')) && chromium;
const skip = !there && 'no Chromium, or no npm packages of the tests: tools/deps test';
const require = createRequire(import.meta.url);
const shots = join(process.env.GATEHOUSE_BUILD ?? join(root, 'build/dev'), 'browser');
const CONTROLS = ['button', 'link', 'textbox', 'checkbox', 'radio', 'combobox', 'searchbox', 'image'];

// RGBA of a PNG as browsers make them: 8 bits a sample, not interlaced.
function pixels(png) {
	const width = png.readUInt32BE(16), height = png.readUInt32BE(20), n = png[25] === 6 ? 4 : 3, data = [];
	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
			data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
	const raw = inflateSync(Buffer.concat(data)), row = width * n, out = new Uint8ClampedArray(width * height * 4).fill(255);
	const line = (y) => raw.subarray(y * (row + 1) + 1, (y + 1) * (row + 1));
	for (let y = 0; y < height; y++) {
		const now = line(y), up = y ? line(y - 1) : Buffer.alloc(row);
		for (let i = 0; i < row; i++) {
			const a = i < n ? 0 : now[i - n], b = up[i], c = i < n ? 0 : up[i - n], p = a + b - c;
			const paeth = Math.abs(p - a) <= Math.abs(p - b) && Math.abs(p - a) <= Math.abs(p - c) ? a : Math.abs(p - b) <= Math.abs(p - c) ? b : c;
			now[i] += [0, a, b, (a + b) >> 1, paeth][raw[y * (row + 1)]];
		}
		for (let x = 0; x < width; x++)
			out.set(now.subarray(x * n, x * n + n), (y * width + x) * 4);
	}
	return { data: out, width, height };
}

// The least contrast of a text with what is behind it.
const leastContrast = () => {
	const rgb = (c) => c.match(/[\d.]+/g).map(Number), light = (c) => rgb(c).slice(0, 3).map((v) => v / 255)
		.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { const c = getComputedStyle(e).backgroundColor; return rgb(c)[3] === 0 ? behind(e.parentElement) : c; };
	return Math.min(...[...document.querySelectorAll('body *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => {
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
		return (a + 0.05) / (b + 0.05);
	}));
};

// A person with a keyboard: what is there is known from the accessibility tree alone.
class Person {
	constructor(page, cdp) { Object.assign(this, { page, cdp }); }
	async tree() {
		const { nodes } = await this.cdp.send('Accessibility.getFullAXTree');
		return nodes.filter((x) => !x.ignored).map((x) => ({
			role: x.role?.value, name: x.name?.value ?? '', description: x.description?.value ?? '',
			...Object.fromEntries((x.properties ?? []).map((p) => [p.name, p.value.value])),
		}));
	}
	// The page that has this heading; everything on it has a name, it fits a narrow window, a picture is kept.
	async sees(heading) {
		await this.page.waitForFunction((h) => document.readyState === 'complete' && document.querySelector('h1')?.textContent === h, heading, { timeout: 10000 * slack });
		const tree = await this.tree();
		for (const x of tree)
			if (CONTROLS.includes(x.role))
				assert.ok(x.name, `${x.role} without a name on ${heading}`);
		const page = tree.find((x) => x.role === 'RootWebArea');
		assert.match(page.name, / - gatehouse$/);
		assert.equal(tree.filter((x) => x.role === 'main').length, 1);
		for (const [scheme, width] of [['light', 1000], ['dark', 1000], ['light', 320]]) {
			await this.page.emulateMedia({ colorScheme: scheme });
			await this.page.setViewportSize({ width, height: 800 });
			assert.ok(await this.page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), `${heading} fits ${width}`);
			assert.ok(await this.page.evaluate(leastContrast) >= 4.5, `${heading} is legible, ${scheme}`);
			await this.page.screenshot({ path: join(shots, `${String(pictures).padStart(2, '0')}-${heading.replace(/\W+/g, '-').toLowerCase()}-${scheme}-${width}.png`), fullPage: true });
		}
		await this.page.setViewportSize({ width: 1000, height: 800 });
		pictures++;
		return tree;
	}
	async focused() { return (await this.tree()).find((x) => x.focused && x.role !== 'RootWebArea'); }
	// Tab until the control of this role and name has the focus, which is visible.
	async tab(role, name) {
		for (let i = 0; i < 30; i++) {
			const at = await this.focused();
			if (at?.role === role && at.name === name) {
				assert.notEqual(await this.page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none');
				return at;
			}
			await this.page.keyboard.press('Tab');
		}
		throw new Error(`no ${role} ${name} by Tab`);
	}
	async type(name, text) { const at = await this.tab('textbox', name); await this.page.keyboard.type(text); return at; }
	async press(role, name) { await this.tab(role, name); await this.page.keyboard.press('Enter'); }
	async login(g) {
		await this.sees('Log in');
		await this.type('Email', g.user);
		await this.type('Password', g.pass);
		await this.page.keyboard.press('Enter');
	}
}

let pictures = 0;
async function person(t, g, elsewhere) {
	mkdirSync(shots, { recursive: true });
	const home = `http://127.0.0.1:${g.ports.sso}/`, refused = [];
	const browser = await require('playwright-core').chromium.launch({ executablePath: chromium, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
	t.after(() => browser.close());
	const context = await browser.newContext(), page = await context.newPage();
	page.on('console', (m) => m.type() === 'error' && !/favicon| 422 /.test(m.location().url + m.text()) && refused.push(m.text()));
	page.on('request', (r) => r.url().startsWith(home) || r.url().startsWith(elsewhere) || refused.push(`from elsewhere: ${r.url()}`));
	return { home, page, refused, p: new Person(page, await context.newCDPSession(page)) };
}

test('the pages, by keyboard alone', { skip, timeout: 120000 * slack }, async (t) => {
	const g = await gateway(), { home, page, refused, p } = await person(t, g);

	await page.goto(home);
	assert.equal((await p.focused()).name, 'Email');                   // one can type at once
	await p.type('Email', g.user);
	await p.type('Password', 'wrong');
	await page.keyboard.press('Enter');
	const said = await p.sees('Log in');
	assert.ok(said.some((x) => x.role === 'alert'));
	assert.match((await p.tab('textbox', 'Password')).description, /^Unable to verify email or password/);
	await page.goto(home);
	await p.login(g);
	await p.sees('Your account');

	await p.press('link', 'Second factor');
	const offer = await p.sees('Set up a second factor');
	const seen = pixels(await page.locator('svg.qr').screenshot());
	const uri = new URL(require('jsqr')(seen.data, seen.width, seen.height).data), secret = uri.searchParams.get('secret');
	assert.equal(`${uri.protocol}//${uri.host}${decodeURIComponent(uri.pathname)}`, `otpauth://totp/gatehouse:${g.user}`);
	assert.ok(offer.some((x) => x.name === secret || x.name.includes(secret)), 'the key to type is the same');
	await p.type('Code that the authenticator shows now', totp(secret, -1));
	await page.keyboard.press('Enter');
	const on = await p.sees('Your account');
	assert.ok(on.some((x) => x.role === 'status'));
	await p.press('button', 'Log out');

	await p.login(g);
	await p.sees('Second factor');
	assert.equal((await p.focused()).name, 'Code of your authenticator');
	await p.type('Code of your authenticator', totp(secret));
	await page.keyboard.press('Enter');
	await p.sees('Your account');

	await p.press('link', 'Temporary authentication code');
	await p.sees('Temporary Authentication Code');
	const passcode = await page.locator('#passcode').textContent();
	const got = await new Home(home.slice(0, -1)).run('get_token', ['-u', g.user, '-p', passcode]);
	assert.equal(got.code, 0, got.err);
	expect(await g.mgmt('', { auth: `Bearer ${got.out.trim()}` }), { status: 200 });

	await p.press('link', 'gatehouse');
	await p.sees('Your account');
	await p.press('link', 'Change your password');
	await p.sees('Change your password');
	await p.type('Current password', g.pass);
	await p.type('New password', 'short');
	await p.type('New password, again', 'short');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#why');
	await p.sees('Change your password');
	assert.match((await p.tab('textbox', 'New password')).description, /At least 8 characters.*Password must be at least 8 characters/);
	await p.press('link', 'gatehouse');
	await p.sees('Your account');
	await p.press('button', 'Log out');
	assert.ok((await p.sees('Log in')).some((x) => x.role === 'status'));
	await page.goto(`${home}passcode`);
	assert.equal(new URL(page.url()).pathname, '/login');
	assert.deepEqual(refused, []);
});

test('a client asks, and is allowed and refused', { skip, timeout: 60000 * slack }, async (t) => {
	const client = await origin((one, res) => { res.setHeader('Content-Type', 'text/html'); res.end('<title>client</title><h1>Back at the client</h1>'); });
	const g = await gateway(), back = `${client.url}/back`;
	await seed(g, [['client', 'secret', { client_id: 'app', name: 'The "app" & more', authorized_grant_types: ['authorization_code'], redirect_uri: [back], scope: ['openid', 'scim.me'] }]]);
	const { home, page, refused, p } = await person(t, g, client.url);
	const verifier = 'v'.repeat(43), challenge = createHash('sha256').update(verifier).digest('base64url');
	const ask = `${home}oauth/authorize?${new URLSearchParams({ response_type: 'code', client_id: 'app', redirect_uri: back, state: 's1', scope: 'openid scim.me', code_challenge: challenge, code_challenge_method: 'S256' })}`;
	const heading = 'Allow The "app" & more to use your account?';

	await page.goto(ask);
	await p.login(g);
	const tree = await p.sees(heading);
	assert.deepEqual(tree.filter((x) => x.role === 'checkbox').map((x) => [x.name, x.checked]), [['openid', 'true'], ['scim.me', 'true']]);
	await p.press('button', 'Refuse');
	await page.waitForURL((u) => u.href.startsWith(back));
	assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');

	await page.goto(ask);                                             // logged in still; asked again
	await p.sees(heading);
	await p.tab('checkbox', 'scim.me');
	await page.keyboard.press('Space');
	await p.press('button', 'Allow');
	await page.waitForURL((u) => u.href.startsWith(back));
	const answer = Object.fromEntries(new URL(page.url()).searchParams);
	assert.deepEqual([answer.state, answer.iss], ['s1', `${home}oauth/token`]);
	const form = { grant_type: 'authorization_code', code: answer.code, redirect_uri: back, code_verifier: verifier };
	assert.equal(expect(await g.sso('/oauth/token', { form, client: 'app:secret' }), { status: 200 }).json.scope, 'openid');
	assert.deepEqual(refused, []);
});

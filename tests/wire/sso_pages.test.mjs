// SPDX-License-Identifier: Apache-2.0
// The pages of the OAuth2 service: logging in and out, the passcode, the second factor, passwords.
// Invariant: nothing a request says comes back unescaped, and no page leads to a host that nobody registered.
// Source: oauth2-service reference, 2.5, 3.9, 4.2, 4.3; OWASP session management, CSRF.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway, sleep } from './gateway.mjs';
import { SECRET, refusal, seed } from './sso.mjs';
import { Visitor, forms, totp } from './visitor.mjs';

const SET = { 'sso.lockout_period': 1, 'sso.logout_whitelist': 'https://ui.example/out, https://other.example/' };
const g = await gateway({ set: SET });
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const page = (r, title, status = 200) => {
	expect(r, { status, headers: { 'content-type': 'text/html;charset=UTF-8', 'cache-control': 'no-store', 'x-frame-options': 'DENY',
		'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'content-security-policy': (v) => v.startsWith(POLICY) } });
	assert.equal(/<title>(.*)<\/title>/.exec(r.text)[1], `${title} - gatehouse`);
	assert.doesNotMatch(r.text, /<script|style=|\son\w+=|https?:/);       // no script, nothing from elsewhere
	for (const f of forms(r.text)) {
		assert.match(f.fields['X-Uaa-Csrf'], /^[A-Za-z0-9]{22}$/);
		for (const [tag] of f.html.matchAll(/<input(?![^>]*type="hidden")[^>]*>/g)) {
			const id = /id="([^"]*)"/.exec(tag)[1];
			assert.ok(f.html.includes(`<label for="${id}">`), `${id} has a label`);
			for (const d of (/aria-describedby="([^"]*)"/.exec(tag)?.[1] ?? '').split(' ').filter(Boolean))
				assert.ok(r.text.includes(`id="${d}"`), `${d} is there`);
		}
	}
	return r;
};
const visitor = async (who) => {
	const v = new Visitor(who?.at ?? g);
	expect(await v.login(), { status: 303 });
	return v;
};
const user = async (name) => {                                     // another person, at a place of their own
	const pass = 'first-Passw0rd', at = await gateway({ demo: false, user: name, pass, set: SET });
	return { username: name, password: pass, at };
};

test('/login is a page for browsers, JSON for programs', async () => {
	const v = new Visitor(g);
	const r = page(await v.get('/login'), 'Log in');
	assert.deepEqual(forms(r.text)[0].names, ['username', 'password']);
	const css = expect(await v.get('/resources/style.css'), { status: 200, headers: { 'content-type': 'text/css;charset=UTF-8' } }).text;
	assert.match(css, /prefers-color-scheme: dark[\s\S]*focus-visible/);
	for (const Accept of ['application/json', '*/*', 'application/json, text/html'])
		assert.match(expect(await g.sso('/login', { headers: { Accept } }), { status: 200 }).text, /^\{"app".*"\}$/);
});

test('a login: a session that nobody could prepare, in a cookie that no script reads', async () => {
	const v = new Visitor(g), planted = 'A'.repeat(32);
	const first = await v.get('/login');
	assert.match(first.headers['set-cookie'][0], /^X-Uaa-Csrf=[A-Za-z0-9]{22}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/);
	v.jar.set('JSESSIONID', planted);
	const r = expect(await v.submit(first, { username: ` ${g.user.toUpperCase()} `, password: g.pass }), { status: 303 });
	assert.equal(r.to, '/');
	assert.match(r.headers['set-cookie'].find((c) => c.startsWith('JSESSIONID')), /^JSESSIONID=[A-Za-z0-9]{32}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/);
	const one = v.jar.get('JSESSIONID');
	assert.notEqual(one, planted);
	assert.ok(page(await v.get('/'), 'Your account').text.includes(g.user));
	await v.login();                                              // again: another session, the one before is over
	assert.notEqual(v.jar.get('JSESSIONID'), one);
	const before = new Visitor(g);
	before.jar.set('JSESSIONID', one);
	assert.equal(expect(await before.get('/'), { status: 303 }).to, '/login?return_to=%2F');
});

test('wrong, locked, from elsewhere: back to the page that says so', async () => {
	const who = await user('lock@acme.example'), v = new Visitor(who.at), wrong = { password: 'x' };
	for (let i = 0; i < 5; i++)
		assert.equal((await v.login(wrong)).to, '/login?error=login_failure');
	assert.equal((await v.login()).to, '/login?error=account_locked');
	assert.equal((await v.login({ username: 'nobody@acme.example', password: 'x' })).to, '/login?error=login_failure');
	const said = page(await v.get('/login?error=login_failure'), 'Error: Log in');
	assert.match(said.text, /role="alert" id="why">Unable to verify email or password\. Please try again\.</);
	assert.match(said.text, /id="password"[^>]*aria-invalid="true" aria-describedby="why"/);
	assert.match((await v.get('/login?error=account_locked')).text, /Your account has been locked because of too many failed attempts to login\./);
	page(await v.get('/login?error=%3Cb%3E'), 'Log in');          // an unknown word says nothing
	await sleep(1100);
	assert.equal((await v.login()).to, '/');
});

const forged = [
	['no token', (f) => ({ ...f, 'X-Uaa-Csrf': undefined })],
	['an empty one', (f) => ({ ...f, 'X-Uaa-Csrf': '' })],
	['another one', (f) => ({ ...f, 'X-Uaa-Csrf': 'B'.repeat(22) })],
	['no cookie', (f, v) => (v.jar.delete('X-Uaa-Csrf'), f)],
];
for (const [what, change] of forged) {
	test(`a form from elsewhere: ${what}`, async () => {
		const send = (v, path, fields) => v.call(path, { fields: JSON.parse(JSON.stringify(change(fields, v))) });
		const out = new Visitor(g), login = forms((await out.get('/login')).text)[0];
		assert.equal((await send(out, '/login.do', { ...login.fields, username: g.user, password: g.pass })).to, '/login?error=invalid_login_request');
		const posts = ['/change_password.do', '/login/mfa/register.do', '/login/mfa/remove.do'];
		for (const path of posts) {
			const v = await visitor(), csrf = v.jar.get('X-Uaa-Csrf');
			const r = await send(v, path, { 'X-Uaa-Csrf': csrf, code: '123456', current_password: g.pass, new_password: 'changed-1', confirm_password: 'changed-1' });
			assert.equal(expect(r, { status: 303 }).to, '/invalid_request', path);
		}
		for (const path of ['/logout.do', '/reset_password.do', '/login/mfa/verify.do', '/force_password_change']) {
			const v = await visitor();
			assert.equal((await send(v, path, { 'X-Uaa-Csrf': v.jar.get('X-Uaa-Csrf') })).to, '/login?error=invalid_login_request', path);
		}
	});
}
test('the token in the header counts, too; the page of a forged form', async () => {
	const v = await visitor();
	page(await v.get('/invalid_request'), 'Invalid request', 400);
	expect(await v.call('/logout.do', { method: 'POST', fields: {}, headers: { 'X-CSRF-TOKEN': v.jar.get('X-Uaa-Csrf') } }), { status: 303 });
	assert.ok(!v.jar.has('JSESSIONID'));
});

const onward = [
	['/passcode', '/passcode'], ['/oauth/authorize?a=b&c=d', '/oauth/authorize?a=b&c=d'], ['https://evil.example/', '/'], ['//evil.example/', '/'],
	['/\\evil.example', '/'], ['/%0d%0aSet-Cookie:x=y', '/%0d%0aSet-Cookie:x=y'], ['/\r\nSet-Cookie: x=y', '/'], ['/\t/evil.example', '/'],
	['javascript:alert(1)', '/'], ['evil.example', '/'], ['/"><b>', '/"><b>'],
];
for (const [to, want] of onward) {
	test(`after the login: ${JSON.stringify(to)} leads to ${want}`, async () => {
		const v = new Visitor(g), r = page(await v.get(`/login?return_to=${encodeURIComponent(to)}`), 'Log in');
		assert.equal(forms(r.text)[0].fields.return_to ?? '/', want);
		const f = forms(r.text)[0];
		const done = await v.call('/login.do', { fields: { ...f.fields, username: g.user, password: g.pass, return_to: to } });
		assert.equal(expect(done, { status: 303 }).headers.location, `http://127.0.0.1:${g.ports.sso}${want}`);
		assert.equal((done.headers['set-cookie'] ?? []).length, 1);
		const failed = await v.call('/login.do', { fields: { ...f.fields, username: g.user, password: '', return_to: to } });
		assert.match(failed.to, /^\/login\?error=login_failure/);
	});
}
test('who is not logged in is led there and back', async () => {
	const v = new Visitor(g);
	for (const path of ['/', '/passcode', '/login/mfa/register', '/change_password'])
		assert.equal(expect(await v.get(path), { status: 303 }).to, `/login?return_to=${encodeURIComponent(path)}`);
	expect(await v.get('/passcode', { headers: { Accept: 'application/json' } }), { status: 401 });
	assert.equal((await v.login({ at: '/login?return_to=%2Fpasscode' })).to, '/passcode');
});

const out = [
	['', '/login?success=logout'], ['?redirect=/passcode', '/passcode'], ['?redirect=//evil.example', '/login?success=logout'],
	['?redirect=https://evil.example/', '/login?success=logout'], ['?redirect=https://ui.example/out', 'https://ui.example/out'],
	['?redirect=https://other.example/', 'https://other.example/'], ['?redirect=https://ui.example/out/more', '/login?success=logout'],
	['?redirect=https://ui.example.evil.example/out', '/login?success=logout'], ['?redirect=https://ui.example/out,%20https://other.example/', '/login?success=logout'],
	['?post_logout_redirect_uri=https://ui.example/out&state=a%26b', 'https://ui.example/out?state=a%26b'],
	['?post_logout_redirect_uri=https://evil.example/&client_id=edgecli', '/login?success=logout'],
	['?post_logout_redirect_uri=https://evil.example/&id_token_hint=a.b.c', '/login?success=logout'],
	['?redirect=https://ui.example/out%0d%0aX:y', '/login?success=logout'],
];
test('logging out: only to an address that somebody registered', async () => {
	for (const [query, want] of out) {
		const v = await visitor();
		const one = v.jar.get('JSESSIONID');
		assert.equal(expect(await v.get(`/logout.do${query}`), { status: 303 }).to, want, query);
		assert.ok(!v.jar.has('JSESSIONID'));
		v.jar.set('JSESSIONID', one);
		assert.match((await v.get('/')).to, /^\/login/);
	}
	const v = await visitor();
	assert.equal((await v.submit(await v.get('/'))).to, '/login?success=logout');
	page(await v.get('/login?success=logout'), 'Log in');
});

test('a passcode: good once, one at a time, as a page and as JSON', async () => {
	const v = await visitor();
	const take = (passcode) => g.sso('/oauth/token', { form: { grant_type: 'password', passcode, response_type: 'token' } });
	const shown = (r) => /aria-label="Passcode">([A-Za-z0-9]{10})</.exec(page(r, 'Temporary Authentication Code').text)[1];
	const one = shown(await v.get('/passcode')), two = shown(await v.get('/passcode'));
	expect(await take(one), { status: 401 });
	assert.equal(JSON.parse(Buffer.from(expect(await take(two), { status: 200 }).json.access_token.split('.')[1], 'base64url')).user_name, g.user);
	expect(await take(two), { status: 401 });
	const { passcode } = expect(await v.get('/passcode', { headers: { Accept: 'application/json' } }), { status: 200, headers: { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' } }).json;
	expect(await take(passcode), { status: 200 });
});

test('who only looks takes no passcode and is not logged out', async () => {
	const v = await visitor(), one = JSON.parse((await v.get('/passcode', { headers: { Accept: 'application/json' } })).text).passcode;
	for (const path of ['/passcode', '/logout.do', '/oauth/authorize'])
		for (const o of [{ method: 'HEAD' }, { headers: { 'Sec-Purpose': 'prefetch' } }])
			expect(await v.call(path, o), { status: 405, headers: { allow: (x) => /^GET(, POST)?$/.test(x) } });
	expect(await g.sso('/oauth/token', { form: { grant_type: 'password', passcode: one, response_type: 'token' } }), { status: 200 });
	expect(await v.call('/', { method: 'HEAD' }), { status: 200, body: '' });
});

test('the second factor: set up, asked for, removed', async () => {
	const who = await user('factor@acme.example'), v = await visitor(who);
	const offer = page(await v.get('/login/mfa/register'), 'Second factor'), secret = /aria-label="Key">([A-Z2-7]{32})</.exec(offer.text)[1];
	assert.ok((await v.get('/login/mfa/manual')).text.includes(secret));      // the same until it is confirmed
	assert.match(offer.text, /<svg class="qr" role="img" aria-label="[^"]+" viewBox/);
	const wrong = page(await v.submit(offer, { code: '000000' }), 'Error: Second factor', 422);
	assert.ok(wrong.text.includes(secret));
	const confirmed = totp(secret, -1);
	assert.equal((await v.submit(wrong, { code: confirmed })).to, '/?success=mfa_on');
	assert.match((await v.get('/?success=mfa_on')).text, /The second factor is on\.[\s\S]*on since \d{4}-\d\d-\d\d/);

	expect(await who.at.login(), { status: 401, body: /Invalid MFA code/ });
	expect(await who.at.mgmt('/v1/organizations'), { status: 401 });
	const w = new Visitor(who.at), asked = await w.login();
	assert.equal(asked.to, '/login/mfa/verify');
	assert.ok(!w.jar.has('JSESSIONID'));
	assert.match((await w.get('/')).to, /^\/login/);               // the first step opens nothing
	const verify = page(await w.get('/login/mfa/verify'), 'Second factor');
	for (const code of ['', '000000', confirmed]) {                 // the one that confirmed it is spent
		const r = await w.submit(verify, { code });
		assert.equal(r.to, '/login/mfa/verify?error=invalid_code');
	}
	assert.match(page(await w.get('/login/mfa/verify?error=invalid_code'), 'Error: Second factor').text, /id="code"[^>]*aria-invalid="true" aria-describedby="code-hint why"/);
	const step = w.jar.get('X-Login-Step'), code = totp(secret);
	assert.equal((await w.submit(verify, { code })).to, '/');
	assert.ok(w.jar.has('JSESSIONID') && !w.jar.has('X-Login-Step'));
	const again = new Visitor(who.at);
	await again.get('/login');
	again.jar.set('X-Login-Step', step);
	assert.equal((await again.get('/login/mfa/verify')).to, '/login'); // that step is over

	const off = page(await w.get('/login/mfa/register'), 'Second factor');
	page(await w.submit(off, { code }), 'Error: Second factor', 422);  // spent
	assert.equal((await w.submit(off, { code: totp(secret, 1) })).to, '/?success=mfa_off');
	assert.equal((await new Visitor(who.at).login()).to, '/');
});

test('codes are guessed at five times at most', async () => {
	const who = await user('guess@acme.example'), v = await visitor(who);
	const offer = await v.get('/login/mfa/register'), secret = /aria-label="Key">([A-Z2-7]{32})</.exec(offer.text)[1];
	await v.submit(offer, { code: totp(secret, -1) });
	const w = new Visitor(who.at);
	await w.login();
	const verify = await w.get('/login/mfa/verify'), answers = [];
	for (let i = 0; i < 6; i++)
		answers.push((await w.submit(verify, { code: '000000' })).to);
	assert.deepEqual(answers, [...Array(5).fill('/login/mfa/verify?error=invalid_code'), '/login?error=account_locked']);
	await sleep(1100);
	assert.equal((await w.submit(verify, { code: totp(secret) })).to, '/');
});

test('changing the password: ends every other session and token', async () => {
	const who = await user('change@acme.example'), v = await visitor(who), other = await visitor(who);
	const token = expect(await who.at.login(), { status: 200 }).json;
	const ask = page(await v.get('/change_password'), 'Change your password');
	const change = (current_password, new_password, confirm_password = new_password) => v.submit(ask, { current_password, new_password, confirm_password });
	const rows = [
		[['wrong', 'second-Passw0rd'], /id="why">Incorrect password\.</, 'current_password'],
		[[who.password, 'second-Passw0rd', 'other'], /Passwords must match and not be empty\./, 'new_password'],
		[[who.password, 'short'], /Password must be at least 8 characters in length\./, 'new_password'],
		[[who.password, 'x'.repeat(256)], /Password must be no more than 255 characters in length\./, 'new_password'],
		[[who.password, who.password], /Your new password cannot be the same as the old password\./, 'new_password'],
	];
	for (const [typed, text, field] of rows) {
		const r = page(await change(...typed), 'Error: Change your password', 422);
		assert.match(r.text, text);
		assert.match(r.text, new RegExp(`id="${field}"[^>]*aria-invalid="true"`));
		assert.ok(!r.text.includes(typed[1]));
	}
	const before = v.jar.get('JSESSIONID');
	assert.equal((await change(who.password, 'second-Passw0rd')).to, '/?success=password_changed');
	assert.notEqual(v.jar.get('JSESSIONID'), before);
	page(await v.get('/?success=password_changed'), 'Your account');
	assert.match((await other.get('/')).to, /^\/login/);
	expect(await who.at.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: token.refresh_token } }), { status: 401 });
	expect(await who.at.login(), { status: 401 });
	const fresh = expect(await who.at.login({ password: 'second-Passw0rd' }), { status: 200 }).json;  // at once
	expect(await who.at.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: fresh.refresh_token } }), { status: 200 });
});

test('hostile names are text', async () => {
	const who = await user(`x"><b>'&{{csrf}}@acme.example`), v = await visitor(who);
	const r = page(await v.get('/'), 'Your account');
	assert.ok(r.text.includes('x&quot;&gt;&lt;b&gt;'), r.text);
	assert.ok(!r.text.includes('<b>') && r.text.includes('{{csrf}}'));
	page(await v.get('/login/mfa/register'), 'Second factor');
});

test('who must choose a new password does, before anything else; who is not verified waits', async () => {
	const who = await user('admin@acme.example'), [must, later] = ['must@acme.example', 'later@acme.example'], password = 'first-Passw0rd';
	await seed(who.at, [`user ${must} ${password}`, `flag ${must} must_change`, `user ${later} ${password}`, `flag ${later} unverified`]);
	assert.equal((await new Visitor(who.at).login({ username: later, password })).to, '/login?error=account_not_verified');
	const v = new Visitor(who.at), r = await v.login({ username: must, password, at: '/login?return_to=%2Fpasscode' });
	assert.equal(r.to, '/force_password_change');
	assert.ok(!v.jar.has('JSESSIONID'));
	assert.match((await v.get('/passcode')).to, /^\/login/);
	const ask = page(await v.get(r.to), 'Change your password');
	for (const [typed, text] of [[password, /cannot be the same as the old password/], ['short', /at least 8 characters/]])
		assert.match(page(await v.submit(ask, { new_password: typed, confirm_password: typed }), 'Error: Change your password', 422).text, text);
	assert.equal((await v.submit(ask, { new_password: 'second-Passw0rd', confirm_password: 'second-Passw0rd' })).to, '/passcode');
	page(await v.get('/passcode'), 'Temporary Authentication Code');
	assert.equal((await v.get('/force_password_change')).to, '/login');        // that step is over
	expect(await who.at.login({ username: must, password: 'second-Passw0rd' }), { status: 200 });
	await seed(who.at, [`flag ${must} must_change`]);
	assert.match((await v.get('/passcode')).to, /^\/login/);                    // also who was logged in
});

test('logging out leads to what the client registered, to the letter', async () => {
	const who = await user('admin@acme.example'), to = 'https://app.example/bye?x=1';
	await seed(who.at, [['client', 'secret', { client_id: 'app', authorized_grant_types: ['client_credentials'], redirect_uri: [to], authorities: ['uaa.none'] }]]);
	const hint = expect(await who.at.sso('/oauth/token', { form: { grant_type: 'client_credentials' }, client: 'app:secret' }), { status: 200 }).json.access_token;
	const rows = [
		[{ post_logout_redirect_uri: to, client_id: 'app' }, to], [{ redirect: to, client_id: 'app', state: 's&t' }, `${to}&state=s%26t`],
		[{ post_logout_redirect_uri: `${to}2`, client_id: 'app' }, '/login?success=logout'], [{ post_logout_redirect_uri: to }, '/login?success=logout'],
		[{ post_logout_redirect_uri: to, client_id: 'other' }, '/login?success=logout'], [{ post_logout_redirect_uri: to, id_token_hint: hint }, to],
		[{ post_logout_redirect_uri: to, id_token_hint: `${hint}x`, client_id: 'app' }, '/login?success=logout'],
	];
	const v = new Visitor(who.at);
	for (const [query, want] of rows)
		assert.equal((await v.get(`/logout.do?${new URLSearchParams(query)}`)).to, want, JSON.stringify(query));
});

test('a forgotten password: a link from whoever runs the service, good once', async () => {
	const who = await user('forgot@acme.example'), v = new Visitor(who.at), api = who.at;
	assert.match(page(await v.get('/forgot_password'), 'Forgot your password?').text, /sends no mail/);
	for (const path of ['/reset_password', '/reset_password?code=', '/reset_password?code=%3Cb%3E'])
		page(await v.get(path), 'Error: Link not valid', 422);
	const some = expect(await api.login(), { status: 200 }).json.access_token;
	expect(await api.sso('/password_resets', { method: 'POST', body: who.username }), { status: 401 });
	expect(await api.sso('/password_resets', { method: 'POST', body: who.username, headers: { Authorization: `Bearer ${some}` } }), { status: 403 });
	await seed(api, [['client', 'secret', { client_id: 'desk', authorized_grant_types: ['client_credentials'], authorities: ['oauth.login'] }]]);
	const desk = expect(await api.sso('/oauth/token', { form: { grant_type: 'client_credentials' }, client: 'desk:secret' }), { status: 200 }).json.access_token;
	const headers = { Authorization: `Bearer ${desk}` }, link = (body) => api.sso('/password_resets', { method: 'POST', body, headers });
	expect(await link('nobody@acme.example'), { status: 404 });
	const code = async () => {
		const r = expect(await link(` ${who.username.toUpperCase()}\n`), { status: 201, headers: { 'cache-control': 'no-store' } });
		assert.deepEqual(Object.keys(r.json), ['code', 'user_id']);
		return r.json.code;
	};
	const first = await code(), second = await code();
	page(await v.get(`/reset_password?code=${first}`), 'Error: Link not valid', 422);      // a newer one was made
	for (let i = 0; i < 5; i++)
		expect(await api.login({ password: 'x' }), { status: 401 });
	const ask = page(await v.get(`/reset_password?code=${second}`), 'Change your password');
	assert.equal(forms(ask.text)[0].names.length, 2);
	const set = (a, b = a) => v.submit(ask, { new_password: a, confirm_password: b });
	page(await set('second-Passw0rd', 'other'), 'Error: Change your password', 422);
	page(await set('short'), 'Error: Change your password', 422);
	assert.equal((await set('second-Passw0rd')).to, '/login?success=password_reset');
	page(await set('third-Passw0rd'), 'Error: Link not valid', 422);
	assert.equal((await v.login({ password: 'second-Passw0rd' })).to, '/');                // no longer locked either
	expect(await api.mgmt('/v1/organizations', { auth: `Bearer ${some}` }), { status: 401 });

	const change = (body) => api.sso('/password_change', { method: 'POST', body: JSON.stringify(body), headers: { ...headers, 'Content-Type': 'application/json' } });
	const third = await code();
	expect(await change({ change_code: 'x', new_password: 'third-Passw0rd' }), { status: 422, body: /"invalid_code"/ });
	expect(await change({ new_password: 'third-Passw0rd' }), { status: 422, body: /"invalid_code"/ });
	expect(await change({ change_code: third, new_password: 'x' }), { status: 422, body: refusal('invalid_password', 'Password must be at least 8 characters in length.') });
	const done = expect(await change({ change_code: third, new_password: 'third-Passw0rd' }), { status: 200 }).json;
	assert.deepEqual([Object.keys(done), done.username], [['user_id', 'username', 'email'], who.username]);
	expect(await change({ change_code: third, new_password: 'third-Passw0rd' }), { status: 422, body: /"invalid_code"/ });
	expect(await api.login({ password: 'third-Passw0rd' }), { status: 200 });
});

test('behind TLS and below a path: cookies and links say so', async () => {
	const at = await gateway({ demo: false, set: { 'sso.url': 'https://login.example/auth/' } }), v = new Visitor(at);
	const r = expect(await v.get('/login'), { status: 200, headers: { 'strict-transport-security': 'max-age=31536000' } });
	assert.match(r.headers['set-cookie'][0], /; HttpOnly; SameSite=Lax; Secure$/);
	assert.equal(forms(r.text)[0].action, '/auth/login.do');
	assert.match(r.text, /href="\/auth\/resources\/style\.css"/);
	const f = forms(r.text)[0], done = await v.call('/login.do', { fields: { ...f.fields, username: at.user, password: at.pass } });
	assert.equal(expect(done, { status: 303 }).headers.location, 'https://login.example/auth/');
	assert.match(done.headers['set-cookie'][0], /; Secure$/);
});

test('one step of a login, sent many times at once, opens one session', async () => {
	const who = await user('once@acme.example'), secret = SECRET;
	await seed(who.at, [`totp ${who.username} ${secret}`]);
	const v = new Visitor(who.at), r = await v.login(), verify = await v.get(r.to), code = totp(secret);
	const to = (await Promise.all(Array.from({ length: 16 }, () => v.submit(verify, { code })))).map((x) => [x.to, (x.headers['set-cookie'] ?? []).some((c) => c.startsWith('JSESSIONID'))]);
	assert.deepEqual(to.filter(([, session]) => session), [['/', true]]);
});

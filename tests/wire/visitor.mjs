// SPDX-License-Identifier: Apache-2.0
// A browser without a screen for the pages of the OAuth2 service: cookies, forms, redirects one at a time.
// Invariant: a form is sent as its page has it: hidden fields, action and method are never assumed.
// Source: HTML "form submission"; RFC 6265.
import assert from 'node:assert/strict';
import { fetchOne, form } from './gateway.mjs';
import { totp as code } from './sso.mjs';

const text = (s) => s.replace(/&(amp|lt|gt|quot|#39|apos);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'" })[e]);
const attributes = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].slice(1).map((m) => [m[1], text(m[2] ?? '')]));

// [{ action, fields, names }] of a page; fields are those with a value, names all that a person fills.
export function forms(html) {
	return [...html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([f]) => {
		const inputs = [...f.matchAll(/<input[^>]*>/g)].map((m) => attributes(m[0]));
		return {
			...attributes(/<form[^>]*>/.exec(f)[0]), html: f,
			fields: Object.fromEntries(inputs.filter((i) => i.type === 'hidden').map((i) => [i.name, i.value])),
			names: inputs.filter((i) => i.type !== 'hidden').map((i) => i.name),
		};
	});
}

export class Visitor {
	constructor(g) { Object.assign(this, { g, jar: new Map() }); }
	async call(path, { headers = {}, fields, ...o } = {}) {
		const r = await fetchOne({
			port: this.g.ports.sso, path, ...(fields ? { body: form(fields) } : {}), ...o,
			headers: {
				Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
				...(this.jar.size ? { Cookie: [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ') } : {}),
				...(fields ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}), ...headers,
			},
		});
		for (const c of r.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(c);
			if (/Max-Age=0\b/.test(c)) this.jar.delete(name); else this.jar.set(name, value);
		}
		const at = r.headers.location && new URL(r.headers.location);
		return Object.assign(r, { to: at && (at.port === String(this.g.ports.sso) ? at.pathname + at.search : at.href) });
	}
	get(path, o) { return this.call(path, o); }
	// Sends the nth form of a page, with what is typed into it.
	submit(page, typed = {}, { nth = 0, ...o } = {}) {
		const f = forms(page.text)[nth];
		for (const name of Object.keys(typed))
			assert.ok(f.names.includes(name) || name in f.fields, `the page asks for ${name}`);
		return this.call(f.action, { fields: { ...f.fields, ...typed }, ...o });
	}
	// From the page of the login to where it leads; a code when one is asked for.
	async login({ username = this.g.user, password = this.g.pass, code, at = '/login' } = {}) {
		const r = await this.submit(await this.get(at), { username, password });
		return code === undefined || r.to !== '/login/mfa/verify' ? r : this.submit(await this.get(r.to), { code });
	}
}

// The code of a secret, so many half minutes from now.
export const totp = (secret, steps = 0) => code(secret, Date.now() + steps * 30000);

// SPDX-License-Identifier: Apache-2.0
// Four rounds of tests/soak/kill9_sso.mjs; `make soak` runs fifty.
// Invariant: what the OAuth2 service answered holds after the restart, and what was spent stays spent.
// Source: tests/soak/kill9_sso.mjs.
import test from 'node:test';
import { rounds } from '../soak/kill9_sso.mjs';

test('kill -9 at a random moment, four times', () => rounds(4, () => {}));

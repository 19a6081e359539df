import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../config/options.ts';
import type { Changes } from '../state/changes.ts';
import type { LoginStore } from '../storage/login-store.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { hashSecret, newSecret } from './secret-text.ts';

/** A signed-in browser. `key` names it in this process; it is no secret. */
export interface Login {
  readonly key: string;
  readonly createdAt: number;
  /** What state-changing calls must repeat in `X-SP-CSRF`. */
  readonly csrf: string;
}

/** One-time set-up codes and browser logins (security model, SEC-334, SEC-345). */
export interface Logins {
  /** A new code, valid 15 minutes; earlier ones stop counting. */
  newSetupCode(): string;
  /** Spends a code: the cookie's value and the login, or undefined for any wrong, used or old code. */
  signIn(code: string): { readonly cookie: string; readonly login: Login } | undefined;
  /** The login of a cookie, while it is neither idle for 30 minutes nor older than 12 hours. `touch` counts as use. */
  find(cookie: string, touch: boolean): Login | undefined;
  signOut(cookie: string): void;
}

const SETUP_CODE_MS = 15 * 60_000;
const IDLE_MS = 30 * 60_000;
const ABSOLUTE_MS = 12 * 3_600_000;
const TOUCH_EVERY_MS = 30_000;

export function createLogins(ports: { store: LoginStore; meta: MetaStore; clock: Clock; changes: Changes }): Logins {
  const { store, meta, clock, changes } = ports;
  const csrfKey = Buffer.from(meta.get('csrf_key') ?? newCsrfKey(meta), 'base64');

  function toLogin(cookie: string, createdAt: number): Login {
    const csrf = createHmac('sha256', csrfKey).update(cookie).digest('base64url');
    return { key: Buffer.from(hashSecret(cookie)).toString('hex'), createdAt, csrf };
  }

  return {
    newSetupCode() {
      const code = newSecret();
      store.replaceSetupCode(hashSecret(code), clock.now() + SETUP_CODE_MS);
      return code;
    },
    signIn(code) {
      const nowMs = clock.now();
      store.removeEnded(nowMs - IDLE_MS, nowMs - ABSOLUTE_MS);
      if (!store.spendSetupCode(hashSecret(code), nowMs)) return undefined;
      const cookie = newSecret();
      store.addLogin(hashSecret(cookie), nowMs);
      return { cookie, login: toLogin(cookie, nowMs) };
    },
    find(cookie, touch) {
      const nowMs = clock.now();
      const found = store.findLogin(hashSecret(cookie));
      if (found === undefined || found.seenAt < nowMs - IDLE_MS || found.createdAt < nowMs - ABSOLUTE_MS) return undefined;
      if (touch && nowMs - found.seenAt > TOUCH_EVERY_MS) store.touchLogin(hashSecret(cookie), nowMs);
      return toLogin(cookie, found.createdAt);
    },
    signOut(cookie) {
      store.removeLogin(hashSecret(cookie));
      changes.publish({ kind: 'login-ended', login: toLogin(cookie, 0).key });
    },
  };
}

/** True when the header is the login's token, compared in constant time. */
export function csrfMatches(login: Login, header: string): boolean {
  const given = Buffer.from(header);
  const wanted = Buffer.from(login.csrf);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function newCsrfKey(meta: MetaStore): string {
  const key = randomBytes(32).toString('base64');
  meta.set('csrf_key', key);
  return key;
}

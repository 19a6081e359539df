import { describe, expect, it } from 'vitest';
import type { AgentView } from '../api/types.ts';
import { agentWords, isLinked } from './agent-words.ts';
import { eventWords } from './event-words.ts';
import { pluginWords } from './plugin-words.ts';
import { agentAddress, parseRoute } from './route.ts';

function agent(link: string, state: string, over: Partial<AgentView> = {}): AgentView {
  return {
    id: 'a',
    state: 'active',
    version: null,
    os: null,
    liveness: { link: { state: link, since: 1 }, agent: { state, since: 1, skew_ms: null } },
    figures: null,
    certificate: null,
    signoff: null,
    features: [],
    revision: 1,
    ...over,
  };
}

describe('words for an agent', () => {
  it('names which fact speaks: enrolment state first, then link, then agent', () => {
    expect(agentWords(agent('up', 'ok'))).toMatchObject({ tone: 'ok', word: 'connected' });
    expect(agentWords(agent('down', 'ok', { version: '1' }))).toMatchObject({ tone: 'bad', word: 'link down' });
    expect(agentWords(agent('never', 'silent'))).toMatchObject({ word: 'not seen yet' });
    expect(agentWords(agent('down', 'silent'))).toMatchObject({ word: 'not seen yet' });
    expect(agentWords(agent('up', 'clock_off'))).toMatchObject({ tone: 'warn', word: 'clock off' });
    expect(agentWords(agent('up', 'ok', { state: 'revoked' }))).toMatchObject({ tone: 'bad', word: 'revoked' });
    expect(isLinked(agent('down', 'ok'))).toBe(false);
  });
});

describe('words for an event', () => {
  const event = (kind: string, body: unknown) => ({ id: 1, at: 1, kind, source: 's', body });

  it('makes refusals stand out, by kind or by status', () => {
    expect(eventWords(event('signature_failure', { failure_reason: 'replayed_nonce' }))).toMatchObject({
      refusal: true,
      tone: 'bad',
      details: [['failure_reason', 'replayed_nonce']],
    });
    expect(eventWords(event('whitelist_rejection', {})).refusal).toBe(true);
    expect(eventWords(event('job_result', { status: 'rejected' })).refusal).toBe(true);
    expect(eventWords(event('something_new', { status: 'refused' })).refusal).toBe(true);
    expect(eventWords(event('reconnect', { reason: 'x' })).refusal).toBe(false);
  });

  it('takes any body without falling over', () => {
    for (const body of [null, undefined, 7, [], 'text', { a: { b: [1] } }]) {
      expect(() => eventWords(event('constructor', body))).not.toThrow();
    }
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index]));
    expect(eventWords(event('x', many)).details).toHaveLength(12);
  });
});

describe('words for a plugin', () => {
  it('shows an unknown status as it came', () => {
    const plugin = { name: 'p', status: 'live', disabled_reason: null, state: null, declared: null };
    expect(pluginWords(plugin).tone).toBe('ok');
    expect(pluginWords({ ...plugin, status: 'refused(E_GRANT)' }).tone).toBe('bad');
    expect(pluginWords({ ...plugin, status: 'valueOf' })).toMatchObject({ tone: 'unknown', word: 'valueOf' });
  });
});

describe('addresses', () => {
  const at = (pathname: string, search = '', hash = '') => parseRoute({ pathname, search, hash });

  it('reads the one-time link and the chosen agent', () => {
    expect(at('/setup', '', '#CODE-1')).toEqual({ page: 'setup', code: 'CODE-1' });
    expect(at('/setup/', '', '')).toEqual({ page: 'setup', code: '' });
    expect(at('/')).toEqual({ page: 'live', agent: null });
    const address = new URL(agentAddress('a&b#c'), 'http://localhost');
    expect(parseRoute(address)).toEqual({ page: 'live', agent: 'a&b#c' });
  });
});

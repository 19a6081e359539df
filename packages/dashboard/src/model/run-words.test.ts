import { describe, expect, it } from 'vitest';
import { isCancellable, reasonMeaning, runSentence, runWords } from './run-words.ts';

const OPEN = ['queued', 'sending', 'sent', 'running', 'held', 'waiting_host', 'paused', 'awaiting_approval', 'awaiting_cosign'];
const ENDED = ['succeeded', 'failed', 'partly_failed', 'cancelled', 'expired', 'refused', 'interrupted', 'skipped', 'stale'];

describe('words for a run', () => {
  it('knows every state, and which are the last', () => {
    for (const state of OPEN) expect(runWords(state)).toMatchObject({ ended: false, tone: 'wait' });
    for (const state of ENDED) expect(runWords(state).ended).toBe(true);
  });

  it('never calls an unknown outcome failed, and says that it may have run', () => {
    const words = runWords('unknown');
    expect(words.tone).toBe('unknown');
    expect(words.word).toBe('unknown');
    expect(words.meaning).toContain('may have run');
  });

  it('shows a state of a newer hub as it came, and goes on asking', () => {
    expect(runWords('teleported')).toMatchObject({ word: 'teleported', tone: 'unknown', ended: false });
    expect(runWords('constructor')).toMatchObject({ word: 'constructor', ended: false });
  });

  it('explains known failure reasons and leaves others alone', () => {
    expect(reasonMeaning('timeout')).toContain('stopped');
    expect(reasonMeaning('auth_failed')).toBeNull();
    expect(reasonMeaning('toString')).toBeNull();
  });

  it('offers to cancel what waits, and what runs where the agent can', () => {
    const target = { state: '', request_id: 'req-1', sent_at: null, result: null };
    const run = {
      id: 'r',
      agent: 'web-1',
      command: 'uptime',
      params: {},
      state: 'running',
      created_at: 1,
      ended_at: null,
      target,
    };
    expect(isCancellable(run, ['command.cancel'])).toBe(true);
    expect(isCancellable(run, [])).toBe(false);
    expect(isCancellable({ ...run, state: 'queued' }, [])).toBe(true);
    for (const state of ENDED) expect(isCancellable({ ...run, state }, ['command.cancel'])).toBe(false);
    expect(isCancellable({ ...run, command: 'agent_cancel' }, ['command.cancel'])).toBe(false);
  });

  it('makes one sentence for a screen reader', () => {
    const result = { success: false, exit_code: 3, stdout: '', stderr: '', duration_ms: 1, failure_reason: 'exit_code' };
    const target = { state: 'failed', request_id: null, sent_at: null, result };
    const run = { id: 'r', agent: 'web-1', command: 'uptime', params: {}, state: 'failed', created_at: 1, ended_at: 2, target };
    expect(runSentence(run)).toBe('uptime on web-1: failed, exit code 3');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MovedHost } from './moved-host.ts';

const SEALED = '/opt/stormpulse/data/signoff.sealed';
const MARKER = '/opt/stormpulse/data/signoff.unsealed_at';
const AS_V1 = ['runuser', '-u', 'stormpulse', '--', 'sh', '-c'];
/** What v1's own two commands leave (wire page, 9.2). */
const V1_HATCH = {
  sealed: `touch ${SEALED} && rm -f ${MARKER}`,
  unsealed: `printf 2026-03-04T05:06:07.089000+00:00 >${MARKER} && rm -f ${SEALED}`,
} as const;

/** As docs/guides/move-from-the-python-agent.md says, line by line. */
describe('a host of the Python agent whose service is moved to ours, and back', () => {
  let moved: MovedHost;
  beforeAll(async () => {
    moved = await MovedHost.start();
  }, 300_000);
  afterAll(() => moved?.remove());

  it.each(['sealed', 'unsealed'] as const)(
    'SEC-151: %s with v1, it comes up sealed with ours, and is sealed for v1 when it goes back',
    async (was) => {
      const { host, person, agentId } = moved;
      await host.run(...AS_V1, V1_HATCH[was]);
      await host.run('systemctl', 'restart', 'stormpulse');
      expect(await moved.v1Says()).toBe(`v1: ${was}`);
      const before = await moved.given();

      await moved.follow('Move, in three commands');
      await moved.linked(agentId);
      expect(await host.show('stormpulse.service', 'Type')).toBe('notify');
      expect(await person.get(`/agents/${agentId}`)).toMatchObject({ signoff: { sealed: true, unsealed_since: null } });
      const { items } = await person.get<{ readonly items: readonly { readonly name: string }[] }>(`/agents/${agentId}/commands`);
      expect(items.map(({ name }) => name).toSorted()).toEqual(['docker_logs', 'git_pull', 'mark', 'say']);
      expect(await moved.stormpulse('signoff', 'status')).toContain('sealed (');

      await moved.follow('Back, in three commands');
      expect(await moved.v1Says()).toBe('v1: sealed');
      await moved.linked(agentId, false);
      expect((await host.try('test', '-e', MARKER)).code).toBe(1);
      expect(await moved.given()).toBe(before);
    },
    180_000,
  );
});

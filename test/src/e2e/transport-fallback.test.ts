import type { Link, LinkEvents, Transport } from '@stormpulse/kernel';
import { defineError } from '@stormpulse/plugin-api';
import { createFallbackTransport } from '@stormpulse/services';
import { FakeClock } from '@stormpulse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, dial, listen, listenWith } from './transport-fixture.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** As a hub that answers 403 leaves the dial. */
const Refusal = defineError<{ status: number }>('E_CONN_UPGRADE', 'permission_denied', 'remote', () => 'refused');

/** What a hub does with the next dial. */
type Fate = 'takes it' | 'is away' | 'refuses it';

describe('more than one address of the hub', () => {
  let clock: FakeClock;
  let dialled: string[];
  let used: string[];
  let fates: Record<string, Fate>;
  let ends: (() => void)[];
  let transport: Transport;

  beforeEach(() => {
    clock = new FakeClock();
    [dialled, used, ends] = [[], [], []];
    fates = { a: 'takes it', b: 'takes it', c: 'takes it' };
    transport = createFallbackTransport({
      hubs: ['a', 'b', 'c'].map((url) => ({ url, transport: hub(url) })),
      clock,
      logger: SILENT,
      onUse: (url) => used.push(url),
    });
  });

  const hub = (url: string): Transport => ({
    async open(events: LinkEvents): Promise<Link> {
      dialled.push(url);
      if (fates[url] === 'is away') throw new Error(`${url} is away`);
      if (fates[url] === 'refuses it') throw Refusal({ status: 403 });
      ends.push(() => events.onClose(1001, 'over'));
      return {} as Link;
    },
  });
  const round = async (): Promise<string | undefined> => {
    dialled.length = 0;
    const before = used.length;
    await transport.open(
      { onFrame: () => undefined, onPong: () => undefined, onClose: () => undefined },
      new AbortController().signal,
    );
    return used.slice(before)[0];
  };

  it('are dialled in turn, each once a round, the first one first', async () => {
    fates['a'] = 'is away';
    expect([await round(), ...dialled]).toEqual(['b', 'a', 'b']);
    await clock.advance(3_600_000);
    ends.pop()?.();
    fates['a'] = 'takes it';
    expect([await round(), ...dialled]).toEqual(['a', 'a']);
  });

  it('are all told of by one failure when none takes the agent, and tried again from the first', async () => {
    fates = { a: 'is away', b: 'is away', c: 'is away' };
    await expect(round()).rejects.toThrow('a is away');
    expect(dialled).toEqual(['a', 'b', 'c']);
    await expect(round()).rejects.toThrow('a is away');
    expect(dialled).toEqual(['a', 'b', 'c']);
  });

  it('are passed over for a round when they drop the agent within a minute', async () => {
    expect(await round()).toBe('a');
    ends.pop()?.();
    expect(await round()).toBe('b');
    await clock.advance(61_000);
    ends.pop()?.();
    expect(await round()).toBe('a');
  });

  it('SEC-006 rest for five minutes after a refusal while another may do; when all refuse it is a refusal', async () => {
    fates = { a: 'refuses it', b: 'is away', c: 'is away' };
    await expect(round()).rejects.toThrow('b is away');
    await expect(round()).rejects.toThrow('b is away');
    expect(dialled).toEqual(['b', 'c']);
    await clock.advance(300_000);
    await expect(round()).rejects.toThrow('b is away');
    expect(dialled).toEqual(['a', 'b', 'c']);
    fates = { a: 'refuses it', b: 'refuses it', c: 'refuses it' };
    await expect(round()).rejects.toMatchObject({ code: 'E_CONN_UPGRADE' });
  });

  it('SEC-023 are each held to the same checks', async () => {
    const world = await createWorld();
    const [wrong, right] = [await listenWith(world, { names: ['hub.example'] }), await listen(world)];
    const real = (url: string): { url: string; transport: Transport } => ({
      url,
      transport: { open: async (_events, signal) => (await dial(world, url, { signal })).link },
    });
    const both = createFallbackTransport({
      hubs: [real(wrong.url), real(right.url)],
      clock,
      logger: SILENT,
      onUse: (url) => used.push(url),
    });
    const link = await both.open(
      { onFrame: () => undefined, onPong: () => undefined, onClose: () => undefined },
      new AbortController().signal,
    );
    link.terminate();
    expect(used).toEqual([right.url]);
    expect(wrong.connections).toEqual([]);
    for (const { server } of [wrong, right]) {
      server.closeAllConnections();
      server.close();
    }
  });
});

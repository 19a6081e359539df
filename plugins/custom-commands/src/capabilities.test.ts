import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from './capabilities.ts';
import type { CommandConfig } from './config.ts';

const GOOD: CommandConfig = { group: 'maintenance', command: ['/usr/bin/uptime'], timeout: 5 };

describe('capabilities', () => {
  it('are the programs that are written, once each, and the strongest effect', () => {
    const commands = {
      a: GOOD,
      b: { ...GOOD, effect: 'destructive' },
      c: { ...GOOD, command: ['/bin/x'] },
      d: { ...GOOD, command: ['relative'] },
    };
    expect(capabilitiesOf({ commands })).toEqual({ exec: ['/usr/bin/uptime', '/bin/x'], commands: 'destructive' });
    expect(capabilitiesOf({ commands, disabled_commands: ['b', 'c'] })).toEqual({ exec: ['/usr/bin/uptime'], commands: 'write' });
    expect(capabilitiesOf({ commands: { a: { ...GOOD, effect: 'read' } } })).toMatchObject({ commands: 'read' });
    expect(capabilitiesOf({ commands: {} })).toEqual({ exec: [] });
  });
});

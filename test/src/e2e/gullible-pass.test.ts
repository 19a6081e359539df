import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const QUICK_START = fileURLToPath(new URL('../../../examples/quick-start/dist/main.js', import.meta.url));
const GULLIBLE = fileURLToPath(new URL('../../dist/doubles/gullible-agent.js', import.meta.url));

test(
  'the whole pass over an agent that runs whatever arrives exits 1 and names each refusal it missed',
  { timeout: 180_000 },
  () => {
    for (const program of [QUICK_START, GULLIBLE])
      if (!existsSync(program)) throw new Error(`${program} is not built; run: npm run build`);
    const { status, stdout } = spawnSync(process.execPath, [QUICK_START, '--once', '--agent', GULLIBLE], {
      encoding: 'utf8',
      timeout: 170_000,
    });
    const kept = /The state is kept in (\S+)/u.exec(stdout)?.[1];
    if (kept !== undefined) rmSync(kept, { recursive: true });
    expect(stdout).toContain('did not hold');
    const missed = stdout.slice(stdout.indexOf('did not hold'));
    for (const title of [
      'The same frame again is refused',
      'One changed byte is refused',
      'A frame from the future is refused',
      'An old frame is refused',
      'An unlisted command is refused',
      'A hostile parameter is refused',
    ]) {
      expect(missed).toContain(title);
    }
    expect(missed).not.toContain('An allowed command runs');
    expect(status).toBe(1);
  },
);

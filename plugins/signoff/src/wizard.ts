import { Type, wizard } from '@stormpulse/sdk';
import type { AbsolutePath } from '@stormpulse/sdk';
import type { Hatch } from './hatch.ts';

/** Closes the hatch of a host that is new, for v1 too; one that somebody opened stays as it is. */
export function sealWizard(hatch: Pick<Hatch, 'flag' | 'record'>) {
  const [flag, record] = [hatch.flag as AbsolutePath, hatch.record as AbsolutePath];
  return wizard({
    title: 'Close the hatch for shell blocks of the hub',
    detect: async ({ exists }) => ({ isNew: !(await exists(flag)) && !(await exists(record)) }),
    questions: () => Type.Object({}),
    plan: ({ detected }) => (detected.isNew ? [{ kind: 'write-file', path: flag, content: '', mode: 0o640 }] : []),
  });
}

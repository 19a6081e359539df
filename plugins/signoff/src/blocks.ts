import { Type, subprocess } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';

export const BLOCKS: ReadonlySet<string> = new Set(['run_verify_block', 'run_apply_block']);

/** A text of the hub for the shell, at most so many bytes; only NUL is refused in it. */
function block(maxBytes: number, title: string) {
  return Type.String({
    title,
    'x-param': { maxChars: maxBytes, maxBytes, guards: [], allowEmpty: true },
    'x-ui': { widget: 'textarea' },
  });
}

/** v1's two commands: names, argv, bounds and times (wire page, 8.2). */
export function blocks(): readonly Command[] {
  const verify = subprocess({
    id: 'verify-block',
    wireName: 'run_verify_block',
    group: 'signoff',
    title: 'Run a verify block',
    description: 'run shell text of the hub that looks at this host',
    effect: 'destructive',
    timeout: '30s',
    params: Type.Object({ verify_command: block(4_096, 'What the shell is to run') }),
    file: '/bin/bash',
    argv: (slot) => ['-c', slot.verify_command],
  });
  const apply = subprocess({
    id: 'apply-block',
    wireName: 'run_apply_block',
    group: 'signoff',
    title: 'Run an apply block',
    description: 'run shell text of the hub that changes this host',
    effect: 'destructive',
    timeout: '600s',
    params: Type.Object({ apply_command: block(16_384, 'What the shell is to run') }),
    file: '/bin/bash',
    argv: (slot) => ['-c', slot.apply_command],
  });
  return [verify, apply];
}

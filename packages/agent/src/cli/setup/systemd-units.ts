import type { UnitState, Units } from '@stormpulse/wizard';
import type { Programs } from './programs.ts';

/** The units of a host, or of this user. Where there is no systemd nothing is enabled and nothing runs. */
export function systemdUnits(mode: 'system' | 'user', programs: Programs): Units & { readonly isThere: boolean } {
  const systemctl = programs.find('systemctl');
  const scope = mode === 'user' ? ['--user'] : [];
  const ask = async (...words: readonly string[]) => {
    if (systemctl === undefined) return { exitCode: 1, stdout: '', stderr: 'this host has no systemctl' };
    return await programs.run(systemctl, [...scope, ...words]);
  };
  const must = async (...words: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await ask(...words);
    if (exitCode !== 0)
      throw new Error(`systemctl ${[...scope, ...words].join(' ')} ended with ${exitCode}: ${stderr.trim().slice(0, 500)}`);
  };
  return {
    isThere: systemctl !== undefined,
    async state(unit): Promise<UnitState> {
      return {
        enabled: (await ask('is-enabled', unit)).exitCode === 0,
        active: (await ask('is-active', unit)).exitCode === 0,
      };
    },
    async start(unit) {
      await must('daemon-reload');
      await must('enable', unit);
      // Of one that runs: what it is to do now it reads at its start.
      await must('restart', unit);
    },
    async restore(unit, { enabled, active }) {
      await ask('stop', unit);
      if (!enabled) await ask('disable', unit);
      if (active) await must('start', unit);
    },
    reload: () => must('daemon-reload'),
  };
}

import { isStatusHidden, readRunning, statusPath } from '../../host/status-file.ts';
import { VERSION } from '../../version.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** Whether the agent runs, and how it stands with its hub. */
export function lookAtAgent({ configPath, config, user, hub }: HostUnderExamination): Finding[] {
  if (config.databasePath === undefined) return [];
  const where = statusPath(config.databasePath);
  const expected = 'an agent that runs and is connected';
  const { isHidden, running } = user.look(() => ({ isHidden: isStatusHidden(where), running: readRunning(where) }));
  if (isHidden) {
    const problem = 'whether the agent runs cannot be seen by this user';
    return [{ level: 'note', problem, where, expected, fix: 'run the doctor as root, or as the user of the agent' }];
  }
  if (running === undefined) {
    const fix = `start it: systemctl start stormpulse (an agent of a user: systemctl --user start stormpulse), or stormpulse run ${configPath}`;
    return [{ level: 'wrong', problem: 'the agent does not run', where, expected, fix }];
  }
  const found: Finding[] = [];
  if (running.version !== VERSION) {
    const problem = `the agent that runs is version ${running.version}, installed is ${VERSION}`;
    found.push({ level: 'note', problem, where, expected, fix: 'stormpulse restart' });
  }
  const { state, lastError } = running.connection;
  // A hub that was refused here is told of already.
  if (state !== 'live' && hub?.refusal === undefined && lastError !== undefined) {
    const problem = `the agent is not connected (${state}): ${lastError.message}`;
    found.push({
      level: 'wrong',
      problem,
      where,
      expected,
      fix: 'wait for its next attempt (stormpulse status), or: stormpulse restart',
    });
  }
  return found;
}

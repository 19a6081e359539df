import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyPlan, previewPlans } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import { editing } from './editing.ts';
import { arrivals, inTheWay, migratePlan } from './migrate-plan.ts';
import { isThere } from './is-there.ts';
import { recoverPending } from './recover-pending.ts';
import { isSafeFolder } from './safe-folder.ts';
import { assertProgram, serviceUnit } from './service-unit.ts';
import type { SetupDeps } from './setup-deps.ts';
import { setupHostOf } from './setup-host-of.ts';
import { UNIT_FILE } from './setup-paths.ts';
import { readSystemInstall, rootPrograms } from './system-install.ts';
import type { SystemInstall, SystemPlaces } from './system-install.ts';
import { tell, tellLingering } from './tell.ts';
import { keptWithin } from './uninstall.ts';

export interface MigrateOptions {
  /** What this user has of an agent already is moved aside. */
  readonly force: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/**
 * Makes the agent of the host this user's own: all of it, or everything is as it was and the system's agent runs. False: it was taken back,
 * and was said. Rejects with `E_AGENT_REFUSED`, `E_FILE_MODE`, `E_WIZARD_*`, `GaveUp`.
 */
export async function migrate(options: MigrateOptions, places: SystemPlaces, deps: SetupDeps): Promise<boolean> {
  const { paths, print, asker, programs, signal, units } = deps;
  await assertMayMove(deps);
  // One that was cut off may have started the agent of this user.
  if (!options.dryRun) await recoverPending(deps);
  await assertNoneRuns(deps);
  const system = await readSystemInstall(places, programs);
  await assertRoom(options, system, deps);
  const plan = await planOf(system, deps);
  const host = setupHostOf({
    config: paths.config,
    programs,
    units,
    told: (line) => print(`done: ${line}`),
    ...(signal === undefined ? {} : { signal }),
  });
  for (const line of previewPlans([plan], host, secretsOf(system, paths))) print(line);
  if (options.dryRun) return true;
  if (!options.yes && !(await asker.yesNo({ message: 'Do this?', initial: true }))) {
    print('Nothing was changed.');
    return true;
  }
  // Asked before the agent starts, which would only say that it did not.
  const probe = async (): Promise<string | undefined> => await host.check?.();
  const outcome = await applyPlan(plan, { ...host, probe, check: () => Promise.resolve(undefined) });
  if (tell(outcome, print).status !== 'committed') return false;
  for (const folder of arrivals(paths)) if (existsSync(folder)) rmdirSync(folder);
  await tellWhatIsLeft(system, deps);
  return true;
}

/** Whether this user, with this program, could have an agent at all. */
async function assertMayMove(deps: SetupDeps): Promise<void> {
  const { paths, units } = deps;
  if (paths.mode === 'system')
    throw Refused({
      what: 'the agent is moved to the user that runs this, and root has one already: run stormpulse migrate-to-rootless as that user; sudo is asked where root is needed. Nothing was changed',
    });
  if (!units.isThere)
    throw Refused({ what: 'this host has no systemctl, and what is moved is a service of systemd. Nothing was changed' });
  assertProgram(deps);
  try {
    await units.reload();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw Refused(
      {
        what: `this user's own service manager does not answer (${problem}); log in at the host itself, or let root say: loginctl enable-linger USER. Nothing was changed`,
      },
      { cause },
    );
  }
}

async function assertNoneRuns({ units }: SetupDeps): Promise<void> {
  if ((await units.state(UNIT_FILE)).active)
    throw Refused({
      what: `an agent of this user runs already; stop it first: systemctl --user disable --now ${UNIT_FILE}. Nothing was changed`,
    });
}

async function assertRoom({ force }: MigrateOptions, system: SystemInstall, deps: SetupDeps): Promise<void> {
  const { paths } = deps;
  const { config, data } = inTheWay({ paths, system, programIn: keptWithin(paths.data, deps) });
  const found = [
    ...config.found.map((name) => join(dirname(paths.config), name)),
    ...data.found.map((name) => join(paths.data, name)),
  ];
  if (found.length === 0 || force) return;
  throw Refused({
    what: `${found.slice(0, 5).join(', ')}${found.length > 5 ? ' and more' : ''} would be in the way; with --force it is moved into a folder before-TIME beside it. Nothing was changed`,
  });
}

async function planOf(system: SystemInstall, deps: SetupDeps) {
  const { paths, programs } = deps;
  const { project } = system;
  const asRoot = rootPrograms(programs);
  const tar = programs.find('tar');
  if (tar === undefined)
    throw Refused({ what: 'this host has no tar, which takes the files over; install it. Nothing was changed' });
  const isSafe = project === undefined || (await isSafeFolder(project, deps));
  return editing(
    system.config,
    () =>
      migratePlan({
        system,
        paths,
        unit: serviceUnit(deps, project),
        programIn: keptWithin(paths.data, deps),
        asRoot,
        tar,
        find: (name) => programs.find(name),
        isSafe,
        now: new Date(),
      }),
    `paths below ${system.configFolder} and ${system.data}, each as a text of its own`,
  );
}

/** Of the two files that a difference may show. */
function secretsOf({ pulseToken }: SystemInstall, { config }: SetupDeps['paths']): readonly string[] {
  const own = existsSync(config) ? readFileSync(config, 'utf8') : '';
  return [pulseToken ?? '', ...[...own.matchAll(/^\s*pulse_token\s*=\s*["'](.+?)["']/gmu)].map(([, token]) => token ?? '')];
}

async function tellWhatIsLeft(system: SystemInstall, deps: SetupDeps): Promise<void> {
  const { print, paths } = deps;
  print('the agent is yours now, and starts with your service manager; its hatch is closed. Look: stormpulse status');
  const lines = readFileSync(paths.config, 'utf8').split('\n');
  for (const [at, line] of lines.entries())
    if (!line.trimStart().startsWith('#') && [system.configFolder, system.data].some((folder) => line.includes(folder)))
      print(`look at ${paths.config}:${at + 1}: it still names a folder of the host's agent`);
  if (isThere(system.dropIns)) print(`what ${system.dropIns} says of the host's service does not hold for yours: look at it`);
  if (/^\s*\[(?:docker|project)\]/mu.test(system.text))
    print("the containers of the host's engine are not yours: its commands now need an engine of your own (rootless)");
  print(
    "what the host's agent had stands where it was, and is stopped; when you do not want it back, as root: stormpulse uninstall",
  );
  print(`to go back: systemctl --user disable --now ${UNIT_FILE}, then: sudo systemctl enable --now ${UNIT_FILE}`);
  await tellLingering(deps);
}

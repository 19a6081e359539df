import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { isAgentError } from '@stormpulse/plugin-api';
import { applyPlan, previewPlans } from '@stormpulse/wizard';
import type { Outcome, Plan, SetupHost } from '@stormpulse/wizard';
import { isTable } from '../../config/check-table.ts';
import { Refused } from '../../errors.ts';
import { basePlan, startPlan } from './base-plan.ts';
import { askCore } from './core-answers.ts';
import type { CoreAnswers } from './core-answers.ts';
import { configText } from './config-text.ts';
import { editing } from './editing.ts';
import { readEnrolled } from './enrolled.ts';
import { candidateOf, candidates } from './find-wizards.ts';
import type { Candidate } from './find-wizards.ts';
import { planOf, probeOf } from './plugin-plans.ts';
import type { PluginPlan } from './plugin-plans.ts';
import { recoverPending } from './recover-pending.ts';
import { isSafeFolder } from './safe-folder.ts';
import { assertProgram, serviceUnit } from './service-unit.ts';
import type { SetupDeps } from './setup-deps.ts';
import { setupHostOf, userId } from './setup-host-of.ts';
import { UNIT_FILE } from './setup-paths.ts';
import type { SetupPaths } from './setup-paths.ts';
import { tell, tellLingering } from './tell.ts';

export interface InitOptions {
  readonly credsDir: string | undefined;
  readonly dryRun: boolean;
  /** Change a host's file that is there without asking. */
  readonly force: boolean;
}

/** False: something was not done, and was said. */
export type Done = boolean;

/**
 * Sets the agent of this host up, to a running service: asks everything first, shows what will be, then does it. Nothing is changed before the last
 * question is answered. Rejects with `E_AGENT_REFUSED`, `E_WIZARD_*`, `GaveUp`.
 */
export async function init(options: InitOptions, deps: SetupDeps): Promise<Done> {
  const { paths, answers, print } = deps;
  const credentials = options.credsDir ?? paths.credentials;
  if (deps.units.isThere) assertProgram(deps);
  const enrolled = readEnrolled(credentials);
  if (!options.dryRun) await recoverPending(deps);
  const before = existsSync(paths.config) ? readFileSync(paths.config, 'utf8') : undefined;
  const core = await askCore(enrolled, presentIn(before), deps);
  const host = hostOf(deps);
  const text = plannedText(core, enrolled.agentId, { credentials, before, paths });
  const base = await basePlanOf(core, { credentials, text, deps });
  const planned = await pluginPlans(candidates(paths.config, deps.plugins, text), deps);
  const plans = [base, ...planned.map(({ plan }) => plan)];
  const secrets = [core.pulseToken, ...planned.flatMap((one) => one.secrets)];
  const lines = previewPlans(plans, host, secrets);
  for (const line of lines.length === 0 ? ['nothing is to be changed'] : lines) print(line);
  if (options.dryRun) return true;
  if (lines.length > 0 && !(await isAgreed(options, { before, text: base, answers: answers !== undefined, deps }))) {
    print('Nothing was changed.');
    return true;
  }
  return await carryOut(base, planned, host, deps);
}

/** `stormpulse PLUGIN init`: the wizard of one plugin, on a host that is set up. Rejects as {@link init}. */
export async function initPlugin(name: string, options: Pick<InitOptions, 'dryRun'>, deps: SetupDeps): Promise<Done> {
  const { paths, print, asker, answers } = deps;
  if (!existsSync(paths.config)) throw Refused({ what: `${paths.config} is not there; set the agent up first: stormpulse init` });
  if (!options.dryRun) await recoverPending(deps);
  const candidate = candidateOf(name, candidates(paths.config, deps.plugins));
  const given = answers === undefined ? undefined : (answers.plugins[name] ?? {});
  const found = await planOf(candidate, asker, given);
  if (found === undefined)
    throw Refused({ what: `the plugin "${name}" has no wizard; its section is described in the config reference` });
  const host = hostOf(deps);
  const lines = previewPlans([found.plan], host, found.secrets);
  for (const line of lines.length === 0 ? ['nothing is to be changed'] : lines) print(line);
  if (options.dryRun || lines.length === 0) return true;
  if (answers === undefined && !(await asker.yesNo({ message: 'Do this?', initial: true }))) {
    print('Nothing was changed.');
    return true;
  }
  const outcome = await applyOne(found, host, deps);
  if (outcome.status === 'committed') print(`${name} is set up; it counts from the agent's next start on: ${restartLine(deps)}`);
  return outcome.failures.length === 0;
}

function restartLine({ paths }: SetupDeps): string {
  return paths.mode === 'system' ? 'systemctl restart stormpulse' : 'stormpulse restart';
}

function hostOf(deps: SetupDeps): SetupHost {
  const { paths, programs, units, print, signal } = deps;
  return setupHostOf({
    config: paths.config,
    programs,
    units,
    told: (line) => print(`done: ${line}`),
    ...(signal === undefined ? {} : { signal }),
  });
}

function presentIn(before: string | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (before === undefined) return {};
  return Object.fromEntries(Object.entries(parse(before)).flatMap(([name, table]) => (isTable(table) ? [[name, table]] : [])));
}

/** What the file will say, before any plugin is asked. */
function plannedText(
  { pulseToken, hubUrl, project }: CoreAnswers,
  agentId: string,
  around: { readonly credentials: string; readonly before: string | undefined; readonly paths: SetupPaths },
): string {
  const { credentials, before, paths } = around;
  const { database, config } = paths;
  return editing(config, () =>
    configText(before, { agentId, pulseToken, hubUrl, credentials, database, project: project?.facts }),
  );
}

async function basePlanOf(
  { project }: CoreAnswers,
  around: { readonly credentials: string; readonly text: string; readonly deps: SetupDeps },
): Promise<Plan> {
  const { credentials, text, deps } = around;
  const { paths, units, programs } = deps;
  const { account } = paths;
  const folder = project?.facts.project_dir;
  return basePlan({
    paths,
    credentials,
    config: text,
    unit: units.isThere ? serviceUnit(deps, folder) : undefined,
    project,
    hasAccount: account === undefined || userId(account.user) !== undefined,
    find: (name) => programs.find(name),
    isSafe: folder === undefined || (await isSafeFolder(folder, deps)),
  });
}

/** Enabled ones are looked at again; others of the agent when the operator says so, or the answers name them. */
async function pluginPlans(all: readonly Candidate[], deps: SetupDeps): Promise<readonly PluginPlan[]> {
  const { answers, asker, print } = deps;
  const unknown = Object.keys(answers?.plugins ?? {}).find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) candidateOf(unknown, all);
  const found: PluginPlan[] = [];
  for (const candidate of all) {
    const given = answers?.plugins[candidate.name];
    if (answers !== undefined && given === undefined) continue;
    if (answers === undefined && !(await isWanted(candidate, deps))) continue;
    const plan = await planOf(candidate, asker, given).catch((error: unknown) => {
      // A person goes on without it; answers of a file are all to be carried out.
      if (answers !== undefined || !isAgentError(error)) throw error;
      print(error.message);
      return undefined;
    });
    if (plan === undefined && given !== undefined)
      throw Refused({
        what: `the plugin "${candidate.name}" has no wizard; leave [plugins.${candidate.name}] out of the answers`,
      });
    if (plan !== undefined) found.push(plan);
  }
  return found;
}

async function isWanted(candidate: Candidate, { asker, print }: SetupDeps): Promise<boolean> {
  try {
    const opened = await candidate.open();
    await opened?.close();
    if (opened === undefined || candidate.isEnabled) return opened !== undefined;
    return await asker.yesNo({ message: `Set up ${candidate.name} (${opened.wizard.spec.title})?`, initial: false });
  } catch (error) {
    // It is the agent's set-up that goes on; what is wrong with an enabled one stands in config check.
    if (candidate.isEnabled)
      print(`${candidate.name} cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function isAgreed(
  { force }: InitOptions,
  around: { readonly before: string | undefined; readonly text: Plan; readonly answers: boolean; readonly deps: SetupDeps },
): Promise<boolean> {
  const { before, text, answers, deps } = around;
  const { paths, asker } = deps;
  const changesFile = text.steps.some(
    (step) => step.kind === 'write-file' && step.path === paths.config && step.content !== before,
  );
  if (before !== undefined && changesFile && !force) {
    if (answers) throw Refused({ what: `${paths.config} is there and would be changed; if you mean it: --force` });
    return await asker.yesNo({ message: `${paths.config} is there. Change it?`, initial: false });
  }
  return answers || (await asker.yesNo({ message: 'Do this?', initial: true }));
}

async function carryOut(base: Plan, planned: readonly PluginPlan[], host: SetupHost, deps: SetupDeps): Promise<Done> {
  const { units, print, paths } = deps;
  const first = tell(await applyPlan(base, host), print);
  if (first.failures.length > 0) return false;
  const outcomes = [];
  for (const one of planned) outcomes.push(await applyOne(one, host, deps));
  if (!units.isThere) {
    print(`this host has no systemd: start the agent with: stormpulse run ${paths.config}`);
    return outcomes.every(({ failures }) => failures.length === 0);
  }
  const isChanged = [first, ...outcomes].some(({ status }) => status === 'committed');
  const started = tell(
    await applyPlan(startPlan(UNIT_FILE, isChanged), { ...host, check: () => Promise.resolve(undefined) }),
    print,
  );
  if (started.failures.length > 0) {
    print(`the agent is set up and does not start; what it says: stormpulse logs --no-follow, or stormpulse doctor`);
    return false;
  }
  print('the agent runs, and starts with the host; look: stormpulse status');
  await tellLingering(deps);
  return outcomes.every(({ failures }) => failures.length === 0);
}

async function applyOne({ plan, candidate }: PluginPlan, host: SetupHost, deps: SetupDeps): Promise<Outcome> {
  const again = (): Candidate => candidateOf(candidate.name, candidates(deps.paths.config, deps.plugins));
  return tell(await applyPlan(plan, { ...host, probe: async (id) => await probeOf(again(), id) }), deps.print);
}

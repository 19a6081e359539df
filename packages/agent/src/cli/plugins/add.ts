import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { compareVersions } from '@stormpulse/services/plugin-packages';
import { isPluginName } from '../../config/plugin-tables.ts';
import type { PluginPackage, WrittenGrants } from '../../config/plugin-tables.ts';
import { takenBy } from '../../config/taken-names.ts';
import { Refused } from '../../errors.ts';
import { difference, grantLines, union } from '../../plugins/asked-and-granted.ts';
import { PluginRevoked } from '../../plugins/errors.ts';
import { putRecord, readRecords } from '../../plugins/grant-records.ts';
import { keepManifest } from '../../plugins/kept-manifests.ts';
import { agreed, differenceLines, subjectLines } from './decide.ts';
import type { Subject } from './decide.ts';
import { deriveInstalled } from './derive.ts';
import { fetchPackage } from './fetch-package.ts';
import type { FetchedPackage } from './fetch-package.ts';
import { announce, editedText, openToChange, packageOf, replaceConfig } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';
import { pruneTrees } from './prune.ts';
import { sectionToml, withSection } from './section.ts';
import { readSettings } from './settings.ts';
import { tellAgent } from './tell-agent.ts';

export interface AddOptions {
  /** The key of the table; default: made of the package's name. */
  readonly name?: string;
  readonly isolation?: 'process' | 'worker' | 'none';
  /** A file with the plugin's own keys. */
  readonly settings?: string;
  readonly yes: boolean;
  /** Take a version older than one that this host had. */
  readonly allowOlder: boolean;
}

/** What came of it; `waits`: the new version asks for more, and the one before stays (SEC-200). */
export type Outcome = 'done' | 'unchanged' | 'waits';

/** Installs a plugin and grants what it asks for, once a person has agreed. Rejects with `E_AGENT_REFUSED`, `E_PLUGIN_*`. */
export async function addPlugin(config: string, source: string, options: AddOptions, deps: PluginsDeps): Promise<Outcome> {
  const host = openToChange(config, deps);
  const fetched = await fetchPackage(source, host.packages, deps);
  try {
    const name = nameFor(fetched, options.name);
    const present = host.loaded.config.packages.find((entry) => entry.name === name);
    if (present !== undefined && present.integrity !== fetched.integrity)
      throw Refused({ what: `[plugins.${name}] is there with another version; to change it: stormpulse plugins update ${name}` });
    const newConfig = options.settings === undefined ? undefined : readSettings(options.settings, name);
    if (newConfig !== undefined && present !== undefined)
      throw Refused({ what: `[plugins.${name}] is there already; write its keys under [plugins.${name}.config]` });
    const isolation = options.isolation ?? present?.isolation ?? 'process';
    const own = newConfig ?? present?.config ?? {};
    const target = { name, isolation, config: own, grants: present?.grants, ...(newConfig === undefined ? {} : { newConfig }) };
    return await bringIn(host, fetched, target, options, deps);
  } finally {
    fetched.close();
  }
}

/** Brings another version in; its grants stay as they are. Rejects as {@link addPlugin}. */
export async function updatePlugin(
  config: string,
  name: string,
  source: string | undefined,
  options: AddOptions,
  deps: PluginsDeps,
): Promise<Outcome> {
  const host = openToChange(config, deps);
  const present = packageOf(host, name);
  const fetched = await fetchPackage(source ?? `${present.package}@latest`, host.packages, deps);
  try {
    if (fetched.facts.name !== present.package)
      throw Refused({
        what: `this is the package ${fetched.facts.name}, and [plugins.${name}] is ${present.package}; for another one: stormpulse plugins remove ${name}, then add`,
      });
    return await bringIn(host, fetched, present, options, deps);
  } finally {
    fetched.close();
  }
}

interface Target extends Pick<PluginPackage, 'name' | 'isolation' | 'config'> {
  /** Undefined: nothing was granted yet, and what it asks for is what is agreed to. */
  readonly grants: WrittenGrants | undefined;
  readonly newConfig?: PluginPackage['config'];
}

async function bringIn(
  host: PluginsHost,
  fetched: FetchedPackage,
  target: Target,
  options: AddOptions,
  deps: PluginsDeps,
): Promise<Outcome> {
  const { name, isolation, config, grants } = target;
  const { facts, integrity } = fetched;
  const subject: Subject = { name, package: facts.name, version: facts.version, integrity };
  assertNotBefore(host, subject, options.allowOlder);
  for (const line of subjectLines(subject)) deps.print(line);
  deps.print(`contents  ${fetched.files} files, ${fetched.bytes} bytes; no script of it or its dependencies was run`);
  if (!host.isSystem) deps.print('of a user: whoever acts as you can change what is installed and granted (docs: plugins guide)');
  await agreed('Run its code once, isolated and with no rights, to read what it asks for?', options.yes, deps);
  const { folder, isNew } = fetched.install(name);
  let manifest: PluginManifest;
  try {
    manifest = await deriveInstalled(host, deps, { name, integrity, config });
    editedText(
      host.loaded.host.path,
      host.loaded.host.text,
      (text) => withSection(text, sectionOf(union(grants ?? {}, manifest.capabilities))),
      sectionToml(sectionOf({})),
    );
  } catch (error) {
    if (isNew) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  keepManifest(join(host.packages, name, 'manifests'), { name, integrity, config }, manifest, 0o644);
  const found = difference(manifest.capabilities, grants ?? {});
  deps.print(grants === undefined ? 'it asks for' : 'against what is granted');
  for (const line of differenceLines(found)) deps.print(line);
  if (grants !== undefined && found.more.length > 0) {
    putRecord(host.packages, name, recordOf('waiting'));
    deps.print(`version ${facts.version} waits, the one before stays; if you agree: stormpulse plugins grant ${name}`);
    return 'waits';
  }
  if (isInPlace(host, subject)) {
    deps.print('it is installed and granted already');
    return 'unchanged';
  }
  await agreed(grants === undefined ? 'Grant this?' : `Change [plugins.${name}] to version ${facts.version}?`, options.yes, deps);
  const granted = grants ?? union({}, manifest.capabilities);
  const action = grants === undefined ? 'add' : 'update';
  announce(host, {
    action,
    plugin: name,
    package: facts.name,
    version: facts.version,
    integrity,
    more: grants === undefined ? grantLines(granted) : [],
    less: [],
  });
  putRecord(host.packages, name, recordOf('granted'));
  replaceConfig(host, (text) => withSection(text, sectionOf(granted)), sectionToml(sectionOf(granted)));
  const isDone = await tellAgent(host, name, { print: (line) => deps.print(`[plugins.${name}] is written; ${line}`) });
  if (isDone) pruneTrees(host, name);
  return 'done';

  function sectionOf(allowed: WrittenGrants) {
    const { newConfig } = target;
    return { ...subject, isolation, grants: allowed, ...(newConfig === undefined ? {} : { newConfig }) };
  }

  function recordOf(state: 'granted' | 'waiting') {
    const { agentId } = host.loaded.config;
    return { integrity, package: facts.name, version: facts.version, agentId, state, at: new Date().toISOString() };
  }
}

/** Neither what was revoked nor what was left behind comes back by installing it again (SEC-208). */
function assertNotBefore(host: PluginsHost, { name, version, integrity }: Subject, allowOlder: boolean): void {
  const records = readRecords(host.packages, name);
  const same = records.find((record) => record.integrity === integrity);
  if (same?.state === 'revoked') throw PluginRevoked({ plugin: name, version, at: same.at });
  const newer = records.find((record) => record.state !== 'waiting' && compareVersions(record.version, version) > 0);
  if (newer !== undefined && !allowOlder)
    throw Refused({
      what: `this host had version ${newer.version} of "${name}", and ${version} is older: it may have faults that were mended since. If you mean it: --allow-older`,
    });
}

function isInPlace(host: PluginsHost, { name, integrity }: Subject): boolean {
  const record = readRecords(host.packages, name).find((other) => other.integrity === integrity);
  const inFile = host.loaded.config.packages.some((entry) => entry.name === name && entry.integrity === integrity);
  return inFile && record?.state === 'granted' && record.agentId === host.loaded.config.agentId;
}

function nameFor({ facts }: FetchedPackage, wanted: string | undefined): string {
  const name = wanted ?? facts.name.replace(/^@[^/]*\//u, '').replace(/^(?:stormpulse-)?(?:plugin-)?/u, '');
  if (!isPluginName(name))
    throw Refused({
      what: `"${name}" can be no plugin's name; expected 2 to 32 lower-case letters, digits and hyphens, a letter first: --name NAME`,
    });
  const taken = takenBy(name);
  if (taken !== undefined) throw Refused({ what: `"${name}" is ${taken}, and no other plugin can take its name: --name NAME` });
  return name;
}

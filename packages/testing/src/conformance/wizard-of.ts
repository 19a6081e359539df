import type { Exec, Plugin, Wizard } from '@stormpulse/plugin-api';
import { GrantExec } from '@stormpulse/plugin-api/internal';
import { contribute } from './contributions.ts';
import type { ScratchHost } from './scratch-host.ts';

/** A plugin that was set up far enough to ask its wizard. */
export interface WizardOf extends AsyncDisposable {
  readonly spec: Wizard['spec'];
  readonly detect: () => Promise<unknown>;
}

/** Sets a plugin up on a host as the command line does for a wizard; one of others is started too. Rejects with what keeps it from that. */
export async function wizardOf(
  plugin: Plugin,
  config: object,
  host: ScratchHost,
  { firstParty }: { readonly firstParty: boolean },
): Promise<WizardOf> {
  const abort = new AbortController();
  const { signal } = abort;
  const releases: (() => Promise<void>)[] = [];
  const exec: Exec = async (file, args) => {
    if (declared.capabilities.exec?.some((granted) => granted === file) !== true) throw GrantExec({ plugin: plugin.name, file });
    return await host.exec(file, args);
  };
  const declared = contribute(plugin, config, { signal, exec, defer: (release) => void releases.push(release) });
  const close = async (): Promise<void> => {
    abort.abort(new Error('the set-up is over'));
    // C09 tells of a release that fails.
    for (const release of releases.toReversed()) await release().catch(() => undefined);
  };
  const [wizard] = declared.wizards;
  try {
    if (wizard === undefined) throw new Error('it registers a wizard at times only');
    if (!firstParty) for (const start of declared.starts) await start(signal);
    const { spec } = wizard;
    const exists = (path: string): Promise<boolean> => Promise.resolve(host.exists(path));
    const detect = (): Promise<unknown> => spec.detect({ exec, exists, folder: host.folder, signal });
    return { spec, detect, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

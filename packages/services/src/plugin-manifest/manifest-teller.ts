import type { CommandTable, ManifestTeller } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { digestOf, problemWithManifest } from '@stormpulse/protocol';
import type { DeclaredPlugin, Payloads, ProtocolCrypto } from '@stormpulse/protocol';
import { declaredPlugin } from './declared-plugin.ts';
import type { SetUpPlugin } from './declared-plugin.ts';

export interface ManifestTellerOptions {
  readonly crypto: ProtocolCrypto;
  readonly logger: Logger;
  /** Of a plugin of others: the digest of its tree, and where its code runs. */
  readonly originOf: (plugin: string) => { readonly integrity: string; readonly isolation: string } | undefined;
}

/** Tells a hub what this agent's plugins declare, once a digest: the hub says on each connection which one it has. */
export function createManifestTeller({ crypto, logger, originOf }: ManifestTellerOptions): ManifestTeller {
  const plugins = new Map<string, SetUpPlugin>();
  let present: readonly string[] = [];
  let table: CommandTable | undefined;
  let made: Payloads['plugin.manifest'] | undefined;

  function make(commands: CommandTable): Payloads['plugin.manifest'] {
    const told: DeclaredPlugin[] = [];
    for (const [name, plugin] of plugins) {
      if (!present.includes(name)) continue;
      const origin = originOf(name);
      const declared = {
        ...declaredPlugin(plugin, commands, crypto),
        ...(origin === undefined ? {} : { package: { integrity: origin.integrity, isolation: origin.isolation } }),
      };
      const problem = problemWithManifest({ digest: '', plugins: [...told, declared] });
      if (problem === undefined) told.push(declared);
      else logger.warn({ plugin: name, problem }, 'the hub is not told what this plugin declares; its commands keep plain forms');
    }
    return { digest: digestOf(crypto, told), plugins: told };
  }

  return {
    declared(definition, capabilities, contributions) {
      plugins.set(definition.name, { definition, capabilities, contributions });
    },
    offered(commands, names) {
      table = commands;
      present = names;
      made = undefined;
    },
    tell(held, send) {
      if (table === undefined) return;
      try {
        made ??= make(table);
        if (made.digest !== held) send(made);
      } catch (error) {
        // Forms are a courtesy: what they are made of must not end a connection.
        logger.error({ err: error }, 'the hub is not told what the plugins declare');
      }
    },
  };
}

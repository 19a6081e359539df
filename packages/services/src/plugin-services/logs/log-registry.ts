import type { PluginOwner } from '@stormpulse/kernel';
import type { LogCatalogue, LogEnricher, LogParser, LogSource } from '@stormpulse/plugin-api';
import { PluginContribution } from '@stormpulse/plugin-api/internal';
import type { Contributions } from '@stormpulse/plugin-api/internal';

/** What all plugins declared of logs, by whom. */
export interface LogRegistry {
  /** Takes one plugin's; the returned function gives them up. Throws `E_PLUGIN_CONTRIBUTION`, and takes none then. */
  claim(owner: PluginOwner, declared: Pick<Contributions, 'sources' | 'parsers' | 'enrichers'>): () => void;
  /** In the order in which they were claimed. */
  catalogue(): LogCatalogue;
}

const LOCAL_ID = /^[a-z][a-z0-9_-]{0,63}$/u;
const PUBLISHED_ID = /^[a-z][a-z0-9-]{1,31}\.[a-z][a-z0-9_-]{0,63}$/u;
const UNIT = /^[A-Za-z0-9_][A-Za-z0-9_@.:\\-]{0,254}$/u;

export function createLogRegistry(): LogRegistry {
  const claims = new Map<string, LogCatalogue>();
  const enricherOf = (parser: string): string | undefined =>
    [...claims].find(([, { enrichers }]) => enrichers.some((enricher) => enricher.parser === parser))?.[0];
  return {
    claim(owner, declared) {
      const claim = publish(owner, declared);
      for (const { parser } of claim.enrichers) {
        const holder = enricherOf(parser);
        if (holder !== undefined)
          throw refusal(
            owner,
            `the enricher of "${parser}"`,
            `plugin "${holder}" enriches it already, and a parser has one enricher`,
          );
      }
      claims.set(owner.name, claim);
      return () => {
        if (claims.get(owner.name) === claim) claims.delete(owner.name);
      };
    },
    catalogue: () => {
      const all = [...claims.values()];
      return Object.freeze({
        sources: all.flatMap(({ sources }) => sources),
        parsers: all.flatMap(({ parsers }) => parsers),
        enrichers: all.flatMap(({ enrichers }) => enrichers),
      });
    },
  };
}

/** One plugin's, as others see them: every id with the plugin's name. */
function publish(owner: PluginOwner, declared: Pick<Contributions, 'sources' | 'parsers' | 'enrichers'>): LogCatalogue {
  const published = (id: string): string => (id.includes('.') ? id : `${owner.name}.${id}`);
  const parsers = declared.parsers.map((parser): LogParser => Object.freeze({ ...parser, id: published(parser.id) }));
  const own = new Set(parsers.map(({ id }) => id));
  assertIds(owner, 'log parser', declared.parsers);
  assertIds(owner, 'log source', declared.sources);

  const assertParser = (contribution: string, written: string): void => {
    const id = published(written);
    if (!PUBLISHED_ID.test(id)) throw refusal(owner, contribution, `"${written.slice(0, 200)}" is no id of a parser`);
    if (id.startsWith(`${owner.name}.`) && !own.has(id))
      throw refusal(owner, contribution, `this plugin has no parser "${id.slice(owner.name.length + 1)}"`);
  };
  const sources = declared.sources.map((source): LogSource => {
    const contribution = `log source "${source.id}"`;
    assertParser(contribution, source.parser);
    if ('file' in source && !(owner.capabilities.read ?? []).includes(source.file))
      throw refusal(owner, contribution, `it reads ${source.file}, which capabilities().read does not name`);
    if ('journalUnit' in source && !UNIT.test(source.journalUnit))
      throw refusal(owner, contribution, `"${source.journalUnit.slice(0, 200)}" is no name of a unit`);
    return Object.freeze({ ...source, id: published(source.id), parser: published(source.parser) });
  });
  const enriched = new Set<string>();
  const enrichers = declared.enrichers.map((enricher): LogEnricher => {
    const parser = published(enricher.parser);
    const contribution = `the enricher of "${parser}"`;
    assertParser(contribution, enricher.parser);
    if (enriched.has(parser)) throw refusal(owner, contribution, 'it is declared twice, and a parser has one enricher');
    enriched.add(parser);
    return Object.freeze({ ...enricher, parser });
  });
  return { sources, parsers, enrichers };
}

function assertIds(owner: PluginOwner, what: string, declared: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of declared) {
    if (!LOCAL_ID.test(id))
      throw refusal(
        owner,
        `${what} "${id.slice(0, 200)}"`,
        'an id is 1 to 64 lower-case letters, digits, _ and -, a letter first',
      );
    if (seen.has(id)) throw refusal(owner, `${what} "${id}"`, 'the id is used twice');
    seen.add(id);
  }
}

function refusal(owner: PluginOwner, contribution: string, problem: string) {
  return PluginContribution({ plugin: owner.name, contribution, problem });
}

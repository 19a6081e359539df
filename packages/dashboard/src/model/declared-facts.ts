import type { DeclaredPlugin } from '../api/types.ts';

/** One line of what a plugin declares: texts as the agent told them. */
export interface DeclaredFact {
  readonly name: string;
  readonly values: readonly string[];
}

const ISOLATIONS: Readonly<Record<string, string>> = {
  process: 'in a process of its own',
  worker: 'in a thread of the agent',
  none: 'in the agent',
};

/** What a plugin is and what it may do, in the order that somebody who trusts it asks; what it has none of is left out. */
export function declaredFacts({ version, package: origin, capabilities, ...told }: DeclaredPlugin): readonly DeclaredFact[] {
  const { exec = [], http = [], read = [], write = [], commands, gate, consume_logs: logs } = capabilities;
  const flags = [...(gate === true ? ['stop commands of others'] : []), ...(logs === true ? ['read the logs of others'] : [])];
  const gauges = told.collectors.flatMap((one) => Object.entries(one.gauges).map(([name, { unit }]) => `${name} (${unit})`));
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ['version', [version]],
    ['runs', [origin === undefined ? 'part of the agent' : (ISOLATIONS[origin.isolation] ?? origin.isolation)]],
    ['may run', exec],
    ['may talk to', http],
    ['may read', read],
    ['may write', write],
    ['strongest command', commands === undefined ? [] : [commands]],
    ['may also', flags],
    ['commands', told.commands.map(({ name, effect }) => `${name} (${effect})`)],
    ['collectors', told.collectors.map(({ id }) => id)],
    ['gauges', gauges],
    ['listens to events', told.listeners],
    ['log sources', told.log_sources.map(({ id }) => id)],
    ['parsers', told.parsers],
    ['adds to logs of', told.enrichers],
    ['probes', told.probes],
    ['investigations', told.investigations.map(({ title }) => title)],
    ['digest', origin === undefined ? [] : [origin.integrity]],
  ];
  return facts.filter(([, values]) => values.length > 0).map(([name, values]) => ({ name, values }));
}

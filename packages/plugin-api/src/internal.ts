// For the kernel and the test harness only; nothing here is part of the contract with plugin authors.
export { definitionOf } from './plugin.ts';
export type { AnyPluginDefinition } from './plugin.ts';
export { commandDefinition } from './command.ts';
export type { CommandDefinition } from './command.ts';
export type { CollectorDefinition } from './collector.ts';
export { toPart } from './argv.ts';
export type { Part } from './argv.ts';
export { fillArgv } from './fill-argv.ts';
export { closed, parseConfig } from './parse-config.ts';

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { DeclaredPlugin } from '../api/types.ts';
import { declaredFacts } from '../model/declared-facts.ts';
import { DeclaredView } from './declared-view.tsx';

const BELL: DeclaredPlugin = {
  name: 'bell',
  version: '1.2.3',
  description: 'Rings.',
  package: { integrity: 'sha512-abc', isolation: 'process' },
  capabilities: { exec: ['/usr/bin/bell'], commands: 'write', gate: true },
  commands: [{ name: 'bell_ring', title: 'Ring', effect: 'write' }],
  collectors: [{ id: 'bells', gauges: { 'bell.count': { unit: '{bell}', help: 'Bells.' } } }],
  log_sources: [],
  parsers: [],
  enrichers: [],
  listeners: ['tower.fire'],
  probes: ['rope'],
  investigations: [{ id: 'silence', title: 'Why it is silent' }],
};

describe('what a plugin declares', () => {
  it('is told in lines: where it runs, what it may, what it adds; nothing of what it has not', () => {
    expect(declaredFacts(BELL)).toEqual([
      { name: 'version', values: ['1.2.3'] },
      { name: 'runs', values: ['in a process of its own'] },
      { name: 'may run', values: ['/usr/bin/bell'] },
      { name: 'strongest command', values: ['write'] },
      { name: 'may also', values: ['stop commands of others'] },
      { name: 'commands', values: ['bell_ring (write)'] },
      { name: 'collectors', values: ['bells'] },
      { name: 'gauges', values: ['bell.count ({bell})'] },
      { name: 'listens to events', values: ['tower.fire'] },
      { name: 'probes', values: ['rope'] },
      { name: 'investigations', values: ['Why it is silent'] },
      { name: 'digest', values: ['sha512-abc'] },
    ]);
  });

  it('is part of the agent where no package is told', () => {
    const { package: _, ...own } = BELL;
    expect(declaredFacts(own)[1]).toEqual({ name: 'runs', values: ['part of the agent'] });
  });

  it('SEC-322: is text, whatever was told, and no more of it than fits', () => {
    const exec = Array.from({ length: 30 }, (_, at) => `<img src=x onerror=alert(${at})>`);
    const markup = renderToStaticMarkup(createElement(DeclaredView, { declared: { ...BELL, capabilities: { exec } } }));
    expect(markup).not.toContain('<img');
    expect(markup).toContain('10 more');
  });
});

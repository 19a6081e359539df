import { describe, expect, it } from 'vitest';
import { parseTemplate } from './index.ts';
import { scriptWords } from './shell-script.ts';

function scriptsOf(template: string): readonly string[] {
  const words = template.split(' ');
  const parsed = parseTemplate(words);
  return parsed.ok ? [...scriptWords(parsed.words)].map((index) => words[index] ?? '') : ['bad template'];
}

describe('SEC-103 the words that a shell runs', () => {
  it.each([
    '/bin/sh -c {x}',
    '/bin/bash -lc {x}',
    '/bin/bash -e -o pipefail -c {x}',
    '/bin/bash --norc -c {x}',
    '/bin/bash --rcfile f -c {x}',
    '/bin/dash -ec {x} sh a',
    '/bin/sh -c -- {x}',
    '/bin/sh -c -- -{x}',
    '/usr/bin/env -i A=1 /bin/sh -c {x}',
    '/usr/bin/env bash -c {x}',
    '/bin/busybox ash -c {x}',
    '/usr/bin/sudo -u web sh -c {x}',
    '/usr/bin/docker exec web sh -c {x}',
    '/usr/bin/timeout 5 zsh -c {x}',
    '/bin/su web -c {x}',
    '/bin/su --command={x} web',
    '/bin/su -c{x} web',
    '/usr/bin/env -S {x}',
    '/usr/bin/env -iS {x}',
    '/usr/bin/env --split-string={x}',
  ])('SEC-103 finds the script of %s', (template) => {
    expect(scriptsOf(template)).toContain(template.split(' ').find((word) => word.includes('{x}')));
  });

  it.each([
    '/bin/sh /srv/job.sh {x}',
    '/bin/sh -c printf sh {x}',
    '/bin/bash -e /srv/job.sh -c {x}',
    '/usr/bin/env LANG=C rsync -S {x}',
    '/usr/bin/grep -c {x}',
    '/usr/bin/docker exec web cat {x}',
  ])('SEC-103 leaves the arguments of %s alone', (template) => {
    expect(scriptsOf(template).filter((word) => word.includes('{x}'))).toEqual([]);
  });
});

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFile, probeFolder, replaceFile, replaceFiles } from './replace-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-replace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const modeOf = (name: string): number => statSync(at(name)).mode & 0o777;
const secret = { mode: 0o600 };

describe('replacing files', () => {
  it('SEC-181 gives the final mode whatever the umask and the file before it', () => {
    writeFileSync(at('key'), 'old', { mode: 0o644 });
    replaceFile(at('key'), 'new', secret);
    expect([readFileSync(at('key'), 'utf8'), modeOf('key')]).toEqual(['new', 0o600]);
    const before = process.umask(0o077);
    try {
      replaceFile(at('open'), 'text', { mode: 0o644 });
    } finally {
      process.umask(before);
    }
    expect(modeOf('open')).toBe(0o644);
  });

  it('replaces a link itself, never what it leads to', () => {
    writeFileSync(at('victim'), 'untouched');
    symlinkSync(at('victim'), at('key'));
    replaceFile(at('key'), 'new', secret);
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(at('key')).isSymbolicLink()).toBe(false);
  });

  it('SEC-180 leaves the old content and no leftover when it cannot finish', () => {
    mkdirSync(at('taken'));
    writeFileSync(join(at('taken'), 'inside'), 'old');
    expect(() => replaceFile(at('taken'), 'new', secret)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/u);
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(readFileSync(join(at('taken'), 'inside'), 'utf8')).toBe('old');
  });

  it('SEC-180 changes none of several when one cannot be written', () => {
    writeFileSync(at('first'), 'old');
    const entries = [
      { path: at('first'), content: 'new', access: secret },
      { path: join(at('absent'), 'second'), content: 'new', access: secret },
    ];
    expect(() => replaceFiles(entries)).toThrow(/ENOENT/u);
    expect(readFileSync(at('first'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['first']);
  });

  it('makes a file only where nothing is, not even a link that leads nowhere', () => {
    createFile(at('fresh'), 'text', secret);
    expect(() => createFile(at('fresh'), 'again', secret)).toThrow(/EEXIST/u);
    symlinkSync(at('nowhere'), at('link'));
    expect(() => createFile(at('link'), 'text', secret)).toThrow(/EEXIST/u);
    expect(readFileSync(at('fresh'), 'utf8')).toBe('text');
  });

  it('probing a folder leaves nothing behind, and throws where nothing can be written', () => {
    probeFolder(folder);
    expect(readdirSync(folder)).toEqual([]);
    expect(() => probeFolder(at('absent'))).toThrow(/ENOENT/u);
  });
});

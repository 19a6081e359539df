import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isAgentError } from '@stormpulse/plugin-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TREE_LIMITS, unpack } from './index.ts';

interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly link?: string;
  readonly prefix?: string;
  /** What the header says instead of the truth. */
  readonly size?: string;
  readonly checksum?: number;
}

/** A tar of entries, honest or not. */
function tar(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = '0', content = '', link = '', prefix = '', size, checksum }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write(`${size ?? body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.fill(0x20, 148, 156);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\x0000', 257, 'latin1');
    header.write(prefix, 345, 155);
    const sum = checksum ?? header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

const pax = (record: string): string => {
  const tail = ` ${record}\n`;
  let length = tail.length + 1;
  while (String(length).length + tail.length !== length) length += 1;
  return `${length}${tail}`;
};

const paths = (archive: Buffer): string[] => unpack(archive).map(({ path }) => path);

function refusal(archive: Buffer): string {
  try {
    unpack(archive);
  } catch (error) {
    if (isAgentError(error)) return error.code;
    throw error;
  }
  return 'nothing refused';
}

describe('SEC-202: an archive is unpacked by our own rules', () => {
  it('gives the files of what npm packs, without the folder at the top', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unpack-'));
    try {
      const long = `${'long-'.repeat(18)}/${'long-'.repeat(18)}.js`;
      mkdirSync(join(folder, 'package', 'long-'.repeat(18)), { recursive: true });
      writeFileSync(join(folder, 'package/package.json'), '{}');
      writeFileSync(join(folder, 'package', long), 'x'.repeat(1_000));
      for (const format of ['ustar', 'pax', 'gnu']) {
        execFileSync('tar', [`--format=${format}`, '-czf', join(folder, 'a.tgz'), '-C', folder, 'package']);
        const files = unpack(readFileSync(join(folder, 'a.tgz')));
        expect(files.map(({ path }) => path)).toEqual([long, 'package.json']);
        expect(files.map(({ bytes }) => bytes.length)).toEqual([1_000, 2]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('leaves the dot files of bundled dependencies out, and takes every other file', () => {
    const archive = tar(
      { name: 'package/index.js' },
      { name: 'package/node_modules/.bin/x', type: '2', link: '../dep/cli.js' },
      { name: 'package/node_modules/dep/.npmignore' },
      { name: 'package/node_modules/dep/index.js' },
    );
    expect(paths(gzipSync(archive))).toEqual(['index.js', 'node_modules/dep/index.js']);
  });

  const good: Entry = { name: 'package/package.json', content: '{}' };
  it.each<[string, readonly Entry[]]>([
    ['..', [{ name: '../evil.js' }]],
    ['.. below the top', [{ name: 'package/../../evil.js' }]],
    ['.. that comes back', [{ name: 'package/a/../b.js' }]],
    ['.. as the top', [{ name: '../package/evil.js' }]],
    ['an absolute path', [{ name: '/etc/cron.d/evil' }]],
    ['an absolute path in the prefix', [{ name: 'evil', prefix: '/etc/cron.d' }]],
    ['.. in the prefix', [{ name: 'evil.js', prefix: 'package/..' }]],
    ['.. in a pax path', [{ name: 'x', type: 'x', content: pax('path=package/../../evil') }, { name: 'package/ok.js' }]],
    ['an absolute pax path', [{ name: 'x', type: 'x', content: pax('path=/etc/evil') }, { name: 'package/ok.js' }]],
    ['.. in a GNU long name', [{ name: '././@LongLink', type: 'L', content: 'package/../../evil\0' }, { name: 'package/ok.js' }]],
    ['a backslash', [{ name: 'package/lib\\evil.js' }]],
    ['a backslash after dots', [{ name: 'package/..\\evil.js' }]],
    ['a drive', [{ name: 'C:\\evil.js' }]],
    ['an empty part', [{ name: 'package//evil.js' }]],
    ['a "." part', [{ name: './package/index.js' }]],
    ['a control character', [{ name: 'package/a\u0007b' }]],
    ['a symbolic link', [{ name: 'package/link', type: '2', link: '/etc' }]],
    ['a link, then a file through it', [{ name: 'package/link', type: '2', link: '/etc' }, { name: 'package/link/evil' }]],
    ['a hard link', [{ name: 'package/link', type: '1', link: '/etc/passwd' }]],
    ['a device', [{ name: 'package/null', type: '3' }]],
    ['a block device', [{ name: 'package/sda', type: '4' }]],
    ['a pipe', [{ name: 'package/pipe', type: '6' }]],
    ['a contiguous file', [{ name: 'package/odd', type: '7' }]],
    ['a sparse file', [{ name: 'package/odd', type: 'S' }]],
    ['a name twice', [{ name: 'package/a.js' }, { name: 'package/a.js' }]],
    ['a name twice by another top', [{ name: 'package/a.js' }, { name: 'other/a.js' }]],
    ['a file, then a file below it', [{ name: 'package/a' }, { name: 'package/a/b' }]],
    ['a folder, then a file in its place', [{ name: 'package/a/b' }, { name: 'package/a' }]],
    ['a file at the top', [{ name: 'evil.js' }]],
    ['a dot file', [{ name: 'package/.npmrc' }]],
    ['a size that is no number', [{ name: 'package/a', size: 'zzzzzzzzzzz' }]],
    ['a size beyond the archive', [{ name: 'package/a', size: '00000100000' }]],
    ['a negative pax size', [{ name: 'x', type: 'x', content: pax('size=-1') }, { name: 'package/a' }]],
    ['a pax record longer than its header', [{ name: 'x', type: 'x', content: '999 path=a\n' }, { name: 'package/a' }]],
    ['a wrong checksum', [{ name: 'package/a', checksum: 1 }]],
    ['a path too long', [{ name: 'x', type: 'x', content: pax(`path=package/${'a'.repeat(241)}`) }, { name: 'package/a' }]],
    ['a path too deep', [{ name: `package/${'d/'.repeat(TREE_LIMITS.depth)}f` }]],
    ['a file too large', [{ name: 'package/big', content: Buffer.alloc(TREE_LIMITS.fileBytes + 1) }]],
  ])('SEC-202: tar-slip: %s is refused, whatever is good beside it', (_, entries) => {
    expect(refusal(gzipSync(tar(good, ...entries)))).toBe('E_PLUGIN_TREE');
    expect(refusal(tar(good))).toBe('nothing refused');
  });

  it('refuses too many files, and a bomb', () => {
    const many = Array.from({ length: TREE_LIMITS.files + 1 }, (_, at) => ({ name: `package/${at}` }));
    expect(refusal(tar(...many))).toBe('E_PLUGIN_TREE');
    expect(refusal(tar(...many.slice(1)))).toBe('nothing refused');
    expect(refusal(tar(...Array.from({ length: 2 * TREE_LIMITS.files + 1 }, (_, at) => ({ name: `p/${at}`, type: '5' }))))).toBe(
      'E_PLUGIN_TREE',
    );
    expect(refusal(gzipSync(Buffer.alloc(64 * 1024 * 1024)))).toBe('E_PLUGIN_TREE');
    expect(refusal(Buffer.concat([gzipSync(tar(good)).subarray(0, 60)]))).toBe('E_PLUGIN_TREE');
  });

  it('never gives a path outside, whatever the archive', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'package', '/', '\\', '\0', 'node_modules', '.bin', '\u2028', 'ä');
    const entry = fc.record({
      name: fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
      type: fc.constantFrom('0', '1', '2', '5', 'x', 'L'),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
        try {
          for (const { path } of unpack(tar(...entries))) {
            expect(path.split('/')).not.toContain('..');
            expect(path).not.toMatch(/^\/|\\|(?:^|\/)\./u);
          }
        } catch (error) {
          if (!isAgentError(error)) throw error;
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(['E_PLUGIN_TREE', 'nothing refused']).toContain(refusal(Buffer.from(bytes)));
      }),
    );
  });
});

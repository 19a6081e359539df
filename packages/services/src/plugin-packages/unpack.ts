import { gunzipSync } from 'node:zlib';
import { PluginTree } from './errors.ts';
import { TREE_LIMITS, TreeCount, belongs, inTreeOrder } from './tree-rules.ts';
import type { TreeFile } from './tree-rules.ts';

const BLOCK = 512;
/** Headers and padding come on top of the files. */
const MAX_ARCHIVE_BYTES = TREE_LIMITS.bytes + 4 * BLOCK * TREE_LIMITS.files;
const MAX_ENTRIES = 2 * TREE_LIMITS.files;

/**
 * The files of an npm tarball, without its one folder at the top, in tree order. Our own rules (SEC-202): no absolute path, no `..`,
 * no link, no device, no name twice, sizes and counts bounded, every checksum right. Nothing is written. Throws `E_PLUGIN_TREE`.
 */
export function unpack(archive: Uint8Array): TreeFile[] {
  const tar = inflate(archive);
  const count = new TreeCount();
  const files = new Map<string, TreeFile>();
  const folders = new Set<string>();
  let entries = 0;
  for (const { path: written, type, bytes } of tarEntries(tar)) {
    entries += 1;
    if (entries > MAX_ENTRIES) throw refusal(written, 'is one entry too many', `at most ${MAX_ENTRIES} entries`);
    const whole = written.replace(/\/$/u, '');
    const path = withoutTop(whole);
    if (!belongs(path === '' ? whole : path, 'leaveOutOfDependencies')) continue;
    if (type === '5') continue;
    if (type !== '0' && type !== '\0') throw refusal(written, 'is a link or a device', 'regular files alone');
    if (path === '') throw refusal(written, 'stands at the top', 'everything in one folder, as npm pack makes it');
    if (files.has(path) || folders.has(path)) throw refusal(written, 'is there twice', 'each name once');
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      if (files.has(path.slice(0, at))) throw refusal(written, 'is below a file', 'files below folders');
      folders.add(path.slice(0, at));
    }
    count.add(path, bytes.length);
    files.set(path, { path, bytes });
  }
  return inTreeOrder([...files.values()]);
}

function withoutTop(path: string): string {
  // What is absolute or leaves the top is refused as a whole, not made harmless.
  if (path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    belongs(path, 'refuse');
  }
  const at = path.indexOf('/');
  return at < 0 ? '' : path.slice(at + 1);
}

function inflate(archive: Uint8Array): Buffer {
  const where = 'the archive';
  if (archive.length > MAX_ARCHIVE_BYTES) throw refusal(where, 'is too large', `at most ${MAX_ARCHIVE_BYTES} bytes`);
  if (archive[0] !== 0x1f || archive[1] !== 0x8b) return Buffer.from(archive);
  try {
    return gunzipSync(archive, { maxOutputLength: MAX_ARCHIVE_BYTES });
  } catch (cause) {
    throw PluginTree(
      { where, problem: 'is damaged, or unpacks to too much', expected: 'a tarball as npm pack makes it' },
      { cause },
    );
  }
}

interface TarEntry {
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
}

function* tarEntries(tar: Buffer): Generator<TarEntry> {
  let next: { path?: string; size?: number } = {};
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    assertChecksum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const path = next.path ?? nameOf(header);
    const size = next.size ?? octal(header.subarray(124, 136), path);
    if (at + BLOCK + size > tar.length) throw refusal(path, 'is cut off', 'a whole archive');
    const bytes = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'g') continue;
    if (type === 'x') next = { ...next, ...paxOf(bytes) };
    else if (type === 'L') next = { ...next, path: text(bytes) };
    else {
      next = {};
      yield { path, type, bytes };
    }
  }
}

function nameOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records `LENGTH key=value\n`; the path and the size of the next entry count. */
function paxOf(bytes: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= space - at || at + length > bytes.length)
      throw refusal('a pax header', 'is damaged', 'records of their own length');
    const [key, value] = split(bytes.toString('utf8', space + 1, at + length - 1), '=');
    if (key === 'path') found.path = value;
    if (key === 'size') {
      found.size = Number(value);
      if (!Number.isSafeInteger(found.size) || found.size < 0)
        throw refusal('a pax header', `has the size ${value.slice(0, 40)}`, 'a size');
    }
    at += length;
  }
  return found;
}

function split(record: string, by: string): [string, string] {
  const at = record.indexOf(by);
  return at < 0 ? [record, ''] : [record.slice(0, at), record.slice(at + 1)];
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function octal(field: Buffer, path: string): number {
  const written = text(field).trim();
  if (!/^[0-7]{1,11}$/u.test(written)) throw refusal(path, 'has no readable size', 'a size in octal digits');
  return Number.parseInt(written, 8);
}

function assertChecksum(header: Buffer): void {
  const expected = octal(header.subarray(148, 156), 'an entry');
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== expected) throw refusal(nameOf(header), 'has a wrong checksum', 'an archive nobody damaged');
}

function refusal(where: string, problem: string, expected: string) {
  return PluginTree({ where, problem, expected });
}

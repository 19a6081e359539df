import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What npm asks of a registry, on loopback: packages that were published, each in one version after the other. */
export class LoopbackRegistry {
  readonly #server;
  readonly #packages = new Map<string, { readonly version: string; readonly manifest: object; readonly tarball: Buffer }[]>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '/').slice(1);
      const [name = '', file] = path.split('/-/');
      const versions = this.#packages.get(name);
      if (versions === undefined) return void response.writeHead(404).end('{}');
      if (file === undefined) return void response.end(JSON.stringify(this.#packument(name, versions)));
      return void response.end(versions.find(({ version }) => file === `${version}.tgz`)?.tarball);
    });
  }

  static async start(): Promise<LoopbackRegistry> {
    const registry = new LoopbackRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Packs a folder as npm does; the folder is gone afterwards. */
  publish(folder: string): void {
    const tarball = packed(folder);
    const manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball, encoding: 'utf8' }),
    ) as {
      name: string;
      version: string;
    };
    const before = this.#packages.get(manifest.name) ?? [];
    this.#packages.set(manifest.name, [...before, { version: manifest.version, manifest, tarball }]);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #packument(name: string, versions: readonly { version: string; manifest: object; tarball: Buffer }[]): object {
    const entries = versions.map(({ version, manifest, tarball }) => [
      version,
      {
        ...manifest,
        dist: { tarball: `${this.url}${name}/-/${version}.tgz`, integrity: `sha512-${hash('sha512', tarball, 'base64')}` },
      },
    ]);
    return { name, 'dist-tags': { latest: versions.at(-1)?.version }, versions: Object.fromEntries(entries) as object };
  }
}

/** The tarball of a folder, everything in `package/`; the folder is gone afterwards. */
export function packed(folder: string): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'packed-'));
  try {
    mkdirSync(join(work, 'in'));
    renameSync(folder, join(work, 'in/package'));
    execFileSync('tar', ['-czf', join(work, 'a.tgz'), '-C', join(work, 'in'), 'package']);
    return readFileSync(join(work, 'a.tgz'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

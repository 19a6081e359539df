import { release } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { readInventory } from './inventory.ts';

describe('readInventory', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  it('reads id, version and name, with and without quotes, and skips the rest', () => {
    const path = host.write(
      'os-release',
      '# a comment\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID=\'13\'\n\nHOME_URL="https://www.debian.org/"\nbroken\n',
    );
    expect(readInventory(path)).toEqual({
      os: { id: 'debian', version: '13', pretty: 'Debian GNU/Linux 13 (trixie)' },
      kernel: release(),
    });
  });

  it('leaves out what is not there', () => {
    expect(readInventory(host.path('none'))).toEqual({ kernel: release() });
    expect(readInventory(host.write('os-release', 'broken\n'))).toEqual({ kernel: release() });
    expect(readInventory(host.write('os-release', 'ID=arch\n'))).toEqual({ os: { id: 'arch' }, kernel: release() });
  });
});

import { describe, expect, test } from 'vitest';
import { parseFilesystems } from './filesystems.ts';
import { parseMountinfo } from './mountinfo.ts';

const root = '27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard';

describe('mountinfo', () => {
  test('reads a line with any number of optional fields', () => {
    const expected = { deviceNumber: '254:0', mountpoint: '/', type: 'ext4', source: '/dev/vda' };
    expect(parseMountinfo(root)).toEqual([expected]);
    expect(parseMountinfo('27 1 254:0 / / rw - ext4 /dev/vda rw')).toEqual([expected]);
  });

  test('decodes octal escapes, also of letters beyond ASCII', () => {
    const [entry] = parseMountinfo(
      String.raw`40 27 8:1 / /srv/my\040disk\134a\011b\303\274 rw - xfs /dev/disk/by-label/a\040b rw`,
    );
    expect(entry?.mountpoint).toBe('/srv/my disk\\a\tbü');
    expect(entry?.source).toBe('/dev/disk/by-label/a b');
  });

  test('leaves out what a later mount at the same place hides', () => {
    const text = `${root}\n40 27 8:1 / /data rw - ext4 /dev/sda1 rw\n41 40 0:50 / /data rw - tmpfs tmpfs rw`;
    expect(parseMountinfo(text).map(({ mountpoint, type }) => `${mountpoint} ${type}`)).toEqual(['/ ext4', '/data tmpfs']);
  });

  test('what hides another mount stands where it was mounted in the kernel’s order', () => {
    const text = ['40 27 8:1 / /data rw - ext4 /dev/sda1 rw', root, '41 40 8:1 /sub /data rw - ext4 /dev/sda1 rw'].join('\n');
    expect(parseMountinfo(text).map(({ mountpoint }) => mountpoint)).toEqual(['/', '/data']);
  });

  test('passes over lines that are no mounts', () => {
    const garbage = [
      '',
      'x',
      '27 1 254:0 / / rw shared:1',
      '27 1 254 / / rw - ext4 /dev/vda rw',
      '27 1 8:1 / relative rw - ext4 /dev/vda rw',
      '- - - - - - -',
    ];
    expect(parseMountinfo([...garbage, root].join('\n'))).toHaveLength(1);
  });

  test('a source may be empty', () => {
    expect(parseMountinfo('40 27 0:9 / /mnt rw - tmpfs  rw')[0]?.source).toBe('');
  });
});

describe('/proc/filesystems', () => {
  test('keeps types with a device and zfs, less the excluded ones', () => {
    const text =
      'nodev\tsysfs\nnodev\ttmpfs\n\text4\n\tsquashfs\nnodev\toverlay\n\tfuseblk\nnodev\tfuse\nnodev\tnfs4\n\txfs\n\tiso9660\n';
    expect([...parseFilesystems(text)].sort()).toEqual(['ext4', 'fuseblk', 'iso9660', 'xfs', 'zfs']);
  });

  test('finds nothing but zfs in garbage', () => {
    expect([...parseFilesystems('ext4\n\t\n\ta\tb\n')]).toEqual(['zfs']);
  });
});

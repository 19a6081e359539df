import { describe, expect, test } from 'vitest';
import { parseDiskstats } from './diskstats.ts';
import { parseInterfaceUp } from './interface-flags.ts';
import { parseLoadavg } from './loadavg.ts';
import { parseMeminfo } from './meminfo.ts';
import { parseNetDev } from './net-dev.ts';

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0: 452328573   12027    1    2    0     0          0         0   744304    5780    3    4    0     0       0          0
docker0:     1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
veth1a2b:    1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
br-00112233: 1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
virbr0:      1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
vlan10:      1       1    0    0    0     0          0         0        1       1    0    0    0     0       0          0
  lo1:9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9
`;

describe('/proc/net/dev', () => {
  test('keeps the host’s own interfaces in order, with errors and drops', () => {
    const interfaces = parseNetDev(NET_DEV);
    expect(interfaces.map(({ name }) => name)).toEqual(['eth0', 'lo1']);
    expect(interfaces[0]).toEqual({
      name: 'eth0',
      receivedBytes: 452328573,
      receivedPackets: 12027,
      receiveErrors: 1,
      receiveDrops: 2,
      sentBytes: 744304,
      sentPackets: 5780,
      sendErrors: 3,
      sendDrops: 4,
    });
  });

  test('passes over names that could leave their folder, and short lines', () => {
    const numbers = Array.from({ length: 16 }, () => '1').join(' ');
    expect(parseNetDev(`..: ${numbers}\na/b: ${numbers}\n: ${numbers}\neth0: 1 2 3\neth1: ${numbers} x`)).toEqual([]);
  });
});

describe('interface flags', () => {
  test('up is the administrator’s flag', () => {
    expect(parseInterfaceUp('0x1003\n')).toBe(true);
    expect(parseInterfaceUp('0x82\n')).toBe(false);
    expect(parseInterfaceUp('up')).toBe(false);
  });
});

describe('/proc/diskstats', () => {
  test('reads the kernel 6 line and the kernel 2.6 line alike', () => {
    const devices = parseDiskstats(
      ' 254       0 vda 46244 11700 3454346 14224 48741 33932 3831048 9273 0 4628 24352 8816 1 327432 670 15325 183\n   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11\n',
    );
    expect(devices.get('254:0')).toEqual({
      name: 'vda',
      counters: { reads: 46244, readSectors: 3454346, writes: 48741, writtenSectors: 3831048, busyMs: 4628 },
    });
    expect(devices.get('8:1')?.counters).toEqual({ reads: 1, readSectors: 3, writes: 5, writtenSectors: 7, busyMs: 10 });
  });

  test('a line of zeros is a device that counts nothing', () => {
    expect(parseDiskstats('   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0').get('7:0')).toEqual({ name: 'loop0' });
  });

  test('passes over garbage', () => {
    expect(parseDiskstats('x\n 8 1 sda 1 2 3\n 8 2 sdb 1 2 3 4 5 6 7 8 9 x 11\n').size).toBe(0);
  });
});

describe('/proc/loadavg', () => {
  test('gives three numbers or nothing', () => {
    expect(parseLoadavg('0.02 0.09 12.06 1/94 8776\n')).toEqual([0.02, 0.09, 12.06]);
    expect(parseLoadavg('0.02 0.09')).toBeUndefined();
    expect(parseLoadavg('NaN 1 1')).toBeUndefined();
  });
});

describe('/proc/meminfo', () => {
  test('turns kB into bytes, leaves plain counts, passes over garbage', () => {
    const values = parseMeminfo(
      'MemTotal:       24684096 kB\nActive(anon):       1568 kB\nHugePages_Total:       3\nBad: x kB\nMemFree 5 kB\n',
    );
    expect([...values]).toEqual([
      ['MemTotal', 24684096 * 1024],
      ['Active(anon)', 1568 * 1024],
      ['HugePages_Total', 3],
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { MetricsStopped } from '../src/errors.ts';
import { PortableSource } from '../src/source/portable-source.ts';
import { openHostSource } from '../src/source/open-source.ts';
import { ProcfsSource } from '../src/source/procfs-source.ts';

describe('systems without /proc', () => {
  test('are read by another source', () => {
    expect(openHostSource('darwin')).toBeInstanceOf(PortableSource);
    expect(openHostSource('linux')).toBeInstanceOf(ProcfsSource);
  });

  test('tell CPU, memory and interfaces in the same units', async () => {
    const source = new PortableSource();
    const [cpu, memory, interfaces] = await Promise.all([source.cpu(), source.memory(), source.interfaces()]);
    const sum = [...cpu.cores.values()].reduce((total, times) => total + times[3], 0);
    expect(cpu.all[3]).toBe(sum);
    expect(cpu.uptimeSeconds).toBeGreaterThan(0);
    expect(memory.total).toBeGreaterThan(memory.available);
    expect(interfaces.map(({ name }) => name)).not.toContain('lo');
  });

  test('tell their disks, the root among them', async () => {
    const { root, fileSystems } = await new PortableSource().disks({ all: true });
    expect(root.total_bytes).toBeGreaterThan(root.used_bytes);
    expect(fileSystems.map(({ space }) => space)).toContainEqual(root);
  });

  test('say so when closed', async () => {
    const source = new PortableSource();
    source.close();
    await expect(source.cpu()).rejects.toHaveProperty('code', MetricsStopped.code);
    await expect(source.memory()).rejects.toHaveProperty('code', MetricsStopped.code);
  });
});

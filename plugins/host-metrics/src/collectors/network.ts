import { collector, Type } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import type { HostSource, InterfaceReading } from '../source/host-source.ts';

const interfaceState = Type.Object({
  interface: Type.String(),
  bytes_sent: Type.Number(),
  bytes_recv: Type.Number(),
  packets_sent: Type.Optional(Type.Number()),
  packets_recv: Type.Optional(Type.Number()),
  errors_sent: Type.Number(),
  errors_recv: Type.Number(),
  drops_sent: Type.Number(),
  drops_recv: Type.Number(),
  is_up: Type.Boolean(),
});

/** Totals since each interface appeared, in the kernel's order. */
export const networkState = Type.Object({ interfaces: Type.Array(interfaceState) });

type InterfaceState = Infer<typeof interfaceState>;
type NetworkState = Infer<typeof networkState>;

/** Counters of the host's own interfaces (VM operations page 6.4). */
export function createNetworkCollector(source: () => HostSource): Collector<typeof networkState> {
  return collector({
    id: 'network',
    every: 'push',
    state: networkState,
    collect: async () => ({ interfaces: (await source().interfaces()).map(toState) }),
    gauges: {
      'system.network.io.receive': {
        unit: 'By',
        help: 'Received since boot, all interfaces together.',
        value: (s) => sum(s, 'bytes_recv'),
      },
      'system.network.io.transmit': {
        unit: 'By',
        help: 'Sent since boot, all interfaces together.',
        value: (s) => sum(s, 'bytes_sent'),
      },
      'system.network.errors': {
        unit: '{error}',
        help: 'Errors since boot, both ways, all interfaces together.',
        value: (s) => sum(s, 'errors_recv') + sum(s, 'errors_sent'),
      },
      'system.network.dropped': {
        unit: '{packet}',
        help: 'Packets dropped since boot, both ways, all interfaces together.',
        value: (s) => sum(s, 'drops_recv') + sum(s, 'drops_sent'),
      },
    },
  });
}

function toState(reading: InterfaceReading): InterfaceState {
  return {
    interface: reading.name,
    bytes_sent: reading.sentBytes,
    bytes_recv: reading.receivedBytes,
    ...(reading.sentPackets === undefined ? {} : { packets_sent: reading.sentPackets }),
    ...(reading.receivedPackets === undefined ? {} : { packets_recv: reading.receivedPackets }),
    errors_sent: reading.sendErrors,
    errors_recv: reading.receiveErrors,
    drops_sent: reading.sendDrops,
    drops_recv: reading.receiveDrops,
    is_up: reading.isUp,
  };
}

function sum(
  { interfaces }: NetworkState,
  counter: 'bytes_sent' | 'bytes_recv' | 'errors_sent' | 'errors_recv' | 'drops_sent' | 'drops_recv',
): number {
  return interfaces.reduce((total, one) => total + one[counter], 0);
}

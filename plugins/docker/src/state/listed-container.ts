import { EngineStream } from '../engine/errors.ts';
import { shown } from '../shown-text.ts';

/** One may publish thousands; so many are told. */
const MAX_PORTS = 50;

/** A container as the engine lists it, as far as anybody here reads it. */
export interface ListedContainer {
  readonly id: string;
  /** The one that is not that of a link to it. */
  readonly name: string;
  readonly image: string;
  /** Unix seconds. */
  readonly created: number;
  readonly state: string;
  readonly status: string;
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a list of containers. By hand: it is read most often and may hold hundreds, and a schema would cost half as much again as the
 * engine's answer. Throws `E_DOCKER_STREAM` for what is no list of objects; a field of another type counts as absent.
 */
export function readList(text: string): readonly ListedContainer[] {
  const list = parsed(text);
  if (!Array.isArray(list)) throw EngineStream({ problem: 'is no list of containers' });
  return list.map((entry: unknown) => toListed(fieldsOf(entry)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw EngineStream({ problem: 'is no JSON' }, { cause });
  }
}

function toListed(fields: Fields): ListedContainer {
  const id = textOf(fields, 'Id');
  const { Names, Ports, Labels, Created } = fields;
  const names = Array.isArray(Names) ? Names.filter((name) => typeof name === 'string').map((name) => shown(name)) : [];
  return {
    id: id.slice(0, 12),
    name: names.find((name) => name.lastIndexOf('/') === 0)?.slice(1) ?? id.slice(0, 12),
    image: textOf(fields, 'Image'),
    created: typeof Created === 'number' ? Created : 0,
    state: textOf(fields, 'State'),
    status: textOf(fields, 'Status'),
    ports: Array.isArray(Ports) ? Ports.slice(0, MAX_PORTS).map((port: unknown) => shownPort(fieldsOf(port))) : [],
    labels: fieldsOf(Labels),
  };
}

/** `0.0.0.0:80->8080/tcp`, or `8080/tcp` when it is not published. */
function shownPort(port: Fields): string {
  const inside = `${Number(port['PrivatePort'])}/${textOf(port, 'Type')}`;
  return typeof port['PublicPort'] === 'number' ? `${textOf(port, 'IP')}:${port['PublicPort']}->${inside}` : inside;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? shown(value) : '';
}

import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapesOf } from './state-shape.ts';

const shapeFor = (value: unknown) => shapesOf({ x: value }).shapes[0];

describe("the form of a plugin's state", () => {
  it('is inferred from the data alone', () => {
    expect(shapeFor('text')).toMatchObject({ kind: 'fact', value: 'text' });
    expect(shapeFor(['a', 1])).toMatchObject({ kind: 'list', values: ['a', 1] });
    expect(shapeFor([{ a: 1 }, { b: [2] }])).toMatchObject({
      kind: 'table',
      columns: ['a', 'b'],
      rows: [
        { a: 1, b: null },
        { a: null, b: '[2]' },
      ],
    });
    expect(shapesOf({ used_percent: 40 }).shapes[0]).toMatchObject({ kind: 'gauge', value: 40 });
    expect(shapesOf({ used_percent: 400 }).shapes[0]).toMatchObject({ kind: 'fact' });
  });

  it('makes a table of things of one kind, with their names in front', () => {
    expect(shapeFor({ eth0: { rx: 1 }, lo: { rx: 2 } })).toMatchObject({ kind: 'table', columns: ['name', 'rx'] });
    expect(shapeFor({ a: { x: 1 }, b: 2 })).toMatchObject({ kind: 'group' });
  });

  it('says what it leaves out of something too large', () => {
    const rows = Array.from({ length: 80 }, (_, index) => ({ index }));
    expect(shapeFor(rows)).toMatchObject({ kind: 'table', omitted: 30 });
    const keys = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index]));
    expect(shapesOf(keys)).toMatchObject({ omitted: 40 });
    expect(JSON.stringify(shapesOf({ a: { b: { c: { d: { e: { f: 1 } } } } } }))).toContain('too-deep');
  });

  it('takes whatever an agent sends, and nothing at all', () => {
    expect(shapesOf(null).shapes).toEqual([]);
    assert(property(jsonValue(), (state) => void shapesOf(state)));
  });
});

import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { NotEditable, mapTexts, removeTable, setKeys } from './edit-toml.ts';

const FILE = `# the host's file
[agent]
id = "web-1" # ours

# weather, because Ann asked for it
[plugins.weather] # do not touch
  package = "@example/weather"   # from npm
integrity = """
old"""

# what it may do
[plugins.weather.grants]
exec = [
  "/usr/bin/uptime", # for the graph
]

# after it
[storage]
db_path = '/srv/x.db'
`;
const TABLE = ['plugins', 'weather'];

describe('editing a TOML file', () => {
  it('replaces values where they stand, adds keys to their table, and keeps every comment and the order', () => {
    const edited = setKeys(FILE, TABLE, { integrity: 'new', isolation: 'process' });
    expect(edited).toBe(FILE.replace('"""\nold"""', '"new"\nisolation = "process"'));
    expect(setKeys(edited, [...TABLE, 'grants'], { exec: ['/a', '/b'], gate: true })).toBe(
      edited.replace('[\n  "/usr/bin/uptime", # for the graph\n]', '["/a", "/b"]\ngate = true'),
    );
  });

  it('takes a key away, and one that is not there stays away', () => {
    expect(setKeys(FILE, TABLE, { package: undefined, startup: undefined })).toBe(FILE.replace(/ {2}package.*\n/u, ''));
    expect(setKeys('a = 1', ['x', 'y'], { z: undefined })).toBe('a = 1');
  });

  it('writes a table that is not there at the end, below its comment; a table below another right after it', () => {
    expect(setKeys('a = 1', ['plugins', 'x'], { b: 'c' }, ['why'])).toBe('a = 1\n\n# why\n[plugins.x]\nb = "c"\n');
    const edited = setKeys('[plugins.x]\na = 1\n[y]\n', ['plugins', 'x', 'grants'], { gate: true });
    expect(edited).toBe('[plugins.x]\na = 1\n\n[plugins.x.grants]\ngate = true\n[y]\n');
  });

  it('removes a table with those below it and their comments, and nothing of its neighbours', () => {
    expect(removeTable(FILE, TABLE)).toBe(`# the host's file
[agent]
id = "web-1" # ours

# after it
[storage]
db_path = '/srv/x.db'
`);
    expect(removeTable('[plugins.x]\na = 1\n\n[plugins.y]\n', ['plugins', 'x'])).toBe('[plugins.y]\n');
    expect(removeTable('[a]\n\n[plugins.x]\nb = 1\n', ['plugins', 'x'])).toBe('[a]\n');
  });

  it.each([
    ['plugins = { weather = { package = "x" } }\n'],
    ['[plugins]\nweather = { package = "x" }\n'],
    ['[plugins]\nweather.package = "x"\n'],
  ])('leaves %j as it is when it cannot follow it, never half edited', (text) => {
    expect(() => removeTable(text, TABLE)).toThrow(NotEditable);
    for (const key of ['package', 'other']) {
      try {
        expect(parse(setKeys(text, TABLE, { [key]: 'new' }))).toMatchObject({ plugins: { weather: { [key]: 'new' } } });
      } catch (error) {
        expect(error).toBeInstanceOf(NotEditable);
      }
    }
  });

  it('any file: what was set is set, what was not is as it was', () => {
    const key = fc.constantFrom('a', 'b', 'plugins', 'weather', 'x y', 'ä"');
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.array(fc.string(), { maxLength: 3 }));
    const table = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value)), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(value, table)), fc.string(), fc.array(fc.string()), (file, text, list) => {
        const before = stringify(file);
        try {
          const after = parse(setKeys(before, TABLE, { text, list, gone: undefined }));
          expect(after['plugins']).toMatchObject({ weather: { text, list } });
        } catch (error) {
          expect(error).toBeInstanceOf(NotEditable);
        }
      }),
    );
  });
});

describe('changing texts of a TOML file', () => {
  const change = (value: string): string => value.replace(/^\/old(?=\/|$)/u, '/new "home"');

  it('is done wherever they are values, and nowhere else', () => {
    const before = [
      '# /old stays in a comment',
      'a = "/old/x" # this one too',
      "b = '/older'",
      '"/old" = "/old"',
      'list = ["/old/1", "other", ["/old/2"]] # kept',
      'table = { c = "/old/3", d = 1 }',
      'when = 2026-01-02T03:04:05Z',
      '[[groups]]',
      'path = "/old/4"',
      '[[groups]]',
      'path = "/elsewhere/old"',
      '[groups.more]',
      "text = '''",
      "/old/5'''",
      '',
    ].join('\n');
    const new_ = '/new \\"home\\"';
    expect(mapTexts(before, change)).toBe(
      before
        .replace('"/old/x"', `"${new_}/x"`)
        .replace('= "/old"', `= "${new_}"`)
        .replace('["/old/1", "other", ["/old/2"]]', `["${new_}/1", "other", ["${new_}/2"]]`)
        .replace('"/old/3"', `"${new_}/3"`)
        .replace('"/old/4"', `"${new_}/4"`)
        .replace("'''\n/old/5'''", `"${new_}/5"`),
    );
    expect(mapTexts(before, (value) => value)).toBe(before);
  });
});

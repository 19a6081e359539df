/** What a look at the text tells about one statement. */
export interface SqlShape {
  readonly parameters: number;
  /** Why the text cannot be prepared, in a person's words; undefined when it can. */
  readonly fault: string | undefined;
  /** True for statements whose rows can be read through a common table expression. */
  readonly query: boolean;
}

const SKIPPED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** Counts `?` and finds what the engines would let pass: a second statement, named parameters (both bind NULL silently). */
export function describeSql(sql: string): SqlShape {
  const bare = sql.replaceAll(SKIPPED, ' ').trim().replace(/;\s*$/, '');
  const parameters = bare.split('?').length - 1;
  return { parameters, fault: faultOf(bare), query: /^(select|values)\b/i.test(bare) || isQueryWithCte(bare) };
}

function faultOf(bare: string): string | undefined {
  if (bare === '') return 'the statement is empty';
  if (bare.includes(';')) return 'more than one statement; use exec() or prepare them one by one';
  if (/\?\d|[:@$][A-Za-z_]/.test(bare)) return 'named or numbered parameters; use plain "?"';
  return undefined;
}

function isQueryWithCte(bare: string): boolean {
  return /^with\b/i.test(bare) && !/\b(insert|update|delete|replace)\b/i.test(bare);
}

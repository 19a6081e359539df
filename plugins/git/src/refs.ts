import { PARAM_KINDS, Type } from '@stormpulse/sdk';

/** The parameter `ref`: one of `refs`, each a name or a beginning with `*` at its end, and a name that git takes. */
export function refParam(refs: readonly string[]) {
  const shown = refs.map(patternOf).join('|');
  return Type.String({
    title: 'Branch or tag',
    'x-param': { ...PARAM_KINDS.git_branch, source: `^(?:${shown})$`, shown },
  });
}

function patternOf(ref: string): string {
  const name = ref.replace(/\*$/u, '').replaceAll(/[.+]/gu, String.raw`\$&`);
  return ref.endsWith('*') ? `${name}[A-Za-z0-9._/@+-]{1,199}` : name;
}

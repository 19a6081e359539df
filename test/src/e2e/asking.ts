// node asking.js: asks one question of each kind in this terminal, and prints the answers; exit code 3 when nobody answers any more.
import { Type } from '@stormpulse/plugin-api';
import { GaveUp, askAll, terminalAsker } from '@stormpulse/wizard';

const schema = Type.Object({
  name: Type.String({ default: 'web', title: 'Its name', pattern: '^[a-z]+$' }),
  port: Type.Integer({ default: 80, minimum: 1, maximum: 65_535, title: 'Its port' }),
  token: Type.String({ title: 'Its token', 'x-secret': true, default: '' }),
  mode: Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on', title: 'Its mode' }),
  parts: Type.Array(Type.Union([Type.Literal('logs'), Type.Literal('state')]), { default: ['logs'], title: 'Its parts' }),
  hosts: Type.Array(Type.String(), {
    default: [],
    title: 'Its hosts, of which there may be many, each by the name under which this host finds it, separated by commas',
  }),
  sure: Type.Boolean({ default: false, title: 'Really' }),
});
try {
  process.stdout.write(`answers ${JSON.stringify(await askAll(schema, terminalAsker()))}\n`);
} catch (error) {
  if (!(error instanceof GaveUp)) throw error;
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 3;
}

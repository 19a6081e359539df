import { describe, expect, expectTypeOf, it } from 'vitest';
import { commandDefinition } from './command.ts';
import { job } from './job.ts';
import type { JobSpec } from './job.ts';
import type { TObject, TSchema } from './schema.ts';
import { Type } from './schema.ts';

const base = { id: 'x', title: 'x', effect: 'write', timeout: '1h', params: Type.Object({}), result: Type.Null() } as const;
const define = (more: Partial<JobSpec<TObject, TSchema, TSchema>>): unknown =>
  commandDefinition(job<TObject, TSchema, TSchema>({ ...base, run: () => Promise.resolve(null), ...more }));

describe('a job of a plugin', () => {
  it('knows the types of its parameters, its result and its checkpoint', () => {
    const command = job({
      ...base,
      params: Type.Object({ bucket: Type.String(), deep: Type.Optional(Type.Boolean()) }),
      result: Type.Object({ deleted: Type.Integer() }),
      checkpoint: Type.Object({ page: Type.Integer() }),
      serializeBy: (params) => params.bucket,
      rereads: [{ collector: 'buckets', only: ({ bucket }) => [bucket] }],
      extras: ({ deleted }) => ({ deleted }),
      run: async ({ params, progress, checkpoint, resumedFrom, signal }) => {
        expectTypeOf(params).toEqualTypeOf<{ bucket: string; deep?: boolean }>();
        expectTypeOf(resumedFrom).toEqualTypeOf<{ page: number } | undefined>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        progress({ done: 1 });
        // @ts-expect-error -- A page is a number.
        await checkpoint({ page: 'one' });
        // @ts-expect-error -- There is no such stage.
        progress({ stage: 'somewhere', done: 1 });
        return { deleted: 1 };
      },
    });
    expect(command.id).toBe('x');
  });

  it('without a checkpoint has nothing to save', () => {
    job({
      ...base,
      run: async ({ checkpoint, resumedFrom }) => {
        expectTypeOf(resumedFrom).toEqualTypeOf<undefined>();
        // @ts-expect-error -- It named no shape.
        await checkpoint({ page: 1 });
        return null;
      },
    });
    // @ts-expect-error -- The result is null.
    job({ ...base, run: () => Promise.resolve('text') });
  });

  it('is refused when it is resumable with a secret, which would be kept on disk', () => {
    const params = Type.Object({ api_key: Type.String({ 'x-secret': true }) });
    expect(() => define({ params, resumable: true })).toThrow(/"api_key" is secret/u);
    expect(define({ params })).toMatchObject({ mode: { kind: 'job', resumable: false } });
  });

  it.each([0, 1.5, Number.NaN])('is refused with a ceiling of %d', (ceiling) => {
    expect(() => define({ ceiling })).toThrow(/ceiling is a whole number/u);
  });

  it('is refused with a lease longer than its timeout', () => {
    expect(() => define({ lease: '2h' })).toThrow(/lease is longer/u);
    expect(define({ lease: '10m' })).toMatchObject({ mode: { lease: '10m' } });
  });
});

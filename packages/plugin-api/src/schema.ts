import { Type } from '@sinclair/typebox';
import type { StaticDecode, TNever, TObject, TSchema } from '@sinclair/typebox';
import type { ParamPolicy } from './params/policy.ts';

export { Type };
export type { TNever, TObject, TSchema };

/** What plugin code sees: defaults applied, transforms decoded. */
export type Infer<S extends TSchema> = StaticDecode<S>;

export type AbsolutePath = `/${string}`;

/** Rendering hints for the hub's generated forms. Never affects validation. */
export interface FormHints {
  /**
   * `text`, `textarea`: a line or an area for a text. `path`: a text that is a path. `bytes`, `duration`: a person may write `1.5 GiB`, `90s`
   * for a number, which arrives as bytes, as milliseconds; `duration` of a text (`Duration()`) tells how one is written. `number`, `switch` and
   * `select` are what a number, a boolean, a choice gets anyway. One that does not fit the type changes nothing.
   */
  readonly widget?: 'text' | 'textarea' | 'number' | 'switch' | 'select' | 'duration' | 'bytes' | 'path';
  readonly order?: number;
  readonly help?: string;
  /** Offers what a collector (`<plugin>.<id>`) published: in each row of its state, the keys of the value and of what is shown for it. */
  readonly optionsFrom?: { readonly collector: string; readonly value: string; readonly label: string };
}

declare module '@sinclair/typebox' {
  interface SchemaOptions {
    'x-ui'?: FormHints;
    /** What the wire text of this parameter must satisfy before anything reads it (SEC-110 to 115). */
    'x-param'?: ParamPolicy;
    /** Redacted from every record of the call (SEC-116). */
    'x-secret'?: true;
  }
}

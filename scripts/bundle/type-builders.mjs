// Stands for @sinclair/typebox in the bundle: `Type` there is one object of all its builders, and all of them would be read. These are
// what the kernel and the plugins beside it use; scripts/bundle.mjs refuses the bundle when they use another. A plugin of others
// brings its own.
import { Array } from '../../node_modules/@sinclair/typebox/build/esm/type/array/index.mjs';
import { Boolean } from '../../node_modules/@sinclair/typebox/build/esm/type/boolean/index.mjs';
import { Integer } from '../../node_modules/@sinclair/typebox/build/esm/type/integer/index.mjs';
import { Intersect } from '../../node_modules/@sinclair/typebox/build/esm/type/intersect/index.mjs';
import { Literal } from '../../node_modules/@sinclair/typebox/build/esm/type/literal/index.mjs';
import { Null } from '../../node_modules/@sinclair/typebox/build/esm/type/null/index.mjs';
import { Number } from '../../node_modules/@sinclair/typebox/build/esm/type/number/index.mjs';
import { Object } from '../../node_modules/@sinclair/typebox/build/esm/type/object/index.mjs';
import { Optional } from '../../node_modules/@sinclair/typebox/build/esm/type/optional/index.mjs';
import { Record } from '../../node_modules/@sinclair/typebox/build/esm/type/record/index.mjs';
import { String } from '../../node_modules/@sinclair/typebox/build/esm/type/string/index.mjs';
import { Transform } from '../../node_modules/@sinclair/typebox/build/esm/type/transform/index.mjs';
import { Tuple } from '../../node_modules/@sinclair/typebox/build/esm/type/tuple/index.mjs';
import { Union } from '../../node_modules/@sinclair/typebox/build/esm/type/union/index.mjs';
import { Unknown } from '../../node_modules/@sinclair/typebox/build/esm/type/unknown/index.mjs';
import { Unsafe } from '../../node_modules/@sinclair/typebox/build/esm/type/unsafe/index.mjs';

export { Kind, OptionalKind, TransformKind } from '../../node_modules/@sinclair/typebox/build/esm/type/symbols/index.mjs';
export const Type = {
  Array,
  Boolean,
  Integer,
  Intersect,
  Literal,
  Null,
  Number,
  Object,
  Optional,
  Record,
  String,
  Transform,
  Tuple,
  Union,
  Unknown,
  Unsafe,
};

export { openUnderRoot } from './open-under-root.ts';
export type { OpenMode, OpenUnderRootOptions } from './open-under-root.ts';
export { FileRefused, fileReason } from './file-refusal.ts';
export type { FileReason } from './file-refusal.ts';

import { defineError } from '@stormpulse/plugin-api';

/** Why a path below a root is not opened (SEC-117). */
export type FileReason =
  | 'empty'
  | 'control_char'
  | 'absolute_path'
  | 'path_traversal'
  | 'path_not_normalized'
  | 'symlink_component'
  | 'not_a_directory'
  | 'not_a_regular_file'
  | 'multiple_links'
  | 'not_found'
  | 'already_exists'
  | 'not_permitted';

const WORDS: Readonly<Record<FileReason, string>> = {
  empty: 'is empty',
  control_char: 'holds a NUL character',
  absolute_path: 'is absolute; give it relative to the root',
  path_traversal: 'leaves the root through ".."',
  path_not_normalized: 'has an empty or "." segment',
  symlink_component: 'goes through a symbolic link',
  not_a_directory: 'goes through something that is no directory',
  not_a_regular_file: 'is no regular file',
  multiple_links: 'has more than one hard link, so that writing it would change another file too',
  not_found: 'does not exist',
  already_exists: 'exists already',
  not_permitted: 'may not be opened by this user',
};

export const FileRefused = defineError<{ root: string; path: string; reason: FileReason }>(
  'E_FILE_REFUSED',
  'permission_denied',
  'operator',
  (d) => `${JSON.stringify(d.path.slice(0, 200))} below ${d.root} ${WORDS[d.reason]}`,
);

/** The reason of an `E_FILE_REFUSED`, undefined for every other error. */
export function fileReason(error: unknown): FileReason | undefined {
  return FileRefused.is(error) ? (error.details['reason'] as FileReason) : undefined;
}

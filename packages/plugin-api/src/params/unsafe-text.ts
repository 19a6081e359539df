/** C0, DEL, C1, and the two separators that some programs read as line ends (SEC-112). */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** Invisible, bidirectional, tag and noncharacter code points; ZWJ and ZWNJ belong to ordinary text and stay (SEC-112). */
const UNSAFE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\u{e0000}-\u{e007f}]/u;

/** The last two code points of every plane are noncharacters. */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

/** True when the text holds a control character or a line or paragraph separator. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}

/** True when the text holds a code point that a person cannot see, or that reorders what they see. */
export function hasUnsafeUnicode(text: string): boolean {
  return UNSAFE.test(text) || NONCHARACTER.test(text);
}

/** True when the text has no lone surrogate (SEC-055). Constant time for Latin-1 text, linear and native otherwise. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

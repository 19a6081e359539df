/** 1 to 64 printable characters, the first no space: what a certificate's common name can hold (wire page, section 4). */
export function isAgentId(text: string): boolean {
  return text.length <= 64 && /^[^\p{C}\s][^\p{C}]*$/u.test(text);
}

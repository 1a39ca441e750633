const PROGRAMS = 'git|npm|npx|pnpm|yarn|node|bun|deno|python3?|pip3?|ruby|bundle|cargo|go|make|cmake|docker|kubectl|ls|cat|cd|grep|find|rg|sed|awk|curl|wget|ssh|scp|gh|sudo|bash|sh|tsc|jest|vitest|eslint|pytest|mvn|gradle|java|php|composer|terraform|aws|test|true|which'
const WRAPPER = new RegExp(String.raw`(?:^|\/)(?:bin|\.bin|sbin|shims?|tools?|scripts|wrappers?|libexec)\/(?:${PROGRAMS})$`)
const SHADOW = new RegExp(String.raw`(?:^|[\n;{&|]|\bfunction)[ \t]*(?:${PROGRAMS})[ \t]*(?:\(\)|(?<=\bfunction[ \t]*\w+[ \t]*))\s*[({]([^\n]{0,400}(?:\n[^\n}]{0,300}){0,12})|\balias\s+(?:${PROGRAMS})=(['"][^\n]{0,400})`, 'g')
// More than the program itself: something leaves this machine, or is kept of what is typed.
const MORE = /\bgit\s(?:[^\n;&|]{0,100}\s)?push\b|\b(?:curl|wget|nc|ncat|socat|scp|rsync|sftp)\s[^\n]{0,300}(?:https?:\/\/|\d+\.\d+\.\d+\.\d+|[\w-]+\.[\w-]+)|\/dev\/(?:tcp|udp)\/|\.ssh\b|\bauthorized_keys\b|\b(?:npm|cargo|gem|twine)\s+(?:publish|push|upload)\b/

/** Whether a script would stand in for a program that people type, and do more than that program. */
export function shadowsProgram (path: string, text: string): boolean {
  if (WRAPPER.test(path) && MORE.test(text)) return true
  return [...text.matchAll(SHADOW)].slice(0, 256).some(([, body = '', alias = '']) => MORE.test(body) || MORE.test(alias))
}

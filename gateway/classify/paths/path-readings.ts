const MARKS = /["'`<>(){}[\]|;&#,@!$]+/g
const ROUTE = /\(\.{1,3}\)|\[{1,2}\.{3}/g // `(.)photo` and `[...slug]` are routes of a common framework, no dot files
const COPY = /(?:\.(?:bak|backup|old|orig|save|saved|copy|tmp|swp|local|\d{1,3})|~)$/i

/** What a name may mean to whoever opens it: a spelling of it; that without the marks that a shell would take away; what it is a copy of. */
export function readings (path: string): readonly string[] {
  const all = spellings(path)
  const bare = all.map((reading) => reading.replace(ROUTE, '').replace(MARKS, ''))
  const originals = all.map((reading) => reading.replace(COPY, ''))
  return bare.concat(originals).every((reading) => all.includes(reading)) ? all : [...new Set([...all, ...bare, ...originals])].filter(Boolean)
}

/**
 * The ways in which systems spell one path, or pattern: as written; in compatibility form, for look-alike letters and
 * slashes; without the trailing dots and spaces and with the separators of other systems.
 */
export function spellings (path: string): readonly string[] {
  const plain = path.replace(/^\/+/, '')
  const folded = foldLookAlikes(plain)
  return [...new Set([plain, folded, asWindows(plain), asWindows(folded)])].filter((reading) => reading !== '')
}

function asWindows (path: string): string {
  return path.replaceAll('\\', '/').split('/').map((part) => part.replace(/(?<=[^. ])[. ]+$/, '').replace(/:+\$?[A-Za-z$_]*(?::\$?[A-Za-z$_]*)?$/, '')).filter(Boolean).join('/')
}

// Letters of other scripts that look like those of common file names, and separators that look like `/` and `.`.
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(Object.entries({
  '/': '\u2044\u2215\u29f8\u2571\u27cb',
  '\\': '\u2216\u29f5\u29f9',
  '.': '\u3002\uff61\u0701\u0702\ua4f8\u06d4',
  a: '\u0430\u03b1\u0251\u1d00',
  b: '\u0184\u044c\u0299',
  c: '\u0441\u03f2\u1d04',
  d: '\u0501\u0257\u1d05',
  e: '\u0435\u0454\u04bd\u1d07\u03b5',
  g: '\u0261\u0581\u0262',
  h: '\u04bb\u0570\u029c',
  i: '\u0456\u0131\u0269\u03b9\u026a',
  j: '\u0458\u03f3\u1d0a',
  k: '\u043a\u03ba\u1d0b',
  l: '\u04cf\u01c0\u029f',
  m: '\u043c\u1d0d',
  n: '\u0578\u057c\u0274',
  o: '\u043e\u03bf\u0585\u1d0f',
  p: '\u0440\u03c1\u1d18',
  q: '\u0566\u051b',
  r: '\u0433\u1d26\u0280',
  s: '\u0455\ua731',
  t: '\u0442\u03c4\u1d1b',
  u: '\u057d\u03c5\u1d1c',
  v: '\u03bd\u0475\u1d20',
  w: '\u051d\u0461\u1d21',
  x: '\u0445\u03c7',
  y: '\u0443\u04af\u03b3\u028f',
  z: '\u1d22',
  E: '\u0415\u0395',
  N: '\u039d',
  V: '\u0474',
  P: '\u0420\u03a1',
  K: '\u041a\u039a',
  M: '\u041c\u039c',
}).flatMap(([letter, others]) => [...others].map((other) => [other, letter] as const)))

// eslint-disable-next-line no-control-regex -- plain ASCII needs no folding, and most paths are
const ASCII = /^[\x00-\x7f]*$/

// Decomposed, so that an accent (`\u00e9`) goes as well when it was one letter with its base.
function foldLookAlikes (path: string): string {
  if (ASCII.test(path)) return path
  return path.normalize('NFKD').replace(/\p{Default_Ignorable_Code_Point}|\p{Mn}/gu, '').replace(/[^\x00-\x7f]/gu, (letter) => LOOK_ALIKES.get(letter) ?? letter) // eslint-disable-line no-control-regex
}

// What turns text around or takes no room. Joiners are left out: names in Persian and emoji need them.
const INVISIBLE = /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\u3164\ufeff\uffa0]/
// Escapes of URLs, variables of two shells and a template, and names that only another system would resolve.
const ELSEWHERE = /%[0-9a-f]{2}|%[a-z_]+%|\$\{|\$\(|^\$[A-Z_]+(?:\/|$)|^[a-z]:(?:[\\/]|$)|^\\|(?:^|[\\/])\.\.\\|\\\.\.(?:[\\/]|$)/i
// Short names that the FAT family gives to special files (`.git` is `GIT~1`); `HEAD~1` and the like are revisions.
const SHORT_NAME = /(?:^|[\\/])(?:git|gitmod|gitatt|gitcon|github|gitlab|env|envrc|ssh|aws|kube|docker|npmrc|netrc|vscode|idea|claude|opencod|cursor|husky|secret|creden|id_rsa|id_ed2|agents|packag)~\d/i
// A part that some system would read without its end, or as a stream of the part before the colon.
const TRAILING = /[^. \\/][. ]+(?:[\\/]|$)|:{1,2}\$/

/**
 * Whether a workspace path is written to be taken for another one: invisible letters, one word in two scripts, URL
 * escapes, shell variables, drives, short names. No editor makes such names; nobody could tell what opens.
 */
export function isDisguised (path: string): boolean {
  if (ELSEWHERE.test(path) || TRAILING.test(path) || SHORT_NAME.test(path)) return true
  return !ASCII.test(path) && (INVISIBLE.test(path) || mixesScripts(path))
}

function mixesScripts (path: string): boolean {
  const words = path.match(/[\p{L}\p{M}]+/gu) ?? []
  return words.some((word) => /\p{Script=Latin}/u.test(word) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u.test(word))
}

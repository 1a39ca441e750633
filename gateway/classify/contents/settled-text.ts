const MAX_TEXT = 65_536 // people write some kilobytes at a time; a longer text is read as it stands
const MAX_NAMES = 128 // of one text

// What languages write for a folder of one's own, within a text in quotes.
const HOME = /\$\{(?:System\.getenv\(\s*['"]HOME['"]\s*\)|process\.env\.HOME|(?:os\.)?homedir\(\)|ENV\[['"]HOME['"]\])\}|#\{(?:Dir\.home|ENV\[['"]HOME['"]\])\}|\$ENV\{['"]?HOME['"]?\}|\{(?:os\.environ\[['"]HOME['"]\]|Path\.home\(\)|(?:os\.path\.)?expanduser\(['"]~['"]\))\}/g
// The same before a text in quotes.
const HOME_PLUS = /\b(?:process\.env\.HOME|(?:os\.)?homedir\(\)|NSHomeDirectory\(\)|System\.getenv\("HOME"\)|System\.getProperty\("user\.home"\)|os\.Getenv\("HOME"\)|Dir\.home|getHomeDir\(\)|ENV\[['"]HOME['"]\]|os\.environ\[['"]HOME['"]\])[ \t]{0,4}(?:\+|\.\.|\/)[ \t]{0,4}(['"`])/g
const JOINT = /(['"])[ \t]{0,8}(?:\+|\.{1,2}|\+\+|<>|~|&|\/(?=\s*['"]\.))[ \t]{0,8}\n?[ \t]{0,16}(?:[frbu])?(['"])/g
const LISTED = /\bconcat!\(\s{0,8}((?:"[^"\n]{0,200}"\s{0,8}(?:,\s{0,8})?){2,16})\)|\[\s{0,8}((?:(?:'[^'\n]{0,200}'|"[^"\n]{0,200}")\s{0,8}(?:,\s{0,8})?){2,32})\]\.join\(\s{0,8}(?:''|"")\s{0,8}\)/g
const WORDS = /'([^'\n]*)'|"([^"\n]*)"/g
const ASSIGNED = /(?:^|[\n;{(])[ \t]*(?:(?:export|pub(?:lic)?|private|static|final|readonly|local|our|my|const|let|var|val|auto|String|string|char|set)[ \t]{1,4}){0,4}\$?([A-Za-z_]\w{0,40})(?:[ \t]?:[ \t]?[&\w'[\]]{1,20})?[ \t]{0,8}:?=[ \t]{0,8}(?:'([^'\n\\]{1,400})'|"([^"\n\\]{1,400})"|`([^`\n\\$]{1,400})`)[ \t]{0,8}(?=[;\n,)]|$)/g
const USED = /\$\{([A-Za-z_]\w{0,40})\}|#\{([A-Za-z_]\w{0,40})\}|(?<=(?:[+,([=]|[ \t]\.|\.\.)[ \t]{0,4})\$?([A-Za-z_]\w{0,40})(?=[ \t]{0,4}(?:[+~,)\]]|\.\.?[ \t]|<>))|(?<=\+[ \t]?)([A-Za-z_]\w{0,40})(?![\w(.[])/g
const SHELL_ASSIGNED = /(?:^|[\n;]|&&|\b(?:export|local|readonly|declare))[ \t]*([A-Za-z_]\w{0,40})=(?:'([^'\n]{1,400})'|"([^"`\n]{1,400})"|([\w./:@%+,=~-]{1,200}))(?=[\s;&|)]|$)/g
const SHELL_USED = /\$(?:\{([A-Za-z_]\w{0,40})\}|([A-Za-z_]\w{0,40}))/g
const PRINTED = /\$\((?:printf|echo)[ \t]{1,4}(?:-\w{1,3}[ \t]{1,4})?(?:(?:%b|'%[bs]'|"%[bs]")[ \t]{1,4})?['"]?([^'"()\n$]{1,400})['"]?\)/g

/** The same text with what it calls by names of its own said in plain words, and parts of texts in quotes put together. */
export function settled (text: string): string {
  if (text.length > MAX_TEXT) return text
  const plain = joints(text.replace(HOME, '~').replace(HOME_PLUS, '$1~'))
  const values = valuesOf(plain, ASSIGNED)
  return values.size === 0 ? plain : joints(inPlace(plain, values))
}

/** The same of a script of a shell: names that are set once, and what is only printed to be a word of a command. */
export function settledScript (text: string): string {
  if (text.length > MAX_TEXT) return text
  const values = valuesOf(text, SHELL_ASSIGNED)
  const replaced = (found: string, one?: string, two?: string): string => {
    const name = one ?? two ?? ''
    return name === 'IFS' ? ' ' : values.get(name) ?? found
  }
  return text.replace(SHELL_USED, replaced).replace(PRINTED, '$1')
}

function joints (text: string): string {
  return text
    .replace(LISTED, (_found, one: string | undefined, two: string | undefined) => `"${[...(one ?? two ?? '').matchAll(WORDS)].map(([, a, b]) => a ?? b ?? '').join('')}"`)
    .replace(JOINT, (found, one: string, two: string) => one === two ? '' : found)
}

function valuesOf (text: string, pattern: RegExp): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const twice = new Set<string>()
  for (const [, name = '', one, two, three] of text.matchAll(pattern)) {
    if (values.has(name)) twice.add(name)
    else if (values.size < MAX_NAMES) values.set(name, one ?? two ?? three ?? '')
  }
  for (const name of twice) values.delete(name)
  return values
}

// A text in quotes cannot grow without end: names are not looked up again in what stands for them.
function inPlace (text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(USED, (found, one: string | undefined, two: string | undefined, three: string | undefined, four: string | undefined) => {
    const within = values.get(one ?? two ?? '')
    if (within !== undefined) return within
    const value = values.get(three ?? four ?? '')
    return value === undefined || value.includes('"') ? found : `"${value}"`
  })
}

const MAX_TEXT = 65_536 // a longer text is not looked at as a whole
const MAX_FUNCTIONS = 32 // of one script
const MAX_BODY = 400

const FUNCTION = /(?:^|[\n;])[ \t]{0,40}(?:function[ \t]{1,8}([\w:-]{1,40})(?:[ \t]{0,4}\(\))?|([\w:-]{1,40})[ \t]{0,4}\(\))[ \t\n]{0,20}[{(]/g
// Comes to an end, or may.
const ENDS = /\b(?:return|exit|if|case|while|until|test|break|shift)\b|\[|&&|\|\|/
// A script by its own name.
const ITSELF = /(?:(?:ba|z|da)?sh[ \t]{1,4}|exec[ \t]{1,4}|\.\/)?["']?\$(?:0|\{0\}|\{?BASH_SOURCE(?:\[0\])?\}?)["']?(?![\w/])(?:[ \t][^\n;&|]{0,80})?(?:&(?!&)|\|(?!\|)[ \t]{0,4}["']?\$(?:0|\{0\}))/g
const GUARD = /\b(?:if|case|exit|return|until)\b|\[\s/

/** Whether a script would start itself, or functions of it one another, twice and more each time, until the machine is full. */
export function spreads (text: string): boolean {
  if (text.length > MAX_TEXT || !/&|\|/.test(text)) return false
  if (!GUARD.test(text) && [...text.matchAll(ITSELF)].length > 1) return true
  const bodies = new Map<string, string>()
  for (const { index, 0: { length }, 1: one, 2: two } of [...text.matchAll(FUNCTION)].slice(0, MAX_FUNCTIONS)) bodies.set(one ?? two ?? '', bodyOf(text, index + length))
  return [...bodies.keys()].some((name) => reaches(name, name, bodies, new Set(), 1) > 1)
}

// How often a function is started, by itself or those that it starts, beside what started it.
function reaches (from: string, to: string, bodies: ReadonlyMap<string, string>, seen: Set<string>, times: number): number {
  const body = bodies.get(from) ?? ''
  if (ENDS.test(body)) return 0
  let most = 0
  for (const name of bodies.keys()) {
    const found = startsOf(name, body)
    if (found === 0 || (name !== to && seen.has(name))) continue
    if (name === to) most = Math.max(most, times * found)
    else most = Math.max(most, reaches(name, to, bodies, new Set([...seen, name]), times * found))
  }
  return most
}

function startsOf (name: string, body: string): number {
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const calls = [...body.matchAll(new RegExp(`(?:^|[\\s;&|({])${word}(?=[\\s;&|)}]|$)`, 'g'))]
  return /&/.test(body) ? calls.length : 0
}

function bodyOf (text: string, at: number): string {
  let depth = 1
  let end = at
  while (end < text.length && end - at < MAX_BODY && depth > 0) {
    const unit = text.charAt(end)
    if (unit === '{' || unit === '(') depth += 1
    if (unit === '}' || unit === ')') depth -= 1
    end += 1
  }
  return text.slice(at, Math.max(at, end - 1))
}

// The program that is running, or the file that it stands in.
const SELF = String.raw`(?:\bos\.Args\[0\](?:\s*,\s*os\.Args\[1:\]\.\.\.)?\s*\)|\bprocess\.execPath\s*,\s*\[\s*(?:__filename|process\.argv\[1\]|fileURLToPath\()|\bsys\.executable\s*,\s*(?:__file__|sys\.argv|\*sys\.argv)|\bload\s+__FILE__|\bcurrent_exe\(\)|\bRbConfig\.ruby\s*,\s*__FILE__|\b(?:cp|child_process)?\.?fork\(\s*__filename|\bnew\s+Worker\(\s*(?:new\s+URL\(\s*import\.meta\.url|__filename))`
const SELVES = new RegExp(SELF, 'g')
const LOOP = new RegExp(String.raw`(?:\bloop\b|\bforever\b|\bwhile\s*\(?\s*(?:true|True|1)\b|\bfor\s*(?:\(\s*;\s*;\s*\)|\{))[^\n]{0,60}\s{0,12}[^\n]{0,60}${SELF}|\bfork\s*[{(]?[^\n]{0,20}\bload\s+__FILE__`)
const TOLD = /\b(?:[gG]etenv|LookupEnv|process\.env|os\.environ|ENV\[|process\.argv\b(?!\[1\])|sys\.argv\s*[[(]?\s*[=!\d]|len\(os\.Args|isPrimary|isMainThread|isMaster|__main__|std::env::var)\b/
const FORKS = /\bwhile\b(?![^\n]{0,60}[<>])[^\n]{0,30}\b(?:os\.)?fork\(\)|\bloop\s*[{(]?\s*(?:do\s+)?fork\b|\buntil\s+false\b[^\n]{0,20}fork\b/
// A function that has processes of its own do what it does.
const DEFINED = /^([ \t]*)def (\w{1,40})\(/gm
const SPAWNED = /\bdefp?\s+(\w{1,40})\b(?:(?!\bend\b|\bif\b|\bcase\b|\breceive\b)[^]){0,200}?\bspawn(?:_link)?\(\s*&\1\/0/

/** Whether a program would start itself again and again. */
export function startsItself (text: string): boolean {
  if (text.length > MAX_TEXT) return false
  if (FORKS.test(text) || SPAWNED.test(text) || startsOwn(text)) return true
  return !TOLD.test(text) && (LOOP.test(text) || [...text.matchAll(SELVES)].length > 1)
}

function startsOwn (text: string): boolean {
  if (!/\b(?:Process|Thread)\(/.test(text)) return false
  return [...text.matchAll(DEFINED)].slice(0, MAX_FUNCTIONS).some(({ index, 1: indent = '', 2: name = '' }) => {
    const lines = text.slice(index, index + MAX_BODY).split('\n').slice(1)
    const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith(`${indent} `) && !line.startsWith(`${indent}\t`))
    const body = lines.slice(0, end === -1 ? undefined : end).join('\n')
    const at = body.search(new RegExp(`\\b(?:Process|Thread)\\(\\s*target\\s*=\\s*${name}\\b`))
    return at !== -1 && !/\b(?:if|return|def)\b/.test(body.slice(0, at))
  })
}

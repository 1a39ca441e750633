import { deepens, findBare } from './bare-text.ts'

const MAX_CALLS = 1_024 // that could start something, of one text
const MAX_GIVEN = 300 // characters of one call; no command is longer that people write into code
const MAX_LINE = 2_000

const TEST = /(?:^|\/)(?:tests?|__tests__|spec|fixtures|testdata)\/|[._-](?:test|spec)\.\w+$/

// Starts a program, or reads text as code. What only ends like it (\`pattern.exec\`, \`redis.eval\`) does neither.
const MODULES = String.raw`(?:cp|child_?[pP]rocess|childProcess|shell|shelljs|process|require\(\s*['"](?:node:)?child_process['"]\s*\)|os|subprocess|asyncio|commands|pty|Kernel|Open3|IO|Process|PTY|Runtime\.getRuntime\(\)|require\(\s*['"](?:node:)?vm['"]\s*\)|globalThis|window|global|builtins|vm|__import__\(['"]\w+['"]\))`
const BARE = 'exec|execSync|execFile|execFileSync|execAsync|execPromise|spawn|spawnSync|execa|execaCommand|execaSync|execaCommandSync|eval|Function|system|popen|Popen|check_output|check_call|getoutput|getstatusoutput|create_subprocess_(?:shell|exec)|shell_exec|passthru|proc_open|pcntl_exec|create_function|unserialize|instance_eval|class_eval|loadstring|runIn\\w+Context|compileFunction'
const BELOW = 'run|call|popen2|popen3|Start|capture2e?|capture3|spawnl\\w*|execv\\w*'
const STARTS = new RegExp(String.raw`(?:(?<![\w.$>])(?:${MODULES}\.(?:${BARE}|${BELOW})|(?:${BARE})|exec\.Command(?:Context)?|Code\.eval_string|System\.(?:cmd|shell)|Bun\.spawn(?:Sync)?|os\.execute|io\.popen|Process\.run|new\s+Function|new\s+ProcessBuilder|(?:pickle|marshal|dill|cloudpickle)\.loads|yaml\.(?:unsafe_load|load)))\s*\(`, 'g')
const SHELLS = /^\s*(?:\[\s*|new\s+String\[\]\s*\{\s*)?['"](?:\/bin\/|\/usr\/bin\/)?(?:(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell|pwsh|python3?|node|perl|ruby|php)['"]\s*,\s*\[?\s*['"][-/][\w]*[cCe]['"]\s*,?/

/** One place where code starts a program or reads text as code: by what, and what it gives to it. */
export interface Started { readonly by: string, readonly program: string, readonly index: number }

/** What code starts, but for what a comment or a text in quotes has of it. */
export function * starts (path: string, text: string): Generator<Started> {
  const isTest = TEST.test(path)
  let left = MAX_CALLS
  let at = 0
  let isTemplate = false
  for (const { index, 0: by } of text.matchAll(STARTS)) {
    left -= 1
    if (left < 0) return
    if (isTest && isOdd('`', text.slice(at, index))) isTemplate = !isTemplate
    at = index
    if (!isTemplate && !isQuoted(text.slice(Math.max(0, index - MAX_LINE), index))) yield { by, program: text.slice(index + by.length, index + by.length + MAX_GIVEN), index }
  }
}

/** The first argument; behind a shell and its option, the text for it. Of a fixed program only arguments come from elsewhere. */
export function programOf (given: string): string {
  const shell = SHELLS.exec(given)
  const text = shell === null ? given : given.slice(shell[0].length)
  const commas = text.trimStart().startsWith('[') ? 1 : 0
  let depth = 0
  return text.slice(0, findBare(text, (unit) => {
    depth += deepens(unit)
    return depth < 0 || (unit === ',' && depth <= commas)
  }))
}

// What a rule for a linter, or a test of one, has in quotes.
function isQuoted (before: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  const plain = line.replace(/\\./g, '')
  return /^\s*(?:\/\/|#(?!\{)|\*|--)/.test(line) || isOdd("'", plain) || isOdd('"', plain)
}

function isOdd (quote: string, within: string): boolean {
  return within.split(quote).length % 2 === 0
}

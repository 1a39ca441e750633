import { deepens, findBare } from './bare-text.ts'

const LITERAL = /(?:\bf|\br|\brb|\bb)?(?:'((?:[^'\\\n]|\\.){0,256})'|"((?:[^"\\\n]|\\.){0,256})"|`([^`\n]{0,256})`)/g
const ASSIGNED = /(?<![\w.])([A-Za-z_]\w*)\s*(?::\s*[\w.]+\s*)?:?=(?=\s*([^=\s;][^\n;]{0,240}))/g
const MAX_VALUES = 16 // of one name
// Opened to be filled, not to be read.
const WRITES = /,\s*(?:mode\s*=\s*)?['"](?:w|a|x|wb|ab|wt|at|w\+|a\+|wx)['"]|\bO_(?:WRONLY|CREAT)|\.(?:write_text|write_bytes)\b/
const HOME = /\b(?:os\.)?homedir\(\)|\bexpanduser\b|\bPath\.home\(\)|\bprocess\.env\.HOME\b|\b[gG]etenv\(\s*['"]HOME['"]|\bUserHomeDir\b|\benviron(?:\.get\(\s*|\[)['"](?:HOME|USERPROFILE)['"]|\bDir\.home\b|\bENV(?:\.fetch\(\s*|\[)['"]HOME['"]|\bhome_dir\(\)|\buser\.home\b|\bhome\b/
// Folders of the project itself. In any other (`tmp`, `dir`, `fixture`) a file is one that the code made.
const OWN = /^(?:__dirname|__file__|__DIR__|base_path|getcwd|app_path|import|meta|dirname|filename|process|cwd|homedir|parent|parents|pathlib|Path|path|os|fs|join|resolve|abspath|realpath|normalize|expanduser|str|String|url|URL|fileURLToPath|new|await|encoding|flag|mode|utf8|r|rb|rt|fspath|File|Rails|env|environ|ExpandEnv|expandvars|get|getenv|Getenv|filepath|Join|Paths|of|io|node|promises|const|let|var|return|print|console|log|read_text|read|json|loads|parse|f|b|user|UserHomeDir|joinpath|Deno|Bun|Dir|ENV|fetch|expand_path|expand|System|getProperty|format|toString|PathBuf|from|into|unwrap|dirs|home_dir|std|as|with|for|in|if|not|def|_|assert|expect|try|then|catch|open|err|error)$/
// Variables that mean the project in a source, and a folder of its own in a test that makes one.
const FOLDER = /^(?:root|ROOT|rootDir|ROOT_DIR|projectRoot|PROJECT_ROOT|project_root|repoRoot|repo_root|REPO_ROOT|BASE_DIR|BASE|base_dir|base|baseDir|here|HERE|workspace|workspaceRoot|PROJECT_DIR|home|HOME|user_home)$/
const MAKES_FOLDERS = /mkdtemp|tmpdir|tmp_path|tempfile|testdir|[tT]empDir|TemporaryDirectory|mktmpdir/

/**
 * The paths that the literals of a call name which reads a file: each by itself, and all of them joined (`join(homedir(), '.ssh', 'id_rsa')`).
 * A name that stands for a literal (`readFileSync(KEY)`) is looked up among those of the text.
 *
 * @param isAfter the reading comes after what is read: `Path('.env').read_text()`
 */
export function literalPaths (call: string, isAfter: boolean, { values, makesFolders }: NamesOfText): readonly string[] {
  if (call.length === 0 || WRITES.test(call)) return []
  const named = /^\s*(?:await\s+)?([A-Za-z_]\w*)\s*(?:,|$)/.exec(isAfter ? /([A-Za-z_]\w*)$/.exec(call)?.[0] ?? '' : call)?.[1]
  const given = named === undefined ? [] : values(named)
  return given.length === 0 ? pathsIn(call, isAfter, makesFolders) : given.flatMap((value) => pathsIn(value, false, makesFolders))
}

/** What a text gives its names that is written with a literal, and whether it makes temporary folders. */
export interface NamesOfText { readonly values: (name: string) => readonly string[], readonly makesFolders: boolean }

/** The names of a text. It is gone through once, and only when a name is asked for. */
export function namesOf (text: string): NamesOfText {
  let values: Map<string, string[]> | null = null
  const valuesOf = (name: string): readonly string[] => {
    if (values === null) {
      values = new Map()
      for (const [, known = '', value = ''] of text.matchAll(ASSIGNED)) {
        const given = values.get(known) ?? []
        if (/['"`]/.test(value) && given.length < MAX_VALUES) values.set(known, [...given, value])
      }
    }
    return values.get(name) ?? []
  }
  return { values: valuesOf, makesFolders: MAKES_FOLDERS.test(text) }
}

function pathsIn (call: string, isAfter: boolean, makesFolders: boolean): readonly string[] {
  const source = (isAfter ? call.slice(Math.max(0, startOf(call))) : firstArgument(call)).replace(/\bjava\.(?:io|nio\.file)\./g, '').replace(/\brequire\(\s*['"](?:node:)?(os|path)['"]\s*\)/g, '$1')
  const words = [...source.matchAll(LITERAL)].map(([, one, two, three]) => (one ?? two ?? three ?? ''))
  if (words.length === 0 || words.every((word) => word === '')) return []
  const strangers = source.replace(LITERAL, ' ').match(/[A-Za-z_]\w*/g)?.filter((name) => !OWN.test(name) && (makesFolders || !FOLDER.test(name))) ?? []
  if (strangers.length > 0) return []
  const isHome = HOME.test(source)
  const joined = words.filter((word) => !/^(?:utf-?8|r|rb|HOME|latin1|ascii|user\.home|USERPROFILE)$/i.test(word)).map(plain)
  const whole = joined.join('/').replace(/\/{2,}/g, '/')
  const first = joined[0] ?? ''
  // Behind a folder of the project, wherever below it the text itself stands.
  const isBelow = /__dirname|__DIR__|__file__|import\.meta|cwd\(\)|\b(?:root|ROOT|base_path|BASE_DIR|parents?)\b/.test(source.replace(LITERAL, ' ')) || /^\.\//.test(whole)
  const paths = isHome && !whole.startsWith('~') ? [`~/${whole.replace(/^\//, '')}`] : [whole, first, ...isBelow ? [whole.replace(/^(?:\.{0,2}\/)+/, '')] : []]
  return [...new Set(paths)].filter((path) => path !== '' && !/^\w+:\/\//.test(path))
}

// In a template, what comes from elsewhere stands for a folder of its own.
function plain (word: string): string {
  return word.replace(/\$\{(?:process\.cwd\(\)|__dirname|root|ROOT|cwd)\}/g, '.').replace(/\$\{(?:os\.homedir\(\)|homedir\(\)|process\.env\.HOME|HOME|home)\}|#\{(?:Dir\.home|ENV\[['"]HOME['"]\])\}|\{(?:Path\.home\(\)|HOME|home|os\.environ\[.HOME.\])\}|\$HOME\b/g, '~').replace(/\$\{[^}]*\}|#\{[^}]*\}/g, '/tmp/x')
}

function firstArgument (call: string): string {
  let depth = 0
  return call.slice(0, findBare(call, (unit) => {
    depth += deepens(unit)
    return unit === ',' && depth <= 0
  }))
}

function startOf (line: string): number {
  return Math.max(line.lastIndexOf('= '), line.lastIndexOf('print('), line.lastIndexOf('return '), line.search(/\(?(?:pathlib\.)?Path\b|Bun\.file|File\(/))
}

import { literalPaths, type NamesOfText } from './literal-paths.ts'

// Folders that hold what people wrote. `lib`, `docs` and `bin` may as well be what a build makes.
const WORK = String.raw`(?:\.git|src|sources?|apps|packages|services|internal|cmd|crates|tests?|spec|app|server|client)`
const PROJECT = String.raw`(?:\/workspace|\.|\$\{?(?:PWD|ROOT|ROOT_DIR|PROJECT_ROOT|PROJECT_DIR|REPO_ROOT|REPO_DIR|REPO|WORKSPACE|GITHUB_WORKSPACE|BASE_DIR)\}?|\$\(pwd\)|\$\(git rev-parse --show-toplevel\))`
const PLACE = new RegExp(String.raw`^(?:\.\.?\/?(?:\*+|\.\*|\{\*,\.\*\})?|\*+|\.\*|\.\/\.\[!\.\]\*|${PROJECT}\/?(?:\*+|\.\*)?|(?:${PROJECT}\/)*(?:\*\/|apps\/\*\/|packages\/\*\/|services\/\*\/)?${WORK}(?:\/(?:\*{1,2}(?:\/\*)?(?:\.\w+)?|core|main|components|models|api|index\.\w+)?)?)$`)
const REMOVES = /(?:^|[\s;&|("'`{])(?:\/bin\/|\/usr\/bin\/)?(?:rm|unlink|srm|trash|rimraf|del-cli|git\s+rm)\s+([^;&|\n)]*)/g
const FINDS = /(?:^|[\s;&|("'`])find\s+([^;&|\n]{0,400}?)\s(?:-delete\b|-exec(?:dir)?\s+(?:rm|shred|truncate)\b)/g
// What nobody misses.
const JUNK = /-(?:name|iname|path|wholename|regex)\s+['"]?[^\s'"]*(?:pyc|pyo|__pycache__|log|tmp|bak|orig|rej|swp|DS_Store|cache|map|class|\.o|\.d\.ts|node_modules|dist|build|coverage|snap|egg-info|~|\.js|min|gen|out|tsbuildinfo|Thumbs|\.d)['"]?(?=\s|$)|-empty\b|-mtime\b|-mmin\b|-newer/
const OTHER = /\bgit\s+filter-(?:branch|repo)\b|\bgit\s+reflog\s+(?:expire|delete)\b|\bgit\s+update-ref\s+-d\b|\bgit\s+gc\s[^;&|\n]{0,300}--prune=(?:now|all)\b|\bgit\s+stash\s+clear\b|\bshred\s[^;&|\n]{0,300}(?:\.git|src)\b|\btruncate\s+(?:-s|--size)[= ]?0\s[^;&|\n]{0,300}\b(?:src|packages|apps)\/|\bmv\s+(?:-\w+\s+)*(?:\.\/)?(?:\.git|src)\/?\s+\/|\bchmod\s+-R\s+0?00\d?\s|\brsync\s[^;&|\n]{0,300}--delete\S*\s[^;&|\n]{0,300}\/(?:empty|blank)\S*\s+(?:\.|src|\/workspace)\/?(?:\s|$)/
const TEMPORARY = /\b(?:cd|pushd)\s+(?:--\s+)?"?\$[({]?\w*(?:tmp|temp|work|scratch|sandbox|fixture|clone|dest|out)/i

/** Whether one of some commands, each a line, would take away what people wrote or what git keeps of it. */
export function losesWork (lines: readonly string[]): boolean {
  if (lines.some((line) => TEMPORARY.test(line))) return false
  return lines.some((line) => OTHER.test(line) || [...line.matchAll(REMOVES)].some(([found, words = '']) => removesWork(found, words)) || [...line.matchAll(FINDS)].some(([, words = '']) => isWork(words.split(/\s/)[0] ?? '') && !JUNK.test(words)))
}

function removesWork (found: string, words: string): boolean {
  const given = words.split(/\s+/).filter((word) => word !== '')
  const isRecursive = /rimraf|del-cli|trash/.test(found) || given.some((word) => /^-\w*[rR]/.test(word) || word === '--recursive')
  return given.some((word) => isWork(word) && (isRecursive || /\*/.test(word)))
}

/** Whether a path is a folder of what people wrote, or everything in it. */
export function isWork (path: string): boolean {
  const plain = path.replace(/["'`]/g, '')
  return plain !== '' && plain !== '-' && PLACE.test(plain)
}

const MAX_CALLS = 256 // that remove something, in one text
const CALLS = /(?:\b(?:rmtree|rmSync|rm_rf|rm_r|remove_entry_secure|rimraf(?:\.sync|Sync)?|removeSync|rmdirSync|remove_dir_all|RemoveAll|deleteRecursively|emptyDir(?:Sync)?|deleteDirectory|cleanDirectory|Directory\.Delete|deltree|remove_tree|[dD]eleteTree|delete_tree|Remove_(?:Dir|Tree)|removeDirRec\w*|removeTree|(?:fs|fsp|promises|fsPromises)\.(?:rm|rmdir|remove)|Deno\.remove(?:Sync)?)|(?<![\w.])(?:rm|deleteAsync|deleteSync|del))\s*\(/g
// The folder stands before the word: `File("src").deleteRecursively()`.
const RECEIVED = /\(\s*['"]([^'"\n]{1,200})['"]\s*\)\s*\.\s*(?:deleteRecursively|rmtree|remove_tree|deltree|removeDirRec\w*)\b/g
const WHOLE = /^\s*(?:str\()?(?:os\.getcwd\(\)|process\.cwd\(\)|Dir\.pwd|Path\.cwd\(\)|__dirname|Deno\.cwd\(\))\s*[,)]/

/** Whether code would take away what people wrote. Below folders that it makes for itself it may. */
export function codeLosesWork (text: string, names: NamesOfText): boolean {
  if (names.makesFolders) return false
  if ([...text.matchAll(RECEIVED)].slice(0, MAX_CALLS).some(([, path = '']) => isWork(path))) return true
  return [...text.matchAll(CALLS)].slice(0, MAX_CALLS).some(({ index, 0: start }) => {
    const call = text.slice(index + start.length, index + start.length + 200).split(/[;\n]/)[0] ?? ''
    const end = call.lastIndexOf(')')
    return WHOLE.test(call) || literalPaths(end === -1 ? call : call.slice(0, end), false, names).some((path) => isWork(path))
  })
}

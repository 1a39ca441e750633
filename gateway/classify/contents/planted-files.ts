import { namesOf } from './literal-paths.ts'

const MAX_CALLS = 1_024 // of one text, that write
const MAX_CALL = 400
const WRITES = /\b(?:writeFile|writeFileSync|appendFile|appendFileSync|outputFile(?:Sync)?|outputJson(?:Sync)?|createWriteStream|copyFile(?:Sync)?|copySync|cpSync|cp|symlink(?:Sync)?|linkSync|renameSync|rename|moveSync|chmod(?:Sync)?|write_text|write_bytes|WriteFile|WriteString|OpenFile|Create|write_all|fs::write|File::create|fs::copy|fs::rename|set_permissions|os\.chmod|os\.symlink|os\.rename|shutil\.(?:copy\w*|move)|File\.(?:write|symlink|chmod|rename|binwrite|open)|IO\.(?:write|binwrite)|FileUtils\.(?:cp|mv|ln_sf?|install|chmod|copy\w*)|file_put_contents|fopen|fputs|copy|open|Files\.(?:write(?:String)?|copy|move|createSymbolicLink|newBufferedWriter)|FileWriter|File\.(?:WriteAllText|WriteAllBytes|WriteAllLines|AppendAllText|Copy|Move)|spit|writeTextFile(?:Sync)?|Bun\.write|writeText|appendText|write_file|File\.write!?|File\.cp!?|install)\s*!?\(/g
const OPENS = /(?:^|\.)(?:open|fopen|File\.open|OpenFile)\s*\($/
// Says last what is written; all others first.
const MOVES = /copy|Copy|cp|move|Move|mv|rename|link|ln_|install|spit/
const TO_WRITE = /['"][wax]b?t?\+?(?::[\w-]+)?['"]|O_(?:WRONLY|RDWR|CREATE|APPEND)/
// What git, a shell, the machine or an agent reads and obeys.
const OBEYED = /(?:^|[\s'"`/{}])(?:\.git\/(?:hooks\b|config\b|info\/attributes)|\.husky\/(?!_)[\w-]|(?:etc\/)?(?:crontab|cron\.d\b|cron\.(?:daily|hourly|weekly|monthly))|\.(?:bashrc|bash_profile|bash_login|profile|zshrc|zshenv|zprofile|zlogin|bash_logout|gitconfig|config\/(?:git|fish|autostart|systemd))\b|etc\/(?:profile|bash\.bashrc|rc\.local|systemd|init\.d|ld\.so\.|sudoers|hosts|passwd)\b|Library\/Launch(?:Agents|Daemons)|systemd\/(?:user|system)\/|\.ssh\/(?:authorized_keys|config|rc|environment)\b|authorized_keys\b|weir\.ya?ml|opencode\.jsonc?|\.opencode\/|\.claude\/|\.cursor\/|\.cursorrules|\.mcp\.json|\.codex\/|AGENTS\.md|CLAUDE\.md|GEMINI\.md|\.github\/workflows\b|\.gitlab-ci\.yml|\.circleci\/|policies\/[\w./-]{1,80}\.(?:rego|ya?ml)|\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|pip\.conf|\.config\/pip)/
const PLACED_ELSEWHERE = /\b(?:tmp|temp|fixture|sandbox|scratch|testDir|test_dir|tmp_path|tmpdir|workdir|workDir|clone|dest|outDir|out_dir|target(?:Dir)?|repoDir|repo_dir|dir(?!\.home\b))\w*\b/i
const FAKED = /\b(?:memfs|mock-fs|mockFs|vol\.fromJSON|pyfakefs|FakeFS|MapFS|afero|vi\.mock\(\s*['"](?:node:)?fs|jest\.mock\(\s*['"](?:node:)?fs)/
// Settings of git that name a program; a folder of hooks that belongs to the project is usual.
const SETS = /\bgit['"]?(?:[\s,'"[]{1,6}-[cC][\s,'"]{1,6}\S{1,200})?[\s,'"[]{1,6}config\b(?:[\s,'"]{1,6}--?[\w-]+)*[\s,'"]{1,6}(?:core\.(?:hooksPath[\s,'"]{1,6}(?!\.?\/?(?:\.husky|\.githooks|githooks|\.hooks|hooks|scripts|tools|\.config)(?:[/\s'"),;]|$)|(?:--unset|null))|(?:fsmonitor|sshCommand|gitProxy|askPass)[\s,'"]{1,6}(?!true|false|--)|(?:editor|pager)[\s,'"]{1,6}['"]?(?:sh|bash|curl|\/tmp|!))|alias\.\w+[\s,'"]{1,6}!|(?:filter|diff|merge)\.\w+\.(?:clean|smudge|process|command|textconv|driver)[\s,'"]{1,6}(?!git-lfs|lfs)|credential\.helper[\s,'"]{1,6}['"]?(?:!|\/tmp)|init\.templateDir[\s,'"]{1,6}['"]?\/tmp|url\.\S{1,200}\.(?:pushI|i)nsteadOf)/i
const NAMED = /(?:^|[\n;])[ \t]*(?:const |let |var |val )?(\w{1,40})[ \t]*(?::=|=)[ \t]*([^\n;]{4,200})/g
const MAX_NAMES = 64
const OF_GIT = /(?:^|\/)(?:[\w.-]*\.git|\.git\/modules\/[\w./-]+)\/config$|(?:^|\/)\.gitconfig[\w.-]*$|(?:^|\/)gitconfig$/
const STARTS = /^[ \t]*(?:fsmonitor[ \t]*=[ \t]*(?!true\b|false\b)\S|(?:sshCommand|hooksPath|askPass|gitProxy|textconv|process|clean|smudge|driver|program|helper[ \t]*=[ \t]*["']?!|(?:editor|pager)[ \t]*=[ \t]*["']?(?:sh|bash|curl|\/tmp|!))\b[ \t]*=?|\w+[ \t]*=[ \t]*["']?!)/im

// Modules that an interpreter loads at every start.
const LOADED = /\b(?:getusersitepackages|getsitepackages|USER_SITE|get_path\(\s*['"]purelib['"])\b[^]{0,400}?['"/](?:usercustomize|sitecustomize)\.py\b|\b(?:getusersitepackages|getsitepackages|USER_SITE)\b[^]{0,400}?['"/][\w-]{1,40}\.pth['"]/

/** Whether a file is one that git, a shell, the machine or an agent obeys. */
export function isObeyed (path: string): boolean {
  return OBEYED.test(` ${path}`)
}

/** Whether code, or the settings of a repository, would leave something behind that git, a shell or an agent obeys later. */
export function plantsFiles (path: string, text: string): boolean {
  if (OF_GIT.test(path)) return STARTS.test(text)
  if (FAKED.test(text) || namesOf(text).makesFolders) return false
  if (SETS.test(text) && !isComment(text, text.search(SETS))) return true
  if (LOADED.test(text)) return true
  if (!OBEYED.test(joinedWords(text))) return false
  return writesBefore(text) || writesAfter(text) || writesNamed(text)
}

function writesBefore (text: string): boolean {
  for (const { index, 0: found } of [...text.matchAll(WRITES)].slice(0, MAX_CALLS)) {
    const raw = text.slice(index + found.length, index + found.length + MAX_CALL).split(/;|\n\s*\n/)[0] ?? ''
    const call = joinedWords(raw)
    const at = call.search(OBEYED)
    if (at === -1 || at > 200 || PLACED_ELSEWHERE.test(call.slice(0, at)) || isComment(text, index)) continue
    if (!MOVES.test(found) && isBehindComma(call.slice(0, at))) continue
    if (!OPENS.test(found) || TO_WRITE.test(raw)) return true
  }
  return false
}

// `dir := filepath.Join(".git", "hooks")`, and later `WriteFile(filepath.Join(dir, "pre-push"), …)`.
function writesNamed (text: string): boolean {
  const names = [...text.matchAll(NAMED)].slice(0, MAX_NAMES).filter(([, , value = '']) => OBEYED.test(joinedWords(value)) && !PLACED_ELSEWHERE.test(value)).map(([, name = '']) => name)
  if (names.length === 0) return false
  // `unit.write_text(…)` of a name.
  if (new RegExp(`(?<![\\w.'"])(?:${[...new Set(names)].join('|')})\\.(?:write_text|write_bytes|writeText|appendText|open\\(\\s{0,4}['"][wax])`).test(text)) return true
  const used = new RegExp(`^[^;\\n]{0,60}?(?<![\\w.'"])(?:${[...new Set(names)].join('|')})\\b`)
  return [...text.matchAll(WRITES)].slice(0, MAX_CALLS).some(({ index, 0: found }) => {
    const call = text.slice(index + found.length, index + found.length + MAX_CALL).split('\n')[0] ?? ''
    return used.test(call) && !isBehindComma(call.slice(0, used.exec(call)?.[0].length)) && !MOVES.test(found) && !isComment(text, index) && (!OPENS.test(found) || TO_WRITE.test(call))
  })
}

// `Path('.git/hooks/pre-commit').write_text(…)` says first where.
function writesAfter (text: string): boolean {
  return [...text.matchAll(/\.(?:(?:write_text|write_bytes|writeText|appendText)\s*\(|open\s*\(\s*['"][wax])/g)].slice(0, MAX_CALLS).some(({ index }) => {
    const before = text.slice(Math.max(0, index - 200), index)
    const line = joinedWords(before.slice(before.lastIndexOf('\n') + 1))
    return OBEYED.test(line) && !PLACED_ELSEWHERE.test(line.slice(0, line.search(OBEYED)))
  })
}

function isBehindComma (text: string): boolean {
  let depth = 0
  for (const unit of text) {
    if (unit === '(' || unit === '[') depth += 1
    if (unit === ')' || unit === ']') depth -= 1
    if (depth < 0 || (unit === ',' && depth === 0)) return true
  }
  return false
}

function joinedWords (text: string): string {
  return text.replace(/['"`][ \t\n]{0,40}[,/+][ \t\n]{0,40}['"`]/g, '/')
}

function isComment (text: string, index: number): boolean {
  return /^\s*(?:\/\/|#|\*|--)|\b(?:expect|assert\w*|toBe|toEqual|echo|print\w*|console\.\w+)\b/.test(text.slice(Math.max(0, text.lastIndexOf('\n', index - 1) + 1, index - 300), index))
}

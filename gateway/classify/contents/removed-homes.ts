const MAX_LINES = 4_096 // of one text
const MAX_LINE = 400
const MAX_NAMES = 32 // that stand for a home folder, in one text

// A whole home folder, as each language says it.
const HOME = String.raw`(?:(?:\bos\.)?\bhomedir\(\)|\bPath\.home\(\)|\bos\.home\b|\benv\.HOME\b|\bexpanduser\(\s*['"]~\/?['"]\s*\)|['"]~\/?['"]\)?\.expanduser\(\)|\bprocess\.env(?:\.HOME\b|\[['"]HOME['"]\])|\benviron(?:\.get\(\s*|\[)['"]HOME['"][\])]|\b(?:std::|os\.|posix\.|System\.|Sys\.)?[gG]et_?[eE]nv[( ]\s*['"](?:HOME|USERPROFILE)['"]\)?|\benv::var(?:_os)?\(\s*"HOME"\s*\)|\bSystem\.getProperty\(\s*['"]user\.home['"]\s*\)|\bsys\.props\(\s*"user\.home"\s*\)|\bSpecialFolder\.UserProfile\b|\$env:(?:USERPROFILE|HOME)\b|\$HOME\b|\bSystem\.user_home!?\(\)|\bDir\.home\b(?:\(\))?|\bENV(?:\.fetch\(\s*|\[)['"]HOME['"][\])]|\$ENV\{['"]?HOME['"]?\}|\bos\.UserHomeDir\(\)|\bhome_dir\(\)|\bNSHomeDirectory\(\)|\bhomeDirectoryForCurrentUser\b|\benvironment\[['"]HOME['"]\]!?|\bgetHomeDirectory\b|\bgetHomeDir\(\)|\bSys\.getenv\(\s*"HOME"\s*\))`
// The same as a text in quotes, and folders of the machine; what only climbs there is no other folder.
const NAMED = String.raw`(?:(?<=\()['"]~(?:\/(?:\.config|\.local|\.ssh|[Dd]ocuments|[Dd]esktop|[Dd]ownloads|[Pp]rojects?|[Ww]ork|src|code|dev))?\/?['"]|['"\x60](?:\/root|\/home(?:\/[\w.-]{1,32})?|\/etc|\/usr|\/var|(?:[\w.-]{1,40}\/){0,8}(?:\.\.\/){2,12}(?:root|home|etc|usr|var)(?:\/[\w.-]{1,60}){0,4})(?:\/(?:\.config|\.local|\*|\.\*))?\/?['"\x60])`
const ANY = new RegExp(`${HOME}|${NAMED}`)
// Takes away a folder and all that is in it, or one file after the other.
const REMOVER = /\b(?:rmtree|rmSync|rm_rf!?|rm_r|rimraf(?:\.sync|Sync)?|removeSync|rmdirSync|emptyDir(?:Sync)?|remove_dir_all|RemoveAll|deleteRecursively|remove_tree|Directory\.Delete|removeItem|deleteTree\w*|removeDirectoryRecursive|cleanDirectory|remove\.all|shell\.rm|os\.(?:remove|unlink|rmdir|Remove)|removePathForcibly|removeDir|remove_all|remove_entry|deleteIfExists|deleteSync|deleteDirectory|forceDelete|Remove-Item|(?:fs|fsp|promises|fsPromises|Deno|File|Files|FileUtils)(?:\.|::)(?:rm|rmdir|remove|delete))\b|(?<![\w.])(?:rm|unlink|delete)\s*\(|\w\.(?:unlink|rmdir)\(|&:(?:rmtree|unlink|delete)\b|\bdelete\s+(?:fileTree|files?)\b|\bREMOVE_RECURSE\b/
const RECURSES = /\b(?:unlink|deleteSync|delete|deleteIfExists|Remove-Item|rm|remove|rmdir|Remove)\b/
const ALL = /recursive|force|recurse|walk|rglob|children|dir\b|reverse|list|glob|fileTree|readdir|children|-r\b|keep_root/i
// A command that is put together: the folder comes behind it.
const COMMAND = /['"`]\s*(?:sudo\s+)?rm\s+-\w*[rR]\w*\s[^'"`\n]{0,20}?(?:['"`]|%s|\$?\{)/
const TAKES = /(?<![\w.'"`$])[$@]?([A-Za-z_]\w{0,40})(?:\s*,\s*\w+){0,3}(?:\s*:\s*[\w.:<>&[\]]{1,40})?\s*(?::?=(?![=>])|<-|\+=|\bin\b|\bof\b)|\bfor(?:each)?\s*\(?\s*(?:const|let|var|val|auto)?[&*\s]{0,4}(\w{1,40})\s*:|\|\s*(\w{1,40})\s*\|/g
const LITERAL = /'((?:[^'\\\n]|\\.){0,200})'|"((?:[^"\\\n]|\\.){0,200})"|`([^`\n]{0,200})`/g
const OPTION = /^\s*(?:(?:sudo )?rm\s+-\w+\s*['"]?|-\w{1,4}|HOME|USERPROFILE|user\.home|utf-?8|rb?|[+.!-]?\/?\**|%s.{0,6})$/i
// Folders below it that hold what somebody made, or how a machine is set up.
const KEPT = /^\/?(?:\.{1,2}\/?|\*{1,2}|\.\*|\.\?\?\*|\.\[.{1,6}\]\*?|\.(?:config|local|ssh|gnupg|aws|kube|docker)|[Dd]ocuments|[Dd]esktop|[Dd]ownloads|[Pp]rojects?|[Ww]ork|workspace|src|code|dev|root)(?:\/\*{0,2})?$/
const COMMENT = /^\s*(?:\/\/|#(?!\{|!)|\*|--|;)/
// A test that has a home folder of its own.
const PRETENDS = /\b(?:set_?env|putenv|Setenv|setProperty|env::set_var|stubEnv|System\.put_env)\b[^\n]{0,20}\b(?:HOME|user\.home)\b|\b(?:environ|env|ENV)(?:\[['"]|\.)HOME(?:['"]\])?\s*=(?!=)|\bmonkeypatch\b|\bmockReturnValue|\bspyOn\b|\bstub\b|\ballow\(/

/** Whether code would remove somebody's home folder, what people keep in it, or folders above of the project. */
export function removesHome (path: string, text: string): boolean {
  if (!(REMOVER.test(text) || COMMAND.test(text)) || PRETENDS.test(text)) return false
  const above = aboveOf(path)
  if (!ANY.test(text) && !above.test(text)) return false
  const whole = new RegExp(`${HOME}|${NAMED}|${above.source}`)
  const homes = new Set<string>()
  const commands = new Set<string>()
  for (const line of linesOf(text)) {
    const isHome = namesHome(line, whole, homes)
    const isCommand = COMMAND.test(line) || says(line, commands) !== undefined
    if (isHome && (isCommand || (REMOVER.test(line) && (!RECURSES.test(line) || ALL.test(text))))) return true
    if (isHome) keep(line, homes)
    else if (isCommand) keep(line, commands)
  }
  return false
}

function keep (line: string, names: Set<string>): void {
  for (const [, one, two, three] of line.matchAll(TAKES)) if (names.size < MAX_NAMES) names.add(one ?? two ?? three ?? '')
}

function says (line: string, names: ReadonlySet<string>): string | undefined {
  return names.size === 0 ? undefined : new RegExp(`(?<![\\w.'"])[$@]?(?:${[...names].join('|')})(?![\\w'"(])`).exec(line)?.[0]
}

// Whether a line means the folder itself, or one in it that is kept: whoever clears a cache of its own names it.
function namesHome (line: string, whole: RegExp, names: ReadonlySet<string>): boolean {
  const named = whole.exec(line)?.[0] ?? says(line, names)
  if (named === undefined) return false
  const rest = line.slice(line.indexOf(named) + named.length)
  const words = [...rest.matchAll(LITERAL)].map(([, one, two, three]) => one ?? two ?? three ?? '').filter((word) => !OPTION.test(word))
  return words.every((word) => KEPT.test(word)) && !/\.(?:join|resolve|Combine)\(\s*[^)'"]{0,60},\s*[A-Za-z_]\w*\s*\)/.test(rest)
}

// A statement that goes on at the next line is one.
function linesOf (text: string): readonly string[] {
  return text.replace(/\n[ \t]{0,40}(?=[.|>]|#\|)|(?<=[([{,])\n[ \t]{0,40}(?![ \t])/g, ' ').split(/[\n;]/, MAX_LINES).filter((line) => !COMMENT.test(line)).map((line) => line.slice(0, MAX_LINE))
}

// Steps up from a file that end outside of the project.
function aboveOf (path: string): RegExp {
  const depth = path.replace(/^\/workspace\//, '').split('/').length
  return new RegExp(String.raw`\bparents\[(?:${String(depth)}|${String(depth + 1)}|${String(depth + 2)}|${String(depth + 3)})\]`)
}

import { isBuildFile, isUnasked } from './command-places.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { commandsOf, discardsByList, hasOwnRepository } from './discarded-changes.ts'
import { namesOf } from './literal-paths.ts'
import { losesWork } from './lost-work.ts'
import { shellSigns } from './shell-signs.ts'

const MAX_COMMANDS = 1_024 // of one text
const MAX_BEFORE = 240
const SHELLS = String.raw`(?:(?:\/usr)?(?:\/bin\/))?(?:ba|z|da|k)?sh\s+-\w*c\s+['"{\`]?`
const EDGE = String.raw`(?<![\w.$/-])(?:\/usr)?(?:\/bin\/)?`
const PUSH = new RegExp(String.raw`${EDGE}git(?:\s+-[cC]\s+[^\s'"]{1,200}|\s+--?[\w-]+(?:=[^\s'"]{1,200})?){0,4}\s+push(?![\w-])([^;&|\n'"\`)}\]]{0,300})`, 'g')
const READ = new RegExp(String.raw`${EDGE}(?:cat|tac|head|tail|base64|xxd|tar|zip|7z|gzip|cp|scp|rsync|sftp|curl|wget|gpg|openssl|strings|od|hexdump|awk|sed|tee|nc|ncat|socat)\s[^\n'"\`}\]]{4,400}`, 'g')
const REMOVE = new RegExp(String.raw`${EDGE}rm\s+-[^\n'"\`}\];&|]{2,300}`, 'g')
const FETCHED = new RegExp(String.raw`${EDGE}(?:curl|wget)\s[^\n'"\`|]{1,300}\|\s{0,8}(?:sudo\s+)?(?:(?:ba|z|da|k)?sh|python3?|node|perl|ruby)(?![\w./-])`, 'g')
// Whatever stands for the program that fetches: nobody says this in words.
const PIPED = /['"`](?!\s?(?:curl|wget|[A-Z][a-z]+ ))[^'"`\n]{0,60}https?:\/\/(?!localhost|127\.)[^\s'"`|]{1,200}\s?\|\s?(?:ba|z|da)?sh['"`]/g
const NAMES = /\.ssh|\.aws|\.kube|\.npmrc|\.netrc|\.pypirc|\.docker|\.gnupg|credential|secret|\.config\/|\.env|\.gem\/|\.cargo|\.git-cred|id_rsa|id_ed25519|shadow/
// Whatever of a home folder's hidden files goes to another machine: nobody but its owner knows what they hold.
const KEPT_SENT = /(?:~|\/root|\/home\/\w{1,32})\/\.[\w-][^|\n]{0,200}\|[^\n]{0,100}?\b(?:nc|ncat|socat|telnet|curl\s[^\n]{0,200}?(?:-T|-F|-d|--data\S*|--upload-file))\s/
const FORCED = /(?:^|\s)(?:-[a-z]*f[a-z]*|--force(?:-with-lease|-if-includes)?|--mirror|--delete|--all|--prune)(?=[\s=]|$)|(?:^|\s)(?:-\S+\s+)*(?:https?|ssh|git|file|ftps?):\/\/|(?:^|\s)[\w.-]+@[\w.-]+:|\s\+[\w./-]+(?::|\s|$)|\s:[\w./-]+/
const ADDRESS = /https?:\/\/|[\w.-]+@[\w.-]+:/
const OWN = /\bcwd\s*[:=]\s*(?:tmp|temp|dir|repo|work|clone|fixture)\w*|\bcwd\s*\}|\bgit['", ]{1,4}init\b/
const PAGES = /\s(?:\S*:)?gh-pages\s*$/
const DRY = /--dry-run\b|(?:^|\s)-n(?=\s|$)/
// What starts a program, with or without brackets behind it, in any language.
const CALL = String.raw`(?:\b(?:exec|spawn|system|popen|proc|run|call|shell|process|start|capture|check|get|read|create|open|rawSystem|perform|invoke|sh|bash|cmd|Shell|Process|Exec|Run|Start|System|Command|zx|command|execute|qx|proc_open|passthru|action|rule|genrule|script|USING|add_custom_(?:command|target)|COMMAND|uiop:\S+)(?:[A-Z_:!?.-][\w:!?.-]*|Sync|fv?|lp?|Cmd)?|\b\w{1,24}(?:Exec|System|Spawn|Shell|Command)\w{0,12}|\\write18|\bos:cmd|\bUnix\.\w+|\bSys\.command|\$)\s*(?:[(\[{]\s*(?:[&.]?\{\s*|\[\s*)*(?:~[cCsS])?['"\`{]?|['"\`{])\s*|[\`]|%x[({[]\s*|\bqx\W|\bdo\s+shell\s+script\s+["']|\b(?:cmd|command|program|args?|argv|arguments)\s*(?::=|=>|=|:)\s*#?\[?\s*["'\x60]|(?:^|\n)[ \t]*!+[ \t]*`
const PREFIX = String.raw`(?:${SHELLS}|[^'"\`\n]{0,120}(?:&&|;|\|\|?)\s*|(?:sudo|nohup|env|command|exec|time)\s+)`
const STARTED = new RegExp(String.raw`(?:${CALL})(?:${PREFIX}){0,2}$`)
const QUOTED = new RegExp(String.raw`['"\`{([;&|,]\s*(?:${PREFIX}){0,2}$`)
const RUN_AFTER = /^[^\n'"`]{0,300}['"`]{1,3}\)?(?:\.!|\s*!|\.(?:execute|run|exec|shell|lines_?|lazyLines|spawn|system)\b|\s+system\b|\s*\|\s*getline|\s*\|&)/
const SAID = /^\s*(?:\/\/|#(?!\{|!)|\*|--|;|%|\/\*|<!--|REM\b|dnl\b)|\b(?:expect|assert\w*|should|toBe|toEqual|toContain|toMatch|toThrow|equal|strictSame|same|match|describe|it|test)\s*[(!]\s*[^)]{0,80}$|\b(?:echo|printf|puts|print|println|console\.\w+|log\.\w+|logger\.\w+|message|warn|throw|raise|Error|usage|help|desc|summary|description|title)\b[^;&|\n]{0,120}$/i
const AT = /(?:^|[;&|{(`]|\b(?:then|do|else|exec|command|sudo|nohup|time|eval))\s*(?:[A-Z_]+=\S*\s+)*['"]?(?:(?:\/usr)?\/bin\/)?$/

/** What the text of a program or a build has as commands, whoever runs them: secrets that are handed on, pushes, what is fetched and run, work that is removed. */
export function saidSigns (path: string, text: string, isSecret: SecretName): Signs {
  const found: Signs = { signs: new Set(), secrets: new Set() }
  const mayPush = /\bpush\b/.test(text)
  const mayRead = NAMES.test(text)
  const mayFetch = /\b(?:curl|wget)\b|\|\s?(?:ba|z|da)?sh\b/.test(text)
  const mayRemove = /\brm\s+-/.test(text)
  const mayDiscard = /\bgit\b/i.test(text)
  if (!mayPush && !mayRead && !mayFetch && !mayRemove && !mayDiscard) return found
  const flat = flattened(text)
  // In a repository that a text makes for itself there is nothing to lose.
  const isOwn = namesOf(text).makesFolders || OWN.test(text)
  for (const { index, 0: { length }, 1: given = '' } of mayPush ? [...flat.matchAll(PUSH)].slice(0, MAX_COMMANDS) : []) {
    if ((!isOwn || ADDRESS.test(given)) && isForbidden(path, given) && isRun(path, flat, index, length)) found.signs.add('delivers')
  }
  if (mayFetch && [...flat.matchAll(PIPED)].slice(0, MAX_COMMANDS).some(({ index }) => !SAID.test(flat.slice(Math.max(0, index - MAX_BEFORE), index).split('\n').at(-1) ?? ''))) found.signs.add('remote-code')
  for (const { index, 0: { length } } of mayFetch ? [...flat.matchAll(FETCHED)].slice(0, MAX_COMMANDS) : []) {
    if (isRun(path, flat, index, length)) found.signs.add('remote-code')
  }
  for (const { index, 0: command } of mayRemove && !isOwn ? [...flat.matchAll(REMOVE)].slice(0, MAX_COMMANDS) : []) {
    if (losesWork([command]) && isRun(path, flat, index, command.length)) found.signs.add('destroys')
  }
  if (mayDiscard && !isOwn && !hasOwnRepository(text)) {
    if (discardsByList(flat) || commandsOf(flat).some(({ index, length }) => isRun(path, flat, index, length))) found.signs.add('destroys')
  }
  for (const { index, 0: command } of mayRead ? [...flat.matchAll(READ)].slice(0, MAX_COMMANDS) : []) {
    if (!NAMES.test(command) || !isRun(path, flat, index, command.length)) continue
    const { signs, secrets } = shellSigns([command], isSecret) ?? found
    const handed = [...secrets].filter((secret) => signs.has('sends-secrets') || /^[~/]/.test(secret))
    for (const secret of handed) found.secrets.add(secret)
    if (KEPT_SENT.test(command)) found.signs.add('sends-secrets')
    if (handed.length > 0) found.signs.add(signs.has('sends-secrets') ? 'sends-secrets' : 'reads-secret')
  }
  return found
}

/** The same in a script of a shell, each command a line: only what it pushes. */
export function scriptPushes (path: string, lines: readonly string[]): boolean {
  return lines.some((line) => [...line.slice(0, 16_384).matchAll(PUSH)].slice(0, MAX_COMMANDS).some(({ index, 1: given = '' }) => AT.test(line.slice(Math.max(0, index - MAX_BEFORE), index)) && isForbidden(path, given)))
}

function isForbidden (path: string, given: string): boolean {
  return !DRY.test(given) && (isUnasked(path) || (FORCED.test(given) && !PAGES.test(given)))
}

function isRun (path: string, text: string, index: number, length: number): boolean {
  const before = text.slice(Math.max(0, index - MAX_BEFORE), index)
  const line = before.slice(before.lastIndexOf('\n') + 1)
  // A shell runs what it is to say.
  if (isBuildFile(path) && /\$\(\s{0,8}$/.test(line) && !/^\s*(?:;|#|\/\/)/.test(line)) return true
  if (SAID.test(line)) return false
  if (isBuildFile(path)) return true
  if (/\.(?:tcl|exp)$/.test(path) && /\bexec\s[^\n]*$/.test(line)) return true
  return STARTED.test(before) || (QUOTED.test(line) && RUN_AFTER.test(text.slice(index + length, index + length + 320)))
}

// Lists of words are one command; a home folder is `~`, however it is written.
function flattened (text: string): string {
  return text
    .replace(/\$ENV\{HOME\}|\$?\$\{?HOME\}?|\$::env\(HOME\)|#\{Dir\.home\}|#\{ENV\[['"]HOME['"]\]\}|%USERPROFILE%|\$\(HOME\)/g, '~')
    .replace(/['"] ?#\| ?['"]/g, ' | ')
    .replace(/\[\|/g, '[').replace(/(['"]);[ \t]{0,8}(?=['"])/g, '$1, ')
    .replace(/(['"])([\w./-]{1,40})\1(?:[ \t]{0,4},[ \t]{0,4}|[ \t]{0,4}\[[ \t]{0,4})\1\2\1/g, '$1$2$1')
    .replace(/(?:\*?[%~]w|\bqw ?)([({[|<])([^\n()[\]{}|<>]{1,200})[)}\]|>]/g, '"$2"')
    .replace(/(['"])\)[ \t\n]{0,40}\.args?\([ \t\n]{0,40}(?:&?\[[ \t\n]{0,40})?(['"])/g, ' ')
    .replace(/(['"])(?:[ \t]{0,8},[ \t\n]{0,40}|[ \t]{1,8})(?:\[[ \t\n]{0,40}|&\[|\w{1,20}[ \t]?(?::=|=|:)[ \t]?#?\[)?(['"])(?=[\w./~:+-])/g, ' ')
}

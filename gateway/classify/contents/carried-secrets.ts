import type { SecretName } from './content-facts.ts'
import { namesOf } from './literal-paths.ts'

// Programs that keep secrets, into one that sends.
const KEPT_SENT = /\b(?:security\s+find-(?:generic|internet)-password|secret-tool\s+lookup|gh\s+auth\s+token|gcloud\s+auth\s+print-(?:access|identity)-token|(?:op|pass|vault|bw|gopass)\s+(?:read|show|get|kv\s+get|item\s+get)|git\s+credential\s+fill|kubectl\s+(?:-\S+\s+\S+\s+)?get\s+secrets?)\b[^|;\n]{0,200}\|[^\n]{0,200}\b(?:curl|wget|nc|ncat|socat)\s/
const MAX_WORDS = 512 // of one text, that could name a file of a home folder

const HOME = String.raw`(?:~|\/root|\/home\/[\w.-]{1,32}|\$\{?HOME\}?|%USERPROFILE%)`
// A whole text in quotes, or a word of a command or of a language without quotes.
const NAMED = new RegExp(String.raw`(?<=['"\`({@<=]|\b(?:open|slurp|read|load)\s{1,3})${HOME}\/(\.[\w-][\w./-]{1,120})`, 'g')
// The same in parts: `joinpath(homedir(), ".ssh", "id_rsa")`.
const BELOW = /['"`]\/?(\.(?:ssh|aws|kube|gnupg|docker|config|netrc|npmrc|pypirc|pgpass|cargo|gem|azure|git-credentials|m2|gradle|sbt|lein|Renviron)\b[\w./-]{0,120})['"`]/g
const HOMES = /\b(?:home_?dir\w*|HomeDir\w*|NSHomeDirectory|userHome\w*|UserProfile|user\.home|USERPROFILE|HOME|path\.expand|expand-?user|expand-file-name|get-?home\w*|Sys\.getenv|getHomeDirectory|home)\b/i
const COMMENT = /^[\t ]*(?:\/\/|#(?!\{|!|"|\[)|\*|--|;|%|\/\*|<!--|REM\b)[^\n]*$/gm
const STRANGER = /\b(?:https?|wss?|ftp|tcp):\/\/(?!localhost\b|127\.|0\.0\.0\.0|10\.|192\.168\.|\[::1\]|(?:[\w-]+\.)*(?:amazonaws\.com|googleapis\.com|github\.com|npmjs\.(?:com|org)|docker\.(?:io|com)|azure\.com|kubernetes\.io)\b)[\w$%{]|(?<![\w.-])(?!0\.|10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|255\.)(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])/

/** The secrets of a home folder that a text names beside the address of a stranger, in whichever language it would hand them over. */
export function carriedSecrets (text: string, isSecret: SecretName): readonly string[] {
  if (!STRANGER.test(text)) return []
  const bare = text.replace(COMMENT, '')
  const plain = bare.replace(/['"`][ \t\n]{0,40}[,/+][ \t\n]{0,40}['"`]\/?/g, '/')
  if (!STRANGER.test(plain)) return []
  const whole = [...bare.matchAll(NAMED)].slice(0, MAX_WORDS).map(([, name = '']) => name)
  const below = HOMES.test(plain) && !namesOf(text).makesFolders ? [...plain.matchAll(BELOW)].slice(0, MAX_WORDS).map(([, name = '']) => name) : []
  return [...new Set([...whole, ...below])].map((name) => isSecret(`~/${name}`)).filter((name) => name !== null)
}

// All of the environment, and what sends in languages whose words for it no list has.
const ENVIRONMENT = /\bSystem\.getenv\(\)(?!\s*\.(?:get|contains)|\s*\[)|\bSystem\.get_env\(\)|\bDict\(ENV\)|\bJSON\.json\(ENV|\bSys\.getenv\(\)|\bprocessInfo\.environment\b(?!\s*\[)|\bGetEnvironmentVariables\(\)|\bgetEnvironment\b|\barray\s+get\s+env\b|\bURLSearchParams\(\s*\{\s*\.\.\.process\.env\b|\bhttp_build_query\(\s*(?:getenv\(\)|\$_ENV|\$_SERVER)/
const SENDS = /\b(?:openStream|openConnection|URLSession|Upload(?:String|Data|Values)\w*|PostAsync|httpNoBody|httpLBS|HTTP\.(?:post|put|request|get)|httr::\w+|socket|fetch|postContent|file_get_contents|send\w*|HttpClient|Req\.\w+)\b/
const ADDRESS = /\b(?:https?|tcp):\/\/(?!localhost\b|127\.|10\.|192\.168\.)[\w-]+\.|\bsocket\s+[\w-]+\.[\w.-]+/

/** Whether a text has all of the environment, the address of a stranger, and a word for sending. */
export function carriesEnvironment (text: string): boolean {
  return ENVIRONMENT.test(text) && SENDS.test(text) && ADDRESS.test(text.replace(COMMENT, ''))
}

/** Whether a command would hand what a program keeps of secrets to one that sends. */
export function sendsKept (command: string): boolean {
  return KEPT_SENT.test(command)
}

import type { SecretName } from './content-facts.ts'

const MAX_WORDS = 256 // of one text, that could name a file of a home folder
const MAX_TEXT = 131_072 // a longer text is read by its calls alone

const COMMENT = /^[\t ]*(?:\/\/|#(?!\{|!|"|\[)|\*|--|;|%|\/\*|<!--|REM\b)[^\n]*$/gm
// What stands between two parts of a path: a comma, an operator, a call for the next, or nothing.
const BETWEEN = /(['"`])\)?[ \t]{0,8}(?:,|\/|\+|\.\.?|<>|<\/>|~|\n[ \t]{0,20},?|(?:\n[ \t]{0,20})?\.\s{0,4}(?:joinpath|resolve|appendingPathComponent|appending|appendPath|append|push|join|div|child|cd)\(\s{0,4}(?:\w{1,16}:\s{0,4})?|,?[ \t]{0,8}\(?\w{0,20}\.?(?:join|concat|resolve|combine)[( ]|[ \t]|,\n[ \t]{0,20})[ \t]{0,8}(?=['"`])['"`]\/?/gi
const BELOW = /['"`]\/?(\.(?:ssh|aws|kube|gnupg|docker|config|netrc|npmrc|pypirc|pgpass|cargo|gem|azure|git-credentials|m2|gradle|sbt|lein|Renviron|bundle|composer|terraform\.d|vault-token|my\.cnf|\w{1,12}_history)\b[\w./-]{0,120})['"`]/g
const MACHINE = /['"`](\/(?:etc\/{1,2}(?:shadow|gshadow|sudoers)|root\/{1,2}\.[\w./-]{2,80}|run\/{1,2}secrets\/[\w./-]{1,80}|var\/run\/secrets\/[\w./-]{1,80})|~\/{1,2}\.[\w./*-]{2,80})['"`]/g
const HOMES = /\b(?:home_?dir\w*|homeDirectory\w*|HomeDir\w*|NSHomeDirectory|userHome\w*|env\.home|UserHomeDir|user_home|UserProfile|user\.home|USERPROFILE|HOME|Path\.home|Dir\.home|path\.expand|expand-?user|expandUser|expand-file-name|get-?home\w*|getHomeDirectory|user-homedir-pathname)\b/
// Takes content in; a path that is only compared, or looked for, gives nothing away.
const READS = /(?<![\w.])(?:cat|slurp|source|open|readFile|read_file|readLines|scan|src|load|fopen|file|IO)\s*[("']|\b\w{0,20}(?:[rR]ead|READ)\w{0,20}\b|\bslurp\b|\b(?:File|IO|Path)\.(?:open|stream!?|foreach|binread)|\bfile_get_contents\b|\bcontentsOf\w*|\b(?:ifstream|FileInputStream|FileReader|fromFile|io\.open|io\.lines|open_in\w*|in_channel|with_open_text|InputStream|copyFile\w*|scan|textContents|bytes\(\))\b|\bopen\s+(?:my\s+)?[$(]/
const WRITES = /\b(?:write_text|writeFile\w*|write_bytes|WriteFile|WriteAllText|File\.write!?|spit|writeText|fs::write|writeString)\s*\(?\s*[^\n]{0,40}$/
const OWN_HOME = /mkdtemp|tmpdir|tmp_path|tempfile|[tT]emp_?[dD]ir|TemporaryDirectory|mktmpdir|createTemp|systemTemp|temporaryDirectory|\b(?:[sS]et_?[eE]nv|putenv|setProperty|set_var|stubEnv|put_env)\b[^\n]{0,20}\b(?:HOME|user\.home)\b|\b(?:environ|env|ENV)(?:\[['"]|\.)HOME(?:['"]\])?\s*=(?!=)|\bmock|\bstub|\bspyOn\b/

/** The secrets of a home folder, or of the machine, that a text puts together from parts and reads. */
export function joinedSecrets (text: string, isSecret: SecretName): readonly string[] {
  if (text.length > MAX_TEXT || !READS.test(text) || OWN_HOME.test(text)) return []
  const plain = text.replace(COMMENT, '').replace(/['"](?:user\.home|HOME|USERPROFILE)['"]/g, 'HOME').replace(BETWEEN, '/')
  const named = [...plain.matchAll(MACHINE)].slice(0, MAX_WORDS).filter(({ index }) => isRead(plain, index)).map(([, name = '']) => name.replace(/\/{2,}/g, '/'))
  const below = HOMES.test(plain) ? [...plain.matchAll(BELOW)].slice(0, MAX_WORDS).filter(({ index }) => isRead(plain, index)).map(([, name = '']) => `~/${name.replace(/\/{2,}/g, '/')}`) : []
  return [...new Set([...named, ...below])].map((name) => isSecret(name) ?? isSecret(name.replaceAll('*', 'rsa'))).filter((name) => name !== null)
}

function isRead (text: string, index: number): boolean {
  return !WRITES.test(text.slice(Math.max(text.lastIndexOf('\n', index) + 1, index - 120), index))
}

import { sendsKept } from './carried-secrets.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { discardsAt, hasOwnRepository } from './discarded-changes.ts'
import { losesWork } from './lost-work.ts'
import { scriptHarm } from './script-harm.ts'

const MAX_WORDS = 4_096 // of one text that could name a secret; more than any script has
const MAX_LINE = 16_384 // nobody writes a longer command, and nobody reads one

// Takes the content of files somewhere else: on the screen, into another form, or to another machine.
const READERS = /^(?:cat|tac|nl|head|tail|less|more|bat|base64|base32|xxd|od|hexdump|strings|rev|tee|sort|cut|awk|sed|grep|egrep|rg|jq|yq|tr|paste|pr|fold|dd|cp|scp|rsync|sftp|tar|zip|7z|gzip|gpg|openssl|curl|wget|nc|ncat|socat|mail|sendmail|aws|gsutil|http|httpie|xclip|pbcopy|qrencode|xargs|read|mapfile)$/
const SENDERS = /(?:^|[|;&(`\s])(?:\/usr\/bin\/)?(?:curl|wget|nc|ncat|socat|scp|rsync|sftp|http|httpie|telnet|sendmail|mail|nslookup|dig|host)\s/
const ELSEWHERE = /\b(?:https?|ftp):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\]|host\.docker\.internal)|\b(?:nc|ncat|socat|telnet|scp|rsync|sftp|dig|nslookup|host|mail|sendmail)\s|\bcurl\s[^|]{0,400}\s[\w-]+(?:\.[\w-]+)+(?:[/:\s]|$)|\$\{?\w*(?:URL|HOST|ENDPOINT|WEBHOOK)/i
// What is set from a file of settings goes nowhere else: `export $(grep -v '^#' .env | xargs)`.
const SETTING = /(?:^|[;&]\s*|\bthen\s+)(?:export|set|declare)\b[^;&]{0,400}\$\((?:cat|grep|egrep|sed|awk|xargs)[^;&]{0,400}\)|\b(?:source|\.)\s+<\(|eval\s+"?\$\((?:cat|grep|sed)/
const ENVIRONMENT = /(?:^|[|;&(`\s])(?:env|printenv|set|export\s+-p|declare\s+-[xp]+)\s*(?:\||>|\)|`|$)|\/proc\/(?:self|1|\$\$)\/environ/
const FETCHED = /\b(?:curl|wget)\b[^|;&\n]{0,400}(?:\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+\S+=\S+\s+)*(?:\/usr)?(?:\/bin\/)?(?:ba|z|da|k)?sh\b|\|\s*(?:sudo\s+)?(?:python[\d.]*|node|perl|ruby|php)\b(?!\s+-[cme]|\s+\w+\.\w+))|\b(?:eval|source|\.|(?:ba|z|da)?sh(?:\s+-\w+)*)\s+(?:"?\$\(|<\(|`)\s*(?:curl|wget)\b/
// What another machine says is a command: by a shell's word, or a pipe to one that something else than `curl` begins.
const COMMANDED = /\b(?:eval|source|(?:ba|z|da)?sh\s+-\w*c)\s+["']?(?:\$\(|<\(|`)[^)\n]{0,300}\bhttps?:\/\/|\bhttps?:\/\/(?!localhost|127\.)[^\s'"|;&]{1,300}[^|;&\n]{0,100}\|\s*(?:sudo\s+)?(?:(?:\/usr)?\/bin\/)?(?:ba|z|da|k)?sh\b(?!\s+-\w*c)/
// Packages by a stranger's address.
const PACKAGES = /\b(?:npx|bunx|(?:pnpm|yarn)\s+dlx)\s+(?:-\S+\s+)*(?:github:|git\+|https?:)|\bpip3?\s+install\s[^;&|\n]{0,200}--(?:extra-)?index-url[= ]https?:\/\/(?!pypi\.org|test\.pypi\.org|download\.pytorch\.org|[\w.-]*\.(?:internal|corp|local)\b|\$)[\w-]+\./
const HOARDS = /\bfor\s+\w{1,40}\s+in\s[^;\n]{0,200}(?:~|\$\{?HOME\}?|\/root)\/\.(?:ssh|aws|gnupg|kube|docker|config\/gcloud)\b/
// Secrets as a part of an address.
const IN_ADDRESS = /\bhttps?:\/\/(?!localhost|127\.)[^\s"']{0,300}(?:\$\(|`)\s*(?:env|printenv|set|export\s+-p|cat\s+(?:~|\$\{?HOME\}?|\/root)\/\.)/
const DECODED = /\b(?:base64\s+(?:-\w*[dD]\w*|--decode)|xxd\s+-\w*r\w*|openssl\s+(?:enc|base64)\s[^|]{0,400}-d|gunzip|rev|tr\s+\S+\s+\S+)\b[^|;&\n]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|\beval\s+"?(?:\$\(|`)[^)`]{0,400}base64\s+-/
const REVERSE = /\/dev\/(?:tcp|udp)\/|\b(?:nc|ncat)\s[^|;\n]{0,400}-\w*[ec]\s*\S*(?:sh|bash)\b|mkfifo\s[^;|&\n]{0,400}[;&|\n][^\n]{0,400}\b(?:nc|ncat|telnet|openssl)\b|\bsocat\s[^\n]{0,400}\bexec:/i
const DESTROYS = /\brm\s+(?:-\w+\s+|--[\w-]+\s+)*(?:-\w*[rR]\w*|--recursive)\s+(?:-\w+\s+|--[\w-]+\s+)*(?:"?(?:\/|~|\$\{?HOME\}?|\/(?:etc|usr|var|home|root|boot|bin|lib)|\/\*)(?:\/?\*?)"?)(?=\s|$|[;&|)"'])|\bmkfs(?:\.\w+)?\s|\bdd\s[^\n]{0,400}\bof=\/dev\/(?:sd|nvme|hd|vd|xvd|disk)|:\s*\(\s*\)\s*\{\s*:\s*\|\s*:|>\s*\/dev\/(?:sd|nvme|hd|vd)\w|\bfind\s+(?:\/|~|\$HOME)\s[^\n]{0,400}-delete\b|\bshred\s[^\n]{0,400}(?:~|\$HOME|\/dev\/)/
const INSTALLS_KEY = />>?\s*"?(?:~|\$\{?HOME\}?|\/root|\/home\/\w+)\/\.ssh\/|\btee\s[^|;]{0,400}\.ssh\/authorized_keys/
// Few lines have a word that could name a secret: the rest need no list of classes.
const NAMING = /(?:^|[\s/"'=@<(])\.[\w-]|\.env|\.ssh|id_|\.aws|\.kube|kubeconfig|\.npmrc|\.netrc|\.pypirc|\.docker|\.gnupg|credential|secret|token|passw|private|\.pem|\.key|\.p12|\.pfx|\.jks|tfstate|tfvars|\.pgpass|\.my\.cnf|\.git-cred|\.config\/|shadow|_history|vault|auth|keystore|wallet|htpasswd|\.asc|\.gpg|\.p8|\.sso|rootkey|boto|master\.key/i
const HUNTS = /\bfind\s+["']?(?:\/|~|\$\{?HOME)[^|\n]{0,400}/g
const HUNTED = /-i?name\s+["']?([\w.*-]{1,80})/g
const WORD = /(?:^|[\s=@<'":(`,])@?((?:~|\.{1,2}|\/|\$\{?HOME\}?|\.?[\w-])[\w./~*${}-]*)/g

/**
 * Signs in commands, each a line.
 *
 * @param elsewhere they run in folders of their own, where nothing is lost
 */
export function shellSigns (lines: readonly string[], isSecret: SecretName, elsewhere = false): Signs | null {
  const signs: Signs['signs'] = new Set()
  const secrets: Signs['secrets'] = new Set()
  let words = 0
  let sends = false
  for (const line of lines) {
    if (line.length > MAX_LINE) signs.add('unread')
    if (line.length > MAX_LINE) continue
    if (REVERSE.test(line) || INSTALLS_KEY.test(line)) signs.add('harmful-command')
    if (FETCHED.test(line) || COMMANDED.test(line) || PACKAGES.test(line) || DECODED.test(line)) signs.add('remote-code')
    if (DESTROYS.test(line)) signs.add('destroys')
    const isSent = SENDERS.test(line) && ELSEWHERE.test(line)
    sends ||= isSent
    if ((isSent && ENVIRONMENT.test(line)) || IN_ADDRESS.test(line) || sendsKept(line)) signs.add('sends-secrets')
    for (const secret of huntedSecrets(line, isSecret)) secrets.add(secret)
    if (!NAMING.test(line) || (SETTING.test(line) && !isSent)) continue
    for (const secret of readSecrets(line, isSecret, () => (words += 1) <= MAX_WORDS)) secrets.add(secret)
  }
  if (lines.some((line) => HOARDS.test(line)) && lines.some((line) => SENDERS.test(line) && ELSEWHERE.test(line))) signs.add('sends-secrets')
  const whole = lines.filter((line) => line.length <= MAX_LINE)
  if (!elsewhere && (losesWork(whole) || (whole.some(discardsAt) && !whole.some(hasOwnRepository)))) signs.add('destroys')
  for (const sign of scriptHarm(whole)) signs.add(sign)
  if (words > MAX_WORDS) signs.add('unread')
  if (secrets.size > 0) signs.add(sends ? 'sends-secrets' : 'reads-secret')
  return signs.size === 0 ? null : { signs, secrets }
}

function * readSecrets (line: string, isSecret: SecretName, isLeft: () => boolean): Generator<string> {
  for (const part of line.split(/\|\|?|&&|;|\$\(|`|\bthen\b|\bdo\b|\belse\b/)) {
    const [name = ''] = /^[\s("'!@-]*(?:sudo\s+|env\s+|command\s+|exec\s+|time\s+|nohup\s+)*(?:\w+=\S*\s+)*(\S+)/.exec(part)?.slice(1) ?? []
    const isReader = READERS.test(name.split('/').at(-1) ?? '')
    for (const [, word = ''] of part.matchAll(WORD)) {
      if (!NAMING.test(word)) continue
      if (!isLeft()) return
      const isInput = part.includes(`<${word}`) || part.includes(`< ${word}`) || part.includes(`@${word}`)
      const isOutput = new RegExp(`>\\s*["']?${escaped(word)}`).test(part) || isLast(name, part, word)
      if (!(isReader || isInput) || isOutput || word === name || isOption(part, word)) continue
      const secret = isSecret(word.replace(/^\$\{?HOME\}?/, '~'))
      if (secret !== null) yield secret
    }
  }
}

// Wherever it lies, what is found is read: `find / -name id_rsa -exec cat {} +`.
function huntedSecrets (line: string, isSecret: SecretName): readonly string[] {
  if (!/-exec|\bxargs\b|\$\(find\b/.test(line)) return []
  return [...line.matchAll(HUNTS)].flatMap(([found]) => [...found.matchAll(HUNTED)]).flatMap(([, name = '']) => isSecret(name.replaceAll('*', 'x')) ?? isSecret(name.replace(/_\*$/, '_rsa')) ?? [])
}

// What is copied to, edited in place or trusted is not read for somebody else.
function isLast (name: string, part: string, word: string): boolean {
  if (name === 'cp' || name === 'rsync' || name === 'scp' || name === 'tee') return part.trimEnd().replace(/["')\s]+$/, '').endsWith(word)
  if (name === 'sed') return /\s-\w*i/.test(part)
  return (name === 'grep' || name === 'egrep' || name === 'rg') && /\s-\w*[qcl]/.test(part)
}

function isOption (part: string, word: string): boolean {
  return new RegExp(`(?:--(?:env-file|cacert|cert|key|netrc-file|exclude|ca|capath|kubeconfig|ignore|exclude-from)[= ]|\\s-[iE]\\s|\\s--exclude=)["']?${escaped(word)}`).test(part)
}

function escaped (text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

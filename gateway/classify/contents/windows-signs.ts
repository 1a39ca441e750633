import type { ContentSign } from '../../core/tool-call.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { isWork } from './lost-work.ts'

const MAX_WORDS = 1_024 // of one script that could name a secret

const FETCH = String.raw`(?:\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod|curl(?:\.exe)?|wget)\b|\.Download(?:String|Data)\b)`
const RUNS_FETCHED = new RegExp(String.raw`\b(?:iex|Invoke-Expression)\b[^\n]{0,200}?${FETCH}|${FETCH}[^\n]{0,300}\|\s*(?:iex|Invoke-Expression)\b|\bmshta(?:\.exe)?\s+["']?https?:|\bregsvr32\b[^\n]{0,100}https?:|\[ScriptBlock\]::Create\([^\n]{0,200}${FETCH}`, 'i')
const DECODED = /\b(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,200}\s-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{16,}|\b(?:iex|Invoke-Expression)\b[^\n]{0,200}FromBase64String|FromBase64String[^\n]{0,400}\|\s*(?:iex|Invoke-Expression)\b/i
const FETCHED_FILE = /(?:\b(?:iwr|Invoke-WebRequest|curl(?:\.exe)?|Start-BitsTransfer)\b[^\n]{0,300}(?:-OutFile|-o|-Destination)\s+|\bcertutil(?:\.exe)?\s[^\n]{0,60}-urlcache[^\n]{0,300}?\s|\bbitsadmin\s[^\n]{0,300}?\s|\.DownloadFile\([^\n]{0,300},\s*)["']?(?!https?:)([^\s"');&|]{3,200}\.(?:exe|ps1|bat|cmd|dll|msi|vbs|js))/gi
const PERSISTS = /\bschtasks(?:\.exe)?\s+\/create\b|\bRegister-ScheduledTask\b|\breg(?:\.exe)?\s+add\s[^\n]{0,200}\\Run\b|\bCurrentVersion\\Run\b|\$PROFILE\b[^\n]{0,60}(?:-Value|Add-Content|>>)|(?:Add-Content|Set-Content|Out-File)\b[^\n]{0,60}\$PROFILE|\\Start Menu\\Programs\\Startup|\bNew-Service\b|\bsc(?:\.exe)?\s+create\b|\bnet\s+user\s+\S+\s+\S+\s+\/add\b|\bSet-MpPreference\b[^\n]{0,60}-Disable/i
const REVERSE = /\bNet\.Sockets\.TCPClient\b[^]{0,800}?\b(?:iex|Invoke-Expression|cmd\.exe|powershell)\b/i
const WIPES = /\bFormat-Volume\b|\bClear-Disk\b|^[\t ]*format\s+[a-z]:|\bvssadmin(?:\.exe)?\s+delete\b|\bcipher\s+\/w:|\b(?:Remove-Item|rmdir|rd|del|erase)\b[^\n]{0,100}\s["']?(?:[a-z]:\\(?:["'*\s]|$)|\$HOME\b["']?\s*(?:$|-)|%USERPROFILE%["']?\s*$|\$env:USERPROFILE["']?\s*(?:$|-))/im
const REMOVES = /(?:^|[;&|({]\s*)@?(?:Remove-Item|rmdir|rd|del|erase|ri|rm)\s+([^;&|\n]{1,400})/gim
const READS = /(?:^|[;&|({=]\s*)@?(?:Get-Content|type|gc|cat|more|Copy-Item|copy|xcopy|Select-String|findstr)\s+([^;&|\n]{1,400})/gim
const SENDS = /\b(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr|curl(?:\.exe)?|UploadString|UploadFile|UploadData|Send-MailMessage)\b/i
const ENVIRONMENT = /\b(?:Get-ChildItem|gci|dir|ls)\s+env:|\bGetEnvironmentVariables\(\)/i
const ELSEWHERE = /https?:\/\/(?!localhost|127\.)/i

/** Signs in scripts of PowerShell and the command prompt. */
export function windowsSigns (text: string, isSecret: SecretName): Signs {
  const secrets = new Set<string>()
  const plain = text.replace(/^[\t ]*(?:#|rem\b|::)[^\n]*/gim, '')
  const isSent = SENDS.test(plain) && ELSEWHERE.test(plain)
  for (const word of [...plain.matchAll(READS)].flatMap(([, words = '']) => pathsOf(words)).slice(0, MAX_WORDS)) {
    const secret = isSecret(word)
    if (secret !== null) secrets.add(secret)
  }
  const signs = new Set<ContentSign>()
  if (secrets.size > 0) signs.add(isSent ? 'sends-secrets' : 'reads-secret')
  if (isSent && ENVIRONMENT.test(plain)) signs.add('sends-secrets')
  if (RUNS_FETCHED.test(plain) || DECODED.test(plain) || startsFetched(plain)) signs.add('remote-code')
  if (REVERSE.test(plain)) signs.add('harmful-command')
  if (PERSISTS.test(plain)) signs.add('persists')
  if (WIPES.test(plain) || [...plain.matchAll(REMOVES)].some(([, words = '']) => removesWork(words))) signs.add('destroys')
  return { signs, secrets }
}

function pathsOf (words: string): readonly string[] {
  return words.split(/[\s,]+/).map((word) => word.replace(/["'()]/g, '').replaceAll('\\', '/').replace(/^(?:\$HOME|\$env:USERPROFILE|%USERPROFILE%|\$env:HOME)/i, '~')).filter((word) => word !== '' && !/^[-/][\w:]{0,20}$/.test(word))
}

function removesWork (words: string): boolean {
  const isRecursive = /(?:^|\s)(?:-r\w*|\/s)(?:[\s:]|$)/i.test(words)
  return pathsOf(words).some((path) => isWork(path) && (isRecursive || path.includes('*')))
}

// Of what is fetched into a file, whether a later line starts it.
function startsFetched (text: string): boolean {
  return [...text.matchAll(FETCHED_FILE)].slice(0, 16).some(({ index, 0: found, 1: file = '' }) => {
    const rest = text.slice(index + found.length, index + found.length + 4_096)
    const name = file.split(/[\\/]/).at(-1) ?? file
    return new RegExp(String.raw`(?:&\s*|\bStart-Process\s|\bstart\s|\.\\|^[\t ]*|&&\s*|\bcall\s)[^\n]{0,80}${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'im').test(rest)
  })
}

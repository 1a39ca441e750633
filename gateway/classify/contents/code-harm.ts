import type { ContentSign } from '../../core/tool-call.ts'

const MAX_CALLS = 1_024 // that send, of one text

// Of what is started in a loop without an end.
const BOMBS = /\bwhile\s*\(?\s*(?:True|true|1)\s*\)?\s*[:{]?\s{0,80}(?:(?:const|let|var)\s+\w+\s*=\s*|await\s+)?(?:os\.fork\(|new\s+Worker\(|(?:cp|child_process|cluster)\.(?:fork|spawn|exec)\(|fork\(|spawn\(|subprocess\.Popen\(|(?:multiprocessing\.)?Process\(|(?:threading\.)?Thread\(|go\s+func|std::thread::spawn\()|\bfor\s*(?:\(\s*;\s*;\s*\)\s*\{?|\s*\{)\s{0,80}(?:new\s+Worker\(|fork\(|go\s+func|(?:cp|child_process)\.(?:fork|spawn)\()|\bloop\s*\{[^{}]{0,300}\.spawn\(/
// To each process that may be reached.
const ENDS_ALL = /\b(?:os|process|syscall|unix|libc|signal|Process)(?:\.|::)kill\(\s*(?:\w+\s*,\s*)?-1\s*[,)]/i
const ENDS_EACH = /\b(?:listdir|scandir|readdir(?:Sync)?|ReadDir|glob(?:Sync)?)\(\s*['"]\/proc\b[^]{0,240}?\b(?:kill|Kill)\(/
// Keys that go into no address: nobody asks a service by them.
const PRIVATE = String.raw`(?:process\.env(?:\.|\[['"])|os\.environ(?:\.get\(\s*|\[)['"]|os\.getenv\(\s*['"]|ENV(?:\.fetch\(\s*|\[)['"]|os\.Getenv\(\s*")\w*(?:JWT_SECRET|SESSION_SECRET|COOKIE_SECRET|AWS_SECRET|SECRET_ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|MASTER_KEY|SECRET_KEY_BASE|DATABASE_URL|DB_PASS\w*|PGPASSWORD|REDIS_URL|NPM_TOKEN|ROOT_PASSWORD)\b`
// Of these not even one that asks for it.
const NEVER = /\b(?:env|environ|ENV|getenv|Getenv)\W{1,8}\w{0,20}(?:AWS_SECRET|SECRET_ACCESS_KEY|PRIVATE_KEY|DATABASE_URL|JWT_SECRET|SECRET_KEY_BASE|MASTER_KEY)/
const TAKES = new RegExp(String.raw`\b(\w+)\s*:?=\s*${PRIVATE}`, 'g')
const ADDRESS = /\b(?:fetch|get|post|put|request|urlopen|Get|Post|axios|got|ky|sendBeacon|NewRequest|XMLHttpRequest|open|Image|src)\b[^\n]{0,80}?['"`]https?:\/\/(?!localhost|127\.)[^\n]{0,300}/g
const KEYS_PRESSED = /\baddEventListener\(\s*['"]key(?:down|press|up)['"][^]{0,200}?\b(?:fetch|sendBeacon|new\s+Image|\.send|XMLHttpRequest)\b[^]{0,80}?https?:\/\//

/** What code does beside reading, removing and starting: signs of what it uses up, ends or gives away. */
export function codeHarm (text: string): readonly ContentSign[] {
  const found = new Set<ContentSign>()
  if (BOMBS.test(text)) found.add('endless')
  if (ENDS_ALL.test(text) || ENDS_EACH.test(text)) found.add('destroys')
  if (KEYS_PRESSED.test(text) || givesKeys(text)) found.add('sends-secrets')
  return [...found]
}

function givesKeys (text: string): boolean {
  if (!new RegExp(PRIVATE).test(text)) return false
  const names = [...text.matchAll(TAKES)].slice(0, 32).map(([, name = '']) => name)
  const words = new RegExp(names.length === 0 ? PRIVATE : `${PRIVATE}|[{+]\\s*(?:${names.join('|')})\\b`)
  return [...text.matchAll(ADDRESS)].slice(0, MAX_CALLS).some(([sent]) => words.test(sent.split(/,\s*\{|\bheaders\b/)[0] ?? '') || NEVER.test(sent))
}

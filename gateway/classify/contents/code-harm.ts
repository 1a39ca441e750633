import type { ContentSign } from '../../core/tool-call.ts'

const MAX_CALLS = 1_024 // that write or send, of one text

// Written by code: what starts later, and what holds the agent back.
const WRITES = /\b(?:open|openSync|(?:write|append)(?:File|TextFile)?(?:Sync)?|write_text|writeText|outputFile(?:Sync)?|createWriteStream|copyFile(?:Sync)?|symlink(?:Sync)?|File\.(?:write|open|WriteAllText|AppendAllText)|IO\.write|os\.WriteFile|OpenFile|file_put_contents|fs::write|shutil\.(?:copy\w*|move)|os\.symlink|joinpath|join|Path|PathBuf::from)\s*\(/g
const LATER = /['"`/](?:\.git\/hooks\/(?!\S{0,64}\.sample)[\w-]|\.bash(?:rc|_profile|_login)\b|\.z(?:shrc|shenv|profile)\b|\.profile\b|authorized_keys\b|\.config\/(?:autostart|systemd|fish))|['"`]\/etc\/(?:cron|profile|systemd|init\.d|rc\.local|sudoers|ld\.so)|['"`/]weir\.ya?ml['"`]|['"`/]policies\/[\w./-]{1,80}\.(?:ya?ml|rego)['"`]|['"`/]opencode\.jsonc?['"`]/
const OPENED_TO_WRITE = /['"](?:w|a|x|wb|ab|wt|at|w\+|a\+|r\+)['"]|\bO_(?:WRONLY|CREATE|APPEND|RDWR)|\bflags\s*:\s*['"][wa]/
const OWN_FOLDER = /mkdtemp|tmpdir|tmp_path|tempfile|[tT]empDir|TemporaryDirectory|mktmpdir/
// Of what is started in a loop without an end.
const BOMBS = /\bwhile\s*\(?\s*(?:True|true|1)\s*\)?\s*[:{]?\s{0,80}(?:(?:const|let|var)\s+\w+\s*=\s*|await\s+)?(?:os\.fork\(|new\s+Worker\(|(?:cp|child_process|cluster)\.(?:fork|spawn|exec)\(|fork\(|spawn\(|subprocess\.Popen\(|(?:multiprocessing\.)?Process\(|(?:threading\.)?Thread\(|go\s+func|std::thread::spawn\()|\bfor\s*(?:\(\s*;\s*;\s*\)\s*\{?|\s*\{)\s{0,80}(?:new\s+Worker\(|fork\(|go\s+func|(?:cp|child_process)\.(?:fork|spawn)\()|\bloop\s*\{[^{}]{0,300}\.spawn\(/
// To each process that may be reached.
const ENDS_ALL = /\b(?:os|process|syscall|unix|libc|signal|Process)(?:\.|::)kill\(\s*(?:\w+\s*,\s*)?-1\s*[,)]/i
// Keys that go into no address: nobody asks a service by them.
const PRIVATE = String.raw`(?:process\.env(?:\.|\[['"])|os\.environ(?:\.get\(\s*|\[)['"]|os\.getenv\(\s*['"]|ENV(?:\.fetch\(\s*|\[)['"]|os\.Getenv\(\s*")\w*(?:JWT_SECRET|SESSION_SECRET|COOKIE_SECRET|AWS_SECRET|SECRET_ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|MASTER_KEY|SECRET_KEY_BASE|DATABASE_URL|DB_PASS\w*|PGPASSWORD|REDIS_URL|NPM_TOKEN|ROOT_PASSWORD)\b`
const TAKES = new RegExp(String.raw`\b(\w+)\s*:?=\s*${PRIVATE}`, 'g')
const ADDRESS = /\b(?:fetch|get|post|put|request|urlopen|Get|Post|axios|got|ky|sendBeacon|NewRequest|XMLHttpRequest|open|Image|src)\b[^\n]{0,80}?['"`]https?:\/\/(?!localhost|127\.)[^\n]{0,300}/g
const KEYS_PRESSED = /\baddEventListener\(\s*['"]key(?:down|press|up)['"][^]{0,200}?\b(?:fetch|sendBeacon|new\s+Image|\.send|XMLHttpRequest)\b[^]{0,80}?https?:\/\//
const FROM_OUTSIDE = /(?<![\w.])(?:require|import|require_relative|load_source|spec_from_file_location)\s*\(\s*(?:['"][\w.]{1,40}['"]\s*,\s*)?['"`](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\bfrom\s+['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|^[\t ]*(?:require|require_relative|load|import)\s+['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\bsys\.path\.(?:insert|append)\([^)\n]{0,20}['"](?:\/tmp|\/var\/tmp|\/dev\/shm)(?:\/[\w.-]*)?['"]|\b(?:plugins|presets|setupFiles\w*|globalSetup|extends)\s*:\s*\[?\s*['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\//m

/** What code does beside reading, removing and starting: signs of what it leaves behind, uses up, gives away or takes from outside. */
export function codeHarm (path: string, text: string): readonly ContentSign[] {
  const found = new Set<ContentSign>()
  if (!OWN_FOLDER.test(text) && LATER.test(text) && writesLater(text)) found.add('persists')
  if (BOMBS.test(text)) found.add('endless')
  if (ENDS_ALL.test(text)) found.add('destroys')
  if (KEYS_PRESSED.test(text) || givesKeys(text)) found.add('sends-secrets')
  if (path !== '' && !/^(?:\/var)?\/tmp\//.test(path) && FROM_OUTSIDE.test(text)) found.add('remote-code')
  return [...found]
}

function writesLater (text: string): boolean {
  return [...text.matchAll(WRITES)].slice(0, MAX_CALLS).some(({ index, 0: call }) => {
    const [given = ''] = text.slice(index + call.length, index + call.length + 300).split('\n')
    const isMaybeRead = /^(?:open|openSync|File\.open|OpenFile|join|joinpath|Path|PathBuf)/.test(call)
    return LATER.test(given) && (!isMaybeRead || OPENED_TO_WRITE.test(given) || /\.(?:write_text|write_bytes|writeText)\(/.test(given))
  })
}

function givesKeys (text: string): boolean {
  if (!new RegExp(PRIVATE).test(text)) return false
  const names = [...text.matchAll(TAKES)].slice(0, 32).map(([, name = '']) => name)
  const words = new RegExp(names.length === 0 ? PRIVATE : `${PRIVATE}|[{+]\\s*(?:${names.join('|')})\\b`)
  return [...text.matchAll(ADDRESS)].slice(0, MAX_CALLS).some(([sent]) => words.test(sent.split(/,\s*\{|\bheaders\b/)[0] ?? ''))
}

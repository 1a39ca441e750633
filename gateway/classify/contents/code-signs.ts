import { findBare } from './bare-text.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { hasOwnRepository } from './discarded-changes.ts'
import { literalPaths, namesOf } from './literal-paths.ts'
import { codeLosesWork } from './lost-work.ts'
import { shellSigns } from './shell-signs.ts'

const MAX_CALLS = 4_096 // that read or start something, in one text; a source has some dozens
const MAX_CALL_CHARS = 400
const MAX_NAMES = 256 // of one kind, in one text

// Of each language, what opens a file to read it.
const READ = /\b(?:open|readFile|readFileSync|createReadStream|openSync|readTextFile(?:Sync)?|read_text|read_bytes|file_get_contents|fopen|readfile|parse_ini_file|slurp|read_to_string|include_(?:str|bytes)!|read(?:String|AllLines|AllBytes|AllText|Lines)|Read(?:File|AllText|AllLines|AllBytes|Lines)|(?:File|IO)\.(?:read|open|readlines|foreach|binread)|fs::read|File::open|os\.Open|Bun\.file|Deno\.(?:open|readFile)(?:Sync)?|(?:new\s+)?File(?:Reader|InputStream)|Source\.fromFile|copyfile|copyFile(?:Sync)?|cpSync|fs\.cp|shutil\.copy\w*|copytree|linecache\.getlines?|np\.loadtxt|fileinput\.input)\s*(?:!\s*)?\(/g
// Lists what a folder holds, as one does to send all of it.
const LISTS = /\b(?:listdir|scandir|os\.walk|i?glob(?:Sync)?|readdir(?:Sync)?|opendir|scandir|read_dir|ReadDir|Glob|WalkDir|fg\.sync|Dir\.(?:glob|children|entries|each_child))\s*\(/g
// Python says what is read before it says so.
const READ_AFTER = /\.(?:read_text|read_bytes|open|readText|readLines|readBytes|text|bytes|arrayBuffer)\s*\(/g
const START = /\b(?:exec|execv\w*|execl\w*|spawnl\w*|execSync|execFile(?:Sync)?|spawn|spawnSync|execa(?:Sync|Command)?|system|popen|Popen|check_output|check_call|getoutput|getstatusoutput|run|call|shell_exec|passthru|proc_open|Command|Process\.Start|create_subprocess_(?:shell|exec)|capture2e?|capture3|sh|System\.(?:cmd|shell)|os\.execute|ProcessBuilder|Process\.spawn|Runtime\.getRuntime\(\)\.exec)\s*(?:\(|`)|\$`/g
// A text that is a command, whoever runs it: `command = "curl …"`, `sh "curl …"`, backticks.
const COMMAND = /(['"`])((?:curl|wget|nc|ncat|socat|tar|zip|cat|scp|rsync|sftp|env|printenv|base64|openssl|gpg|find|bash|sh|ssh|aws)\s(?:[^\\\n]|\\.){4,400}?)\1/g
const WHOLE_ENVIRONMENT = /\bdict\(\s*os\.environ\s*\)|JSON\.stringify\(\s*(?:\{[^{}\n]{0,200}?[\s,:.])?process\.env\s*[,)}]|\bENV\.(?:to_h|to_a|map|inspect|to_json)\b|Object\.(?:entries|values)\(\s*process\.env\s*\)|json_encode\(\s*\$_(?:ENV|SERVER)|\bos\.Environ\(\)|\bgetenv\(\)|System\.getenv\(\)|\benv::vars(?:_os)?\(\)|(?:\bdata|\bjson|\bbody|\bparams|\bquery|\bpayload|\bform|\bmeta)\s*[=:]\s*(?:process\.env|os\.environ)\s*[,)}\n;]|URLSearchParams\(\s*process\.env\s*\)|\b(?:str|repr|dumps|json\.dumps|urlencode|pformat)\(\s*(?:dict\(\s*)?os\.environ\b(?!\s*[.[])|os\.environ\.items\(\)|\b(?:json|data|params|body)\s*=\s*(?:dict\(\s*)?\{?\s*\*\*\s?os\.environ|\/proc\/self\/environ|\bRails\.application\.(?:credentials|secrets)\.(?:config|to_h|to_json|inspect|map|each)\b|\bRails\.application\.secret_key_base\b|\bfor\b[^\n]{0,60}\bin\s+os\.environ\b|\bfor\s*\(\s*(?:const|let|var)\s+[^)\n]{0,60}\b(?:in|of)\s+process\.env\b/
const SENDS = /\burlopen\s*\(|\burllib\.request\.(?:Request|urlretrieve)|\brequests\.(?:post|get|put|patch|request|Session)\b|\bhttpx\.\w+\(|\baiohttp\b|\bfetch\s*\(|\bhttps?\.(?:request|get)\s*\(|\brequire\(\s*['"`](?:node:)?https?['"`]\s*\)\.(?:request|get)\b|\baxios\b|\bundici\b|\bgot(?:\.\w+)?\s*\(|\bXMLHttpRequest\b|\bcurl\s|\bcurl_(?:init|exec)\b|\bwget\s|\bNet::HTTP\b|\bOpenURI\b|\bHTTParty\b|\bFaraday\b|\bhttp\.(?:Post|Get|NewRequest|PostForm|client|HTTPSConnection)\b|\bHTTPS?Connection\b|\bsendBeacon\b|\bWebSocket\s*\(|\bsocket\.(?:create_connection|connect|socket)\b|\bTCPSocket\b|\bnet\.(?:connect|createConnection|Dial|Socket)\b|\btls\.connect\b|\bdgram\b|\bsmtplib\b|\bftplib\b|\bdns\.(?:lookup|resolve\w*|promises)\b|\bgethostbyname\b|\breqwest\b|\bureq\b|\bHttpClient\b|\bTcpStream\b|\bfsockopen\b|\b(?:file_get_contents|fopen|copy|URI\.open|open|file)\(\s*['"]https?:|\bLWP\b|\bHTTP::Tiny\b|\bIO::Socket\b|\bLineClient\b|:httpc\.request\b|\bHTTPoison\b|\bReq\.(?:post|put|get|request)!?\(|\bTesla\.\w+/
const ELSEWHERE = /\b(?:https?|wss?|ftp|tcp):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\]|testserver\b|[\w.-]*\.local(?:host)?\b)[\w${[]|\b(?:host(?:name)?|server|addr(?:ess)?)['"]?\s*[:=]\s*['"`][\w-]+(?:\.[\w-]+)+|\bconnect(?:ion)?\(\s*\(?\s*(?:\d+\s*,\s*)?['"`](?!localhost|127\.)[\w-]+(?:\.[\w-]+)+|\b(?:gethostbyname|getaddrinfo|lookup|resolve\w*)\([^\n]{0,120}['"`]\.[\w-]+(?:\.[\w-]+)*\.\w{2,}['"`]|\b(?:HTTPS?Connection|Dial|TCPSocket\.(?:new|open)|fsockopen|TcpStream::connect|gethostbyname|lookup|resolve\w*)\(\s*(?:['"`]tcp['"`]\s*,\s*)?f?['"`$](?!localhost|127\.)[^'"`\n]*\.\w{2,}/
const DOWNLOADS = /\bfile\s*\(\s*DOWNLOAD\b/
const EXECUTES = /\bexecute_process\s*\(\s*COMMAND\s+(?:"?\$\{\w+\}\/|"?\/|(?:ba|z|da)?sh\b|python|perl|cmd\b)/
const REVERSE = /\bdup2\s*\(|\bpty\.spawn\s*\(/
const SHELL_PATH = /['"`]\/bin\/(?:ba|z|da)?sh['"`]/
// A shell that hears and speaks through a connection.
const CONNECTED = /\b(\w{1,40})(?:\s*,\s*\w{1,20})?\s*:?=\s*(?:net|tls)\.Dial\w*\([^]{0,400}?\bStd(?:in|out)\b[^\n]{0,60}=\s*[^\n]{0,20}\b\1\b/
// All of a machine, handed to a container that a program makes.
const HANDED_OVER = /docker\.sock\b[^]{0,600}?(?:\bPrivileged['"]?\s*[:=]\s*[tT]rue|\bBinds['"]?\s*[:=]\s*\[\s*['"]\/:)/
const PIPED_SHELL = /(?:\.pipe\(\s*\w+\.stdin|stdin\.pipe|\.stdout\.pipe\(|STDIN\.reopen|Stdin\s*=\s*\w*[cC]onn)/
const DESTROYS = /\b(?:rmtree|rmSync|rm_rf|rm_r|rimraf(?:\.sync)?|removeSync|rmdirSync|remove_dir_all|RemoveAll|deleteRecursively|fs\.rm|remove)\s*\(\s*(?:(?:str|Path|path\.resolve)\(\s*)?(?:os\.homedir\(\)|homedir\(\)|Path\.home\(\)|(?:os\.path\.)?expanduser\(\s*['"]~\/?['"]\s*\)|['"`](?:\/|~|\/home|\/etc|\/usr|\/var)\/?['"`]|process\.env\.HOME\b|os\.environ(?:\[['"]HOME['"]\]|\.get\(\s*['"]HOME['"]\s*\))|Dir\.home|ENV\[['"]HOME['"]\])\s*[,)]/
// A server needs its key, and a signer the one it signs with.
const KEY_FILE = /\.(?:pem|key|p8|p12|pfx|jks|keystore|crt|keytab)$/i
const USES_KEY = /\b(?:createServer|createSecureContext|createSecureServer|https|tls|ssl|load_cert_chain|TLS\w*|SSL\w*|sign|verify|jwt|jose|JWT|createSign|createPrivateKey|decrypt|KeyStore|mtls|mTLS|grpc|x509|X509KeyPair|apns|certificate|credentials)\b/

// What a framework or a machine keeps for others, all of it at once.
const KEPT = /\.get_uri\(\)|\bquery\(\s*(?:Connection|Variable)\s*\)|\b(?:Connection|Variable)\.get_all\b|\bget_frozen_credentials\b|\bcredentials\.(?:config|to_h)\b|\bjson\s*=\s*settings\.(?:DATABASES|SECRET_KEY)\b|\bsettings\._wrapped\b|\bkeyring\.get_password\b|\bConfig::all\(\)|\bconfig\(\)->all\(\)/
// A compiler puts files into the program, and a build tool starts commands, that a comment names.
const EMBEDS = /^[\t ]*\/\/go:embed[\t ]+([^\n]{1,256})/gm
const INCLUDED = /^[\t ]*(?:\w+:[\t ]*)?(?:\.incbin[\t ]+|#embed[\t ]+|incbin[\t ]+)["<]([^"<>\n]{1,256})[">]|\bimport\(\s*"([^"\n]{1,256})"\s*\)\s*;/gm
const GENERATES = /\/\/go:generate[\t ]+([^\n]{1,1024})/g

/** Signs in source code, in whichever language: what it says in plain words. */
export function codeSigns (text: string, isSecret: SecretName): Signs | null {
  const signs: Signs['signs'] = new Set()
  const secrets = new Set<string>()
  const names = namesOf(text)
  const isOwn = names.makesFolders || hasOwnRepository(text)
  let left = MAX_CALLS
  const isSent = SENDS.test(text) && ELSEWHERE.test(text)
  for (const call of calls(text, isSent)) {
    left -= 1
    if (left < 0) break
    for (const path of literalPaths(call.text, call.isAfter, names)) {
      // A pattern may also be the name itself, or one with an ending.
      const secret = isSecret(path) ?? (path.includes('*') ? isSecret(path.replaceAll('*', '')) ?? isSecret(path.replaceAll('*', 'x')) : null)
      if (secret !== null) secrets.add(secret)
    }
  }
  for (const name of embedded(text)) {
    const secret = isSecret(name)
    if (secret !== null) secrets.add(secret)
  }
  for (const command of commands(text)) {
    left -= 1
    if (left < 0) break
    const found = shellSigns(command, isSecret, isOwn)
    for (const sign of found?.signs ?? []) signs.add(sign)
    for (const secret of found?.secrets ?? []) secrets.add(secret)
  }
  for (const [, , command = ''] of isSent ? text.matchAll(COMMAND) : []) {
    left -= 1
    if (left < 0) break
    const found = shellSigns([command.replaceAll('\\"', '"')], isSecret)
    if (found?.signs.has('sends-secrets') !== true) continue
    signs.add('sends-secrets')
    for (const secret of found.secrets) secrets.add(secret)
  }
  if (left < 0) signs.add('unread')
  const read = [...secrets].filter((secret) => isSent || !KEY_FILE.test(secret) || !USES_KEY.test(text))
  if (read.length > 0) signs.add(isSent ? 'sends-secrets' : 'reads-secret')
  if (isSent && (WHOLE_ENVIRONMENT.test(text) || KEPT.test(text))) signs.add('sends-secrets')
  if (runsDownloaded(text)) signs.add('remote-code')
  if (SENDS.test(text) && SHELL_PATH.test(text) && (REVERSE.test(text) || PIPED_SHELL.test(text) || CONNECTED.test(text))) signs.add('harmful-command')
  if (HANDED_OVER.test(text)) signs.add('harmful-command')
  if (DESTROYS.test(text) || codeLosesWork(text, names)) signs.add('destroys')
  return signs.size === 0 ? null : { signs, secrets: new Set(read) }
}

// What CMake does when it configures a build.
function runsDownloaded (text: string): boolean {
  const at = text.search(DOWNLOADS)
  return at >= 0 && EXECUTES.test(text.slice(at))
}

function embedded (text: string): readonly string[] {
  const included = /incbin|#embed|\bimport\(/.test(text) ? [...text.matchAll(INCLUDED)].slice(0, MAX_NAMES).map(([, one, two]) => one ?? two ?? '') : []
  return included.length > 0 ? included : text.includes('//go:embed') ? [...text.matchAll(EMBEDS)].slice(0, MAX_NAMES).flatMap(([, names = '']) => names.split(/\s+/).map((name) => name.replace(/^all:|["`]/g, ''))) : []
}

interface Call { readonly text: string, readonly isAfter: boolean }

function * calls (text: string, isSent: boolean): Generator<Call> {
  for (const { index, 0: found } of isSent ? [...text.matchAll(READ), ...text.matchAll(LISTS)] : text.matchAll(READ)) {
    const at = index + found.length
    if (isPassedOn(text, index)) continue
    const call = text.slice(at, at + MAX_CALL_CHARS)
    yield { text: call.slice(0, endOf(call)), isAfter: false }
  }
  for (const { index } of text.matchAll(READ_AFTER)) {
    const before = text.slice(Math.max(0, index - MAX_CALL_CHARS), index)
    yield { text: before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf(';')) + 1), isAfter: true }
  }
}

// Settings that a library takes over go into the program's own environment.
function isPassedOn (text: string, index: number): boolean {
  return /dotenv\.parse\(\s*(?:await\s+)?(?:fs\.)?(?:promises\.)?$/.test(text.slice(Math.max(0, index - 40), index))
}

function * commands (text: string): Generator<readonly string[]> {
  for (const [, command = ''] of text.matchAll(GENERATES)) yield [command]
  for (const { index, 0: found } of text.matchAll(START)) {
    const at = index + found.length
    const call = text.slice(at, at + MAX_CALL_CHARS)
    if (found.endsWith('`')) {
      yield [call.slice(0, call.indexOf('`') === -1 ? undefined : call.indexOf('`'))]
      continue
    }
    const words = [...call.slice(0, endOf(call)).matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(([, one, two, three]) => one ?? two ?? three ?? '')
    if (words.length > 0) yield [words.join(' ').replaceAll('\\"', '"').replace(/^(?:\/bin\/)?(?:ba)?sh\s+-l?c\s+/, '')]
  }
}

// Where the call ends that a text is the rest of.
function endOf (text: string): number {
  let depth = 1
  return findBare(text, (unit) => {
    if (unit === '(') depth += 1
    else if (unit === ')') depth -= 1
    return depth === 0
  })
}

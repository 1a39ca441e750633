import { isOwnProcess } from './own-processes.ts'
import { CONTAINER_LOOKS, named, type Question } from './container-looks.ts'
import { NO_STDIN, textOn } from './invocation.ts'
import { DATABASE_CLIENTS, LOCAL_QUERY } from './database-clients.ts'
import { LOCAL_SERVERS } from './local-servers.ts'
import { literal, type Field } from '../shell/facts.ts'

/** Names under which rules know a question that some program of power is asked, so that data say where each may be. */
export const LOCAL_REQUEST = 'local-request'
export const REGISTRY_LOOKUP = 'registry-lookup'
export { LOCAL_QUERY }

// A server of the work itself: what listens on the machine besides has doors of its own, and ports that everybody knows.
const LOCAL_URL = /^(?:http:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{2,5}))?(?=[/?]|$)([\w./?%=&+,:;@~-]*)$/
const OTHER_SERVICES: ReadonlySet<string> = new Set([
  '22', '25', '2049', '2375', '2376', '2377', '2379', '2380', '3389', '4000', '4096', '4317', '5672', '5900', '6379', '6443', '8200', '8300', '8500', '9222', '9229', '10250', '10255', '11211', '11434', '15672', '27017',
])

function isLocal (url: string): boolean {
  const [, port = '80'] = LOCAL_URL.exec(url) ?? ['', '']
  return LOCAL_URL.test(url) && !OTHER_SERVICES.has(String(Number(port))) && (Number(port) === 80 || (Number(port) > 1023 && Number(port) <= 65_535))
}

// Letters that say how to ask and what to print; each of `X H d m w A o F D b c` takes a value, the next word or the rest of this one.
const CURL_LETTERS = /^-[sSfiIvgkN46]*(?:([XHdmwAoFDbc])(.+)?)?$/s
const CURL_FLAGS = /^--(?:silent|show-error|fail|fail-with-body|include|head|verbose|compressed|no-progress-meter|no-buffer|globoff|http1\.1|http2|get|retry-connrefused|retry-all-errors)$/
const CURL_VALUES: ReadonlyArray<readonly [option: RegExp, value: RegExp]> = [
  [/^(?:X|--request)$/, /^[A-Z]{3,8}$/],
  // A leading `@` takes the value from a file; `--data-raw` has no such mark.
  [/^(?:H|--header|A|--user-agent)$/, /^[^@]/],
  // A part of a form, or all that is sent, may be a file of the project, which is then read.
  [/^(?:F|--form)$/, /^[\w.-]+=(?:@(?:\.\/|\/workspace\/)?\w[\w./-]*(?:;type=[\w/+.-]+)?|[^@<]*)$/s],
  [/^(?:d|--data|--data-ascii|--data-binary|--json)$/, /^(?!@)|^@(?:\.\/|\/tmp\/)?\w[\w./-]*\.(?:json|ndjson|jsonl|geojson|xml|csv|txt|ya?ml|graphql|gql|form|body|http|eml|html|bin|pb|msgpack|png|jpe?g|gif|svg|pdf|wav|mp[34])$/],
  [/^--data-raw$/, /^/],
  [/^--data-urlencode$/, /^[\w.-]*=|^[^@=]*$/],
  [/^(?:m|--max-time|--connect-timeout|--retry|--retry-delay|--retry-max-time)$/, /^\d+(?:\.\d+)?$/],
  [/^(?:w|--write-out)$/, /^(?!@)(?!.*%(?:output|stderr|\{stderr))/s],
  // Cookies of a server of the work, as it gave them before.
  [/^(?:b|--cookie)$/, /^[\w.-]+=[\w.%-]*$|^\/tmp\/[\w-][\w.-]*$/],
  [/^(?:c|--cookie-jar)$/, /^\/tmp\/[\w-][\w.-]*$/],
  [/^(?:D|--dump-header)$/, /^(?:-|\/dev\/(?:null|stdout|stderr))$/],
  [/^(?:o|--output)$/, /^(?:\/dev\/null|-|\/tmp\/[\w-]+\.(?:html|json|txt|xml|csv|png|pdf|log|body))$/],
]

// All that a database or a search engine of the work holds, or the server itself.
const WIPES = /\/_all(?:$|[/?])|_delete_by_query|\/actuator\/shutdown|\b(?:drop|truncate)(?:[\s+]|%20)+(?:database|schema|table)\b|^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1):(?:9200|5984)\/[\w*,-]*\*|\bflushall\b/i

// What servers tell of their settings and memory, with the secrets in them.
const TELLS_ALL = /\/actuator\/(?:env|heapdump|configprops|threaddump)|\/\.(?:env|git)\b|\/jolokia\b|\/phpinfo|\/_profiler\/phpinfo|\/v1\/secrets?\b|\/debug\/vars\b/i

const SENDS = /^(?:[dF]|--data(?:-\w+)?|--json|--form)$/

// Nothing of it comes from a file or goes to one, and no answer leads elsewhere: redirects are followed by an option that is not here.
const curl: Question = (words) => {
  const urls: string[] = []
  const sent: string[] = []
  let changes = false
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (CURL_FLAGS.test(word)) continue
    if (!word.startsWith('-')) {
      urls.push(word)
      continue
    }
    const [, long, joined] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? []
    const letter = CURL_LETTERS.exec(word)
    if (letter !== null && letter[1] === undefined && word !== '-') continue
    const option = letter?.[1] ?? long ?? word
    const value = letter?.[2] ?? joined ?? words[at += 1]
    if (value === undefined || CURL_VALUES.find(([name]) => name.test(option))?.[1].test(value) !== true) return null
    const [, file] = (/^(?:F|--form)$/.test(option) ? /=@([^;]+)/ : /^(?:d|--data(?:-ascii|-binary)?|--json)$/.test(option) ? /^@(.+)/s : /^(?!)/).exec(value) ?? []
    if (file !== undefined) sent.push(file)
    changes ||= SENDS.test(option) || (/^(?:X|--request)$/.test(option) && !/^(?:GET|HEAD|OPTIONS)$/.test(value))
  }
  const question = words.some((word) => WIPES.test(word) || TELLS_ALL.test(word)) ? null : asked('curl', urls, changes)
  return question === null ? null : [...question, ...sent.map(literal)]
}

const wget: Question = (words) => {
  const joined = words.join(' ')
  const [, options = '', url = ''] = /^((?:-[\w-]+(?:=\d+)? ?|- ?)*)(\S+)$/.exec(joined) ?? []
  const prints = /(?:^| )-[q]*O ?-(?: |$)|--spider/.test(options)
  return prints && options.split(' ').every((option) => /^(?:|-|-q?O-?|-q|-S|-nv|--spider|--quiet|--timeout=\d+|--tries=\d+)$/.test(option)) ? asked('wget', [url], false) : null
}

// What only asks says so, for who may look and not change. The path stands for a file as well: a server of the folder itself hands out whatever is asked for.
function asked (program: string, urls: readonly string[], changes = true): readonly Field[] | null {
  if (urls.length === 0 || !urls.every(isLocal)) return null
  const paths = urls.map(pathOf)
  return paths.includes(null) ? null : named(LOCAL_REQUEST, [...changes ? [] : ['get'], program, ...paths.map((path) => path ?? '')])
}

function pathOf (url: string): string | null {
  const [path = ''] = (LOCAL_URL.exec(url)?.[2] ?? '').split('?')
  try {
    const plain = decodeURIComponent(path)
    // Weir's own routes, should it listen there.
    return /^\/+(?:weir|\.well-known)(?:\/|$)|[^\w./@:,;+=~ -]|\.\./i.test(plain) ? null : `./${plain.replace(/^\/+/, '')}`
  } catch {
    return null
  }
}

// `http :3000/x`, with fields and headers written out: `name=value`, `name:=1`, `Header:value`, `name==query`.
const HTTPIE = /^(?:--(?:body|headers|verbose|check-status|ignore-stdin|form|json|pretty=\w+|print=[hHbBm]+|timeout=\d+)|-[bhvfj]|-p [hHbB]+|[\w-]+(?:==?|:=|:)(?!@|=@)[^@]*)$/
const httpie: Question = (words) => {
  const rest = words.filter((word, at) => !HTTPIE.test(word) && !(at === 0 && /^[A-Z]{3,7}$/.test(word)))
  const [place = ''] = rest
  return rest.length === 1 ? asked('http', [place.replace(/^(?=:\d|\/|:\/)/, 'localhost').replace(/^localhost:\//, 'localhost/')]) : null
}

// Names of packages as registries take them: no address, no path, no longer text.
const PACKAGE = /^(?:@[a-z0-9][\w.-]{0,60}\/)?[a-z0-9][\w.-]{0,60}(?:@[\w.^~<>=*-]{1,30})?$/i
const PACKAGE_FIELD = /^[a-zA-Z][\w.-]{0,40}(?:\[\d+\])?$/

// What is asked is which of the packages here are known to be unsafe; `fix` would change them.
const AUDIT = /^(?:signatures|--(?:production|prod|dev|no-optional|omit=(?:dev|optional|peer)|recursive|workspaces?)|-[PDr]|(?:--(?:audit-level|level)=)?(?:low|moderate|high|critical)|--(?:audit-)?level)$/

const yarn: Question = (words) => {
  const [verb, ...rest] = words.filter((word, at) => word !== '--json' && !(at === 0 && word === 'npm'))
  return verb === 'audit' && rest.every((word) => AUDIT.test(word)) ? named(REGISTRY_LOOKUP, ['yarn', ...words]) : null
}

const npm: Question = (words) => {
  const [verb = '', ...rest] = words.filter((word) => !/^--(?:json|long|all|parseable|global)$|^-g$/.test(word))
  const [name = '', ...fields] = rest
  if (verb === 'audit') return rest.every((word) => AUDIT.test(word)) ? named(REGISTRY_LOOKUP, ['npm', ...words]) : null
  if (verb === 'outdated') return rest.every((word) => PACKAGE.test(word)) ? named(REGISTRY_LOOKUP, ['npm', ...words]) : null
  return /^(?:view|info|show|v)$/.test(verb) && PACKAGE.test(name) && fields.every((word) => PACKAGE_FIELD.test(word)) ? named(REGISTRY_LOOKUP, ['npm', ...words]) : null
}

/** A look-up of packages by their names: `verbs` are those of the program that take nothing else. */
function lookup (program: string, verbs: RegExp, options = /^$/): Question {
  return (words) => {
    const [verb = '', ...names] = words.filter((word) => !options.test(word))
    const [first = '', ...rest] = verb === 'index' && names[0] === 'versions' ? names.slice(1) : names
    return verbs.test(verb) && rest.length < 3 && [first, ...rest].every((name) => PACKAGE.test(name)) ? named(REGISTRY_LOOKUP, [program, ...words]) : null
  }
}

const COMPOSER_OPTION = /^(?:-[Dml]|--(?:direct|minor-only|patch-only|major-only|locked|no-dev|all|strict|format=json))$/
const composer: Question = (words) => words[0] === 'outdated' && words.slice(1).every((word) => COMPOSER_OPTION.test(word) || /^[a-z0-9][\w.-]{0,60}\/[a-z0-9][\w.-]{0,60}$/.test(word)) ? named(REGISTRY_LOOKUP, ['composer', ...words]) : null

// What a server of the work itself shows of its certificate; the words behind are none.
const secured = (words: readonly string[]): boolean => /^s_client (?:-connect (?:localhost|127\.0\.0\.1):\d{4,5}|-servername [\w.-]+|-(?:showcerts|brief|tls1_[123]|quiet|no_ign_eof)| )+$/.test(words.join(' ')) && words.includes('-connect')
const SOCKET = /^(?:-[nE1tU]+ |--(?:text|one-message|no-close) )*(ws:\/\/(?:localhost|127\.0\.0\.1)(?::\d{4,5})?\/[\w./-]*)$/
const websocket = (program: string): Question => (words) => {
  const [, url] = SOCKET.exec(words.join(' ').replace(/^-c /, '')) ?? []
  return url === undefined ? null : asked(program, [url.replace(/^ws/, 'http')])
}

// A line to a server of the work that asks nothing but an answer, or one of the web for a page.
const GREETING = /^(?:(?:ping|hello|hi|test|version|stats|status|help|quit)\r?\n?|(?:GET|HEAD|OPTIONS) (\/[^ \r\n]*) HTTP\/1\.[01]\r?\n(?:(?:Host|Connection|Accept|User-Agent): ?[\w.:/*-]+\r?\n)*(?:\r?\n)*)$/i

// Whether something listens, or what it answers to a greeting.
const netcat: Question = (words, _, stdin) => {
  const said = words.join(' ')
  if (/^-[zvwn]+\d*(?: \d+)?(?: -[zvwn]+\d*(?: \d+)?)* (?:localhost|127\.0\.0\.1) \d{1,5}$/.test(said) && words.some((word) => /^-\w*z/.test(word))) return named(LOCAL_REQUEST, ['nc'])
  const [, host = '', port = ''] = /^(?:-[vnNCq4]*[wqi]? ?\d* )*(localhost|127\.0\.0\.1) (\d{4,5})$/.exec(said) ?? []
  const [line, path = '/'] = GREETING.exec(textOn(stdin ?? NO_STDIN) ?? '') ?? []
  return port === '' || line === undefined || WIPES.test(path) || TELLS_ALL.test(path) ? null : asked('nc', [`http://${host}:${port}${path}`])
}

// Who listens at a port; `-k` would end it.
const fuser: Question = (words) => /^(?:-v )?\d{2,5}\/(?:tcp|udp)$/.test(words.join(' ')) ? named(LOCAL_QUERY, ['fuser']) : null
// Which ports are open, and to whom.
const sockets: Question = (words) => /^(?:-[ltunpaeHs46riox]+ ?)*(?:state [a-z-]+ ?)?(?:(?:[()]|and|or|not|[sd]port|={1,2}|eq|:\d{1,5})(?: |$))*$/.test(words.join(' ').trim()) ? named(LOCAL_QUERY, ['ss']) : null

// Requests in numbers, at a server of the work itself.
const LOAD = /^(?:-[a-zA-Z]+|--(?:duration|rate|connections|threads|requests|concurrency|latency|no-tui|renderStatusCodes|disable-keepalive|timeout)|\d+(?:\.\d+)?[a-z]*|-[a-zA-Z]\d+[a-z]*|--\w+=\d+[a-z]*)$/
const load = (program: string, timed = /^$/): Question => (words) => words.slice(0, -1).every((word) => LOAD.test(word) && (timed.test(word) || !/^-[oDdTHfFsieUuA]/.test(word))) ? asked(program, words.slice(-1)) : null

const GRPC = /^(?:-(?:plaintext|v|emit-defaults|format-error) |-max-time \d+ |-d @ |-d \{[^@]*\} )*(?:localhost|127\.0\.0\.1):(\d{4,5})(?: (?:list|describe))?(?: [\w./]+)?$/s
const grpc: Question = (words) => {
  const [, port = ''] = GRPC.exec(words.join(' ')) ?? []
  return port !== '' && isLocal(`http://localhost:${port}`) ? named(LOCAL_QUERY, ['grpcurl']) : null
}

// Of a shell that runs a text there is none to show.
const history: Question = (words) => /^\d*$/.test(words.join(' ')) ? named('true', []) : null
// One look, not the screen that is drawn anew.
const top: Question = (words) => /^(?:-b|-n ?1|-bn ?1|-[oH]\w*| )+$/.test(words.join(' ')) && words.some((word) => /^-b/.test(word)) ? named(LOCAL_QUERY, ['top']) : null
// A process of the work by words of its own: `node` alone would be the gateway's too, and a pattern could be anything's.
const kills: Question = (words) => isOwnProcess(words.join(' ').replace(/^(?:-(?:9|15|f|x|KILL|TERM|INT|HUP|SIG[A-Z]+) )*/i, '')) ? named('kill', []) : null
// Only the certificate of a file is shown, whatever else is in it.
const CERTIFICATE = /^(?:-(?:noout|text|subject|issuer|dates|enddate|startdate|fingerprint|serial|purpose|sha1|sha256|alias|email|ocsp_uri|hash|modulus)|-ext \w+(?:,\w+)*|-checkend \d+|-(?:checkhost|nameopt|certopt|dateopt|inform) [\w.,-]+)$/
const CHECKED = /^verify(?: -(?:x509_strict|partial_chain|show_chain|verbose|purpose \w+))*(?: -(?:CAfile|untrusted|trusted) [\w.][\w./-]*)+(?: [\w.][\w./-]*\.(?:crt|cer|pem))+$/
const openssl: Question = (words, args) => {
  if (/^dgst(?: -(?:sha\d+|md5|r|hex|binary))* [^-]\S*$/.test(words.join(' '))) return [literal('cat'), literal('--'), args.at(-1) ?? literal('')]
  if (/^ciphers(?: -(?:v|V|s|tls1_[23])| [\w:+!@=.-]+)*$/.test(words.join(' '))) return named('true', [])
  const encoded = /^(?:enc -base64|base64|asn1parse)(?: -(?:d|A|i|inform (?:PEM|DER)))* -in ([\w.][\w./-]*)(?: -(?:d|A|i))*$/.exec(words.join(' '))?.[1]
  if (encoded !== undefined) return ['cat', '--', encoded].map(literal)
  if (secured(words)) return named(LOCAL_QUERY, ['openssl'])
  if (CHECKED.test(words.join(' '))) return [literal('cat'), literal('--'), ...args.slice(1).filter(({ text }) => !text.startsWith('-'))]
  const at = words.indexOf('-in')
  const file = args[at + 1]
  // Options with the values they take.
  const options = words.slice(1).filter((_, index) => at < 1 || (index + 1 !== at && index !== at)).join(' ').split(/ (?=-)/).filter(Boolean)
  if (!/^(?:x509|req|crl)$/.test(words[0] ?? '') || !words.includes('-noout') || !options.every((option) => CERTIFICATE.test(option))) return null
  if (at < 1) return words[0] === 'x509' ? named('true', []) : null
  return file === undefined ? null : [literal('cat'), literal('--'), file]
}

/**
 * What programs of power are asked when it is no more than a look: at a server, a database, containers or a certificate of this
 * machine, or at a public registry. Each says in whole words what it takes; anything else is the program itself.
 */
export const LOCAL_QUESTIONS: Readonly<Record<string, Question>> = {
  curl,
  wget,
  http: httpie,
  npm,
  pnpm: npm,
  yarn,
  pip: lookup('pip', /^index$/),
  pip3: lookup('pip3', /^index$/),
  cargo: lookup('cargo', /^(?:search|info)$/, /^(?:-q|--quiet|--limit(?:=\d+)?)$/),
  composer,
  ...CONTAINER_LOOKS,
  ...DATABASE_CLIENTS,
  websocat: websocket('websocat'),
  wscat: websocket('wscat'),
  nc: netcat,
  ss: sockets,
  fuser,
  netstat: sockets,
  ...LOCAL_SERVERS,
  history,
  pkill: kills,
  openssl,
  top,
  grpcurl: grpc,
  hey: load('hey'),
  ab: load('ab'),
  wrk: load('wrk', /^-[dT]\d*[smh]?$/),
  oha: load('oha'),
  autocannon: load('autocannon', /^-d$/),
}

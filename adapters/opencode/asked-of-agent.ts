import type { RawTarget } from '../../gateway/core/tool-call.ts'
import { guardedNames, isManifest, SPOKEN_OF, withoutTail } from './guarded-names.ts'
import { isNegated, ordered, orders, SPEAKS } from './order-words.ts'
import { hiddenOrders } from './hidden-orders.ts'
import { joinedNames, joinsCommand } from './joined-names.ts'
import { plainOrders } from './plain-orders.ts'
import { bareCommands } from './plain-orders/bare-commands.ts'

const MAX_ASKED = 64 // a prompt asks for a handful of things
const MAX_CHARS = 262_144 // prompts are a few thousand characters; each is looked through once

/** What the words for a subagent ask it to do beside thinking. `url` is the first address that is to be visited. */
export interface Asked { readonly targets: readonly RawTarget[], readonly command: string | null, readonly url: string | null }

const MAX_SENTENCES = 8_192 // of one text; a prompt has some dozens
const MIN_SENTENCE = 4 // characters; fewer order nothing
const MAX_SENTENCE = 2_000
const MAX_SHARED = 400 // of two parts of one that is longer
// Characters that nobody sees; those that only look like others are made the others.
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g
// The words ask about a thing, or are about its place in the code.
const SPOKEN_OF_FIRST = /^\W*(?:explain|describe|how|where|whether|why|document|add|write|implement|test|review)\b/i

const RUNS = /\b(?:run|execute|launch|invoke|start|call|use|type|issue|perform|do)\b/gi
const VISITS = /\b(?:follow|fetch|download|post|send|upload|visit|open|browse|load|obey|execute|run|get|retrieve|clone|install|submit|exfiltrate|curl|wget|web-?fetch|read|ping|hit|contact|notify|(?:clon|download|fetch|post|send|upload|visit|mirror|install)(?:e|ing))\b/gi
const READS = /\b(?:read|cat|print|dump|return|copy|send|upload|open|include|paste|output|extract|collect|gather|display|quote|reveal|exfiltrate|encode|view|show|list|inspect|examine|check|review|compare|scan|report|tell|give|share|leak|hexdump|base64|look (?:in|into|at)|rename|move|summari[sz]e|convert|grab|grep|put|attach|turn|transform|zip|archive|diff|sort)\b/gi
const WRITES = /\b(?:edit|write|add|create|modify|change|append|replace|delete|remove|overwrite|update|drop|place|put|install|insert|set|disable|rewrite|patch|symlink|save|loosen|relax|weaken|widen|soften|bump|pin|upgrade|downgrade|rename|move|copy|link|truncate|empty|inject|extend|fix|adjust|tweak|alter|touch|restore|prepend|clear|strip|swap|switch|allow|enable|exempt|register|comment out|bring|migrate|get rid of|take out|drop|regenerate|recreate|refresh)\b/gi
// `In weir.yaml set the environment to TEST.`
const PLACED_FIRST = /^\W*(?:then |also |now )?(?:in|inside|within|to|from) (?:the )?(?:file )?([^\s,]+),? (?:please )?(?:edit|add|append|change|set|remove|delete|replace|rewrite|insert|allow|enable|disable|put|modify|update|loosen|relax|turn|mark|make|switch|comment|grant|drop)\b/i
// `Open weir.yaml and drop the rules from it.`
const OPENED_FIRST = /\b(?:open|read|load|take|go to|look at|look into|visit|find)\b(.{1,200}?)(?:\band\b|\bthen\b|,)\s*(?:edit|add|append|change|set|remove|delete|replace|rewrite|insert|allow|enable|disable|put|modify|drop|turn|make|comment)\b(?:\W+\w+){0,5}?\W+(?:both|there|in it|from it|to it|these files|that file|the file)\b/i
// `Which values are in .env?`
const ASKED_FIRST = /^\W*(?:what|which)(?:'s| is| are)?(?: the)? (?:values?|contents?)\b(.*)/is
const PUSHES = /(?<!git )\bpush\b[^.]{0,40}--force\b|\bforce the remote\b|\bpush\b[^.]{0,40}\bwith git push\b|\bpush\b[^.]{0,40}\bto (?:origin|main|master|the remote|upstream|github|gitlab)\b/i
const PUBLISHES = /\bpublish\b[^.]{0,40}\b(?:package|npm|registry|pypi|crates)\b/i

// What is to be run is hidden in letters, or comes out of something else.
const DECODES = /\b(?:(?:base\d\d|hex|rot-?13|gzip|url)[- ]?)?(?:decode|decrypt|decipher|deobfuscate|unscramble|decompress|reverse)\b.{0,400}?\b(?:and|then)\b.{0,20}?\b(?:run|execute|eval(?:uate)?|source)\s+(?:it|them|that|this|what(?:ever)?|the\s+(?:\w+\s+)?(?:result|output|commands?|text|payload|string))\b/is
const RUNS_DECODED = /\b(?:run|execute|eval(?:uate)?|source)\b[^.]{0,40}\b(?:(?:decoded|deciphered|decrypted|deobfuscated)\b[^.]{0,20}\b(?:commands?|scripts?|result|output|text|payload|strings?)|(?:base64|hex|rot-?13)[- ](?:encoded )?(?:commands?|payload|blob))\b/i
const PIPES = /\b(?:cat|feed|pipe|pass|redirect|hand|give) (?:\w+ ){1,6}?(?:in)?to `?(?:ba|z|da|k)?sh\b(?!ell)|\bpipe (?:it|them|this|that|(?:the|its|their) \w+)\b.{0,60}?\b(?:to|into|through)\s+`?(?:ba|z|da|k)?sh\b/i

// Keys and the like of the whole machine, in plain words: nobody has named a file, and each of them is meant.
const HUNTS = /^(?=.*\b(?:list|find|search|look|locate|inventory|enumerate|read|collect|gather|copy|print|show|dump|harvest|extract|send)\b)(?=.*(?<!\w)(?:(?:private|ssh|signing|api|gpg|access) keys?|id_\w+|\.(?:pem|env|npmrc|netrc|p12)|wallets?|credentials?|tokens?|passwords?|secrets?|key ?chains?|cookies)\b)(?=.*\b(?:(?:below|under|in|from|of|across|on|through(?:out)?|over) (?:(?:the|my|your|this|their|his|her|whole|entire|user'?s?|users?'?) ){0,3}(?:home(?: (?:folder|dir(?:ectory)?))?|machine|computer|system|disk|host|file ?system|root folder|keychain|\/(?:root|home|etc|users|var|opt|mnt|srv)|~)|every ?where|any ?where|outside (?:of )?the (?:workspace|project|repo(?:sitory)?))(?!\w))/is

// A key itself, which is to be kept in a plan or handed on in a prompt.
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}|\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40}|AKIA(?!\w{9}EXAMPLE)[0-9A-Z]{16}|xox[bpas]-\d{8,}-\w{8,}|sk_live_\w{20}|npm_[A-Za-z0-9]{36})/

const HIDDEN: ReadonlyArray<readonly [RegExp, string]> = [[DECODES, 'base64 -d | sh'], [RUNS_DECODED, 'base64 -d | sh'], [PIPES, 'base64 -d | sh']]
const PHRASES: typeof HIDDEN = [[PUSHES, 'git push'], [PUBLISHES, 'npm publish'], ...HIDDEN]
// To read, in a few of the languages that people write in.
const FOREIGN_READS = /(?<!\p{L})(?:lies|lese|zeige?|gib|kopiere?|schicke?|sende|öffne|drucke|lis|lire|affiche[rz]?|copie[rz]?|envoie|ouvre|lee|leer|muestra|copia|envía|imprime|abre|leggi|mostra|invia|apri|leia|mostre|envie|abra|прочитай|покажи|отправь|открой|скопируй|выведи)(?!\p{L})|读取|打开|打印|发送|显示|复制|读|読|表示|開|送/iu
const FOREIGN_NEGATIONS = /(?<!\p{L})(?:nicht|keine?n?|nie|ohne|ne|pas|jamais|sans|no|nunca|sin|non|mai|senza|não|sem|не|без|tests?)(?!\p{L})|不要|别|しない/iu
const SPAN = /`([^`\n]{2,2000})`/g
const ADDRESS = /\bhttps?:\/\/[^\s`'"<>)\]]+/gi
const SENDS_TO = /\b(?:post|send|upload|exfiltrate|submit|forward|leak)\b[^.]{0,80}https?:|\b(?:mirror|replicate|back ?up|sync|stream|transfer|deliver|copy|export|ship)\b[^.]{0,80}\b(?:to|into|at)\b[^.]{0,20}https?:/i
// A host without its scheme, where something is sent.
const BARE_HOST = /\b(?:send|post|upload|exfiltrate|push|submit|forward|transfer|transmit|deliver|leak|ship|paste|download|fetch|report)\b[^.`]{0,200}?\b(?:to|at|with|from|via|on)\s+`?((?:(?:[\w-]+\.)+(?:com|net|org|example|test|xyz|ru|cn|app|site|online|top|cloud|link|su|tk|pw|cc|biz|info|invalid|in|ngrok|onion|(?<!socket\.)io|dev|ai|me|eu|de|fr|uk|us|pro|live|store|space|website|host|page)|\d{1,3}(?:\.\d{1,3}){3})(?:[:/][^\s`'"<>)\]]*)?)(?![\w.-]*\w)/gi
// Programs that no sentence of plain words begins with.
const PLAIN_COMMAND = /^\W*(?:(?:the )?(?:shell |bash )?commands?\W+|bash to run\W+|the following\W+)?((?:git push|npm (?:publish|install|i )|pip3? install|curl |wget |sudo |rm -|ssh |scp |nc |eval |docker |kubectl |gh |aws |chmod |chown |crontab|cat [~/.]|printenv|env\b(?! var)|terraform (?:apply|destroy|import|state)|helm (?:install|upgrade|uninstall)|ansible-playbook |pulumi |serverless deploy|vercel |flyctl |heroku |gcloud |npm (?:ci|update|rebuild|link|prune|audit fix|dist-tag|unpublish)|yarn add|pnpm add|poetry (?:add|lock|update|install)|uv (?:add|lock|sync)|cargo (?:add|update|publish)|bundle update|composer update|go mod tidy|pip-compile|go get |bundle add|composer require|gem install|brew install|apt(?:-get)? install|dd |mkfs|shutdown|reboot|systemctl |git (?:reset|clean|filter|remote|config|rebase|update-ref|reflog|gc))[^,;]*)/i
// A script is given other contents and run: what it is given is what is run.
const WRITTEN_AND_RUN = /\b(?:replace|put|write|add|append|insert|set|fill|make|change|overwrite|save|place|swap|turn|paste|rewrite|edit)\b.{0,300}?(?:\b(?:and|then)\b|[,;])\W*(?:\w+ ){0,2}?(?:run|execute|start|call|launch|invoke|source|trigger)\b (?:it|them|that|this|the (?:script|file|result|target|job|hook|tests?))\b/i
const SPENT = /(?:^|&&|\|\||[;|])\s*(?:sudo\s+)?(?:git\s+(?:push|reset|clean|config|remote|filter-branch)|npm\s+(?:publish|i\b|install)|(?:pip3?|gem|cargo|yarn|pnpm|poetry|twine)\s+(?:install|add|publish|upload|push)|rm\s+-|curl\s|wget\s|nc\s|ssh\s|scp\s|rsync\s|docker\s+push|kubectl\s|helm\s|terraform\s|aws\s|gcloud\s|gh\s|printenv|env\b|cat\s+[~/.]|chmod\s|eval\s|dd\s|psql\s|mysql\s)/i
// What stands in a list is one to be run: nobody begins a sentence with such a word and an option, a variable or a quote.
const LISTED_COMMAND = /^\W{0,4}(?:(?:(?:now|then|first|finally|please) )?(?:run|execute|launch|type)\W{1,3})?((?:psql|mysql|mysqladmin|mysqldump|pg_dump|mongo|mongosh|mongodump|redis-cli|dropdb|nc|ncat|dd|mkfs\S{0,8}|killall|pkill|ssh|scp|nohup|base64|eval)\s+(?:["'$-]|\w{1,32}=|[\w.-]{1,64}@).{0,600})$/s
// A block of shell text, as a person would paste it to be run.
const FENCE = /```(?:sh|bash|shell|zsh|console)[ \t]*\n([^`]{1,4000})```/g

/**
 * Reads the words for a subagent as it would: commands it is told to run, addresses it is told to visit, guarded files it
 * is told to read or change, and what plain words order (`wipe the disk`). Its own calls are decided again; a plain order for a
 * forbidden one need not get that far. Null when the words are too many to look through.
 *
 * @param kind a plan is of people's work, too: what leaves or comes in by the usual ways may be theirs
 */
export function askedOfAgent (texts: readonly string[], root: string, kind: 'order' | 'plan' = 'order'): Asked | null {
  const targets: RawTarget[] = []
  const commands: string[] = []
  const urls: string[] = []
  for (const given of texts) {
    if (given.length > MAX_CHARS) return null
    const text = given.normalize('NFKC').replace(INVISIBLE, '')
    const prose = text.replace(FENCE, (fence, block: string, index: number) => {
      if (isNegated(text.slice(Math.max(0, index - 80), index))) return ''
      commands.push(block.replace(/^\s*\$ /gm, '').trim())
      return fence
    })
    commands.push(...hiddenOrders(text))
    if (KEY.test(text)) targets.push({ path: '~/.ssh', access: 'read' })
    if (joinsCommand(text)) commands.push('eval "$order"')
    for (const path of joinedNames(text)) targets.push({ path: placed(path, root), access: 'read' })
    const said = sentences(prose)
    if (said === null) return null
    for (const sentence of said) {
      commands.push(...commandsOf(sentence, kind))
      if ((kind === 'order' && ordered(sentence, VISITS).length > 0) || SENDS_TO.test(sentence)) urls.push(...addresses(sentence))
      if (HUNTS.test(sentence) && !SPOKEN_OF_FIRST.test(sentence) && !/\b(?:do not|don't|never|without|avoid)\b/i.test(sentence)) targets.push({ path: '~/.ssh', access: 'read' })
      for (const path of namesIn(sentence, 'read')) targets.push({ path: placed(path, root), access: 'read' })
      for (const path of namesIn(sentence, 'write')) if (kind === 'order' || !isManifest(path)) targets.push({ path: placed(path, root), access: 'write' })
      for (const meaning of plainOrders(sentence, orders(sentence), kind)) {
        if ('command' in meaning) commands.push(meaning.command)
        else if (!targets.some(({ path, access }) => path === meaning.path && access === meaning.access)) targets.push(meaning)
      }
      if (commands.length + urls.length + targets.length > MAX_ASKED) return null
    }
  }
  const [url = null, ...others] = [...new Set(urls)]
  // One call has one address; any further one is what a fetching program would be given.
  commands.push(...others.filter((other) => hostOf(other) !== hostOf(url ?? '')).map((other) => `curl -- '${other.replaceAll("'", '')}'`))
  return { targets, command: commands.length === 0 ? null : [...new Set(commands)].join('\n'), url }
}

// A command in backticks is one word of its sentence, dots and all. Null when there are more than anybody says.
function sentences (prose: string): readonly string[] | null {
  const whole = prose.replace(SPAN, (span) => span.replace(/(?<=[.!?;]) /g, '\u001f'))
  const found = whole.split(/(?<=[.!?;])\s+|(?<=[。！？；])|\n+/).filter((sentence) => sentence.length >= MIN_SENTENCE)
  return found.length > MAX_SENTENCES ? null : found.flatMap((sentence) => pieces(sentence.replaceAll('\u001f', ' ')))
}

// A sentence without an end is read in parts that overlap, so that each expression has little to look through.
function pieces (sentence: string): readonly string[] {
  if (sentence.length <= MAX_SENTENCE) return [sentence]
  const count = Math.ceil(sentence.length / (MAX_SENTENCE - MAX_SHARED))
  return Array.from({ length: count }, (_, at) => sentence.slice(at * (MAX_SENTENCE - MAX_SHARED), at * (MAX_SENTENCE - MAX_SHARED) + MAX_SENTENCE))
}

function addresses (sentence: string): readonly string[] {
  const written = sentence.match(ADDRESS)?.map((url) => withoutTail(url, '.,:;!?')) ?? []
  const bare = [...sentence.matchAll(BARE_HOST)].map(([, host = '']) => `https://${withoutTail(host, '.,:;!?')}`)
  return [...written, ...bare]
}

function commandsOf (sentence: string, kind: 'order' | 'plan'): readonly string[] {
  const found: string[] = []
  for (const rest of ordered(sentence, RUNS)) {
    const spans = [...rest.matchAll(SPAN)].map(([, span = '']) => span.trim()).filter((span) => /^[\w./~-]+\s+\S/.test(span))
    const plain = withoutTail(PLAIN_COMMAND.exec(rest)?.[1]?.replace(/\s(?:and|then|to)\s.*$/s, '').trimEnd() ?? '', '.!?').trim()
    found.push(...spans, ...plain === '' || plain.includes('`') ? [] : [plain])
  }
  if (WRITTEN_AND_RUN.test(sentence) && !SPEAKS.test(sentence)) found.push(...[...sentence.matchAll(SPAN)].map(([, span = '']) => span.trim()).filter((span) => SPENT.test(span)))
  const listed = LISTED_COMMAND.exec(sentence)?.[1]
  if (listed !== undefined) found.push(withoutTail(listed, '.!?').trim())
  found.push(...bareCommands(sentence))
  for (const [pattern, command] of kind === 'plan' ? HIDDEN : PHRASES) {
    const at = sentence.search(pattern)
    if (at !== -1 && isOrder(sentence, at)) found.push(command)
  }
  return [...new Set(found)]
}

function isOrder (sentence: string, at: number): boolean {
  const before = sentence.slice(Math.max(0, at - MAX_SHARED), at)
  return !isNegated(before) && !SPOKEN_OF.test(before) && !SPEAKS.test(before)
}

function namesIn (sentence: string, access: 'read' | 'write'): readonly string[] {
  const named = access === 'write' ? guardedNames(PLACED_FIRST.exec(sentence)?.[1] ?? OPENED_FIRST.exec(sentence)?.[1] ?? '', access) : guardedNames(ASKED_FIRST.exec(sentence)?.[1] ?? '', access)
  const behind = ordered(sentence, access === 'read' ? READS : WRITES).flatMap((rest) => guardedNames(rest, access)).concat(named)
  if (access === 'write' || !FOREIGN_READS.test(sentence) || FOREIGN_NEGATIONS.test(sentence)) return behind
  return [...behind, ...guardedNames(sentence, access)]
}

function placed (path: string, root: string): string {
  return path.startsWith('/') || path.startsWith('~') ? path : `${root}/${path}`
}

function hostOf (url: string): string {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? ''
}

import type { RawTarget } from '../../gateway/core/tool-call.ts'

const MAX_ASKED = 64 // a prompt asks for a handful of things
const MAX_CHARS = 262_144 // prompts are a few thousand characters; each is looked through once

/** What the words for a subagent ask it to do beside thinking. `url` is the first address that is to be visited. */
export interface Asked { readonly targets: readonly RawTarget[], readonly command: string | null, readonly url: string | null }

const MAX_HUNTED = 2_000 // a sentence
// The words ask about a thing, or are about its place in the code.
const SPOKEN_OF_FIRST = /^\W*(?:explain|describe|how|where|whether|why|document|add|write|implement|test|review)\b/i

const RUNS = /\b(?:run|execute|launch|invoke|start|call|use|type|issue|perform|do)\b/gi
const VISITS = /\b(?:follow|fetch|download|post|send|upload|visit|open|browse|load|obey|execute|run|get|retrieve|clone|install|submit|exfiltrate|curl|wget|read)\b/gi
const READS = /\b(?:read|cat|print|dump|return|copy|send|upload|open|include|paste|output|extract|collect|gather|display|quote|reveal|exfiltrate|encode)\b/gi
const WRITES = /\b(?:edit|write|add|create|modify|change|append|replace|delete|remove|overwrite|update|drop|place|put|install|insert|set|disable|rewrite|patch|symlink|save)\b/gi
const PUSHES = /\bforce[- ]push\b|\bpush\b[^.]{0,40}\bwith git push\b|\bpush\b[^.]{0,40}\bto (?:origin|main|master|the remote|upstream|github|gitlab)\b/i
const PUBLISHES = /\bpublish\b[^.]{0,40}\b(?:package|npm|registry|pypi|crates\.io)\b/i

// What is to be run is hidden in letters, or comes out of something else.
const DECODES = /\b(?:(?:base\d\d|hex|rot-?13|gzip|url)[- ]?)?(?:decode|decrypt|decipher|deobfuscate|unscramble|decompress|reverse)\b.{0,400}?\b(?:and|then)\b.{0,20}?\b(?:run|execute|eval(?:uate)?|source)\s+(?:it|them|that|this|what(?:ever)?|the\s+(?:\w+\s+)?(?:result|output|commands?|text|payload|string))\b/is
const RUNS_DECODED = /\b(?:run|execute|eval(?:uate)?|source)\b[^.]{0,40}\b(?:(?:decoded|deciphered|decrypted|deobfuscated)\b[^.]{0,20}\b(?:commands?|scripts?|result|output|text|payload|strings?)|(?:base64|hex|rot-?13)[- ](?:encoded )?(?:commands?|payload|blob))\b/i
const PIPES = /\bpipe (?:it|them|this|that|(?:the|its|their) \w+)\b.{0,60}?\b(?:to|into|through)\s+`?(?:ba|z|da|k)?sh\b/i

// Keys and the like of the whole machine, in plain words: nobody has named a file, and each of them is meant.
const HUNTS = /^(?=.*\b(?:list|find|search|look|locate|inventory|enumerate|read|collect|gather|copy|print|show|dump|harvest|extract|send)\b)(?=.*\b(?:(?:private|ssh|signing|api|gpg|access) keys?|wallets?|credentials?|tokens?|passwords?|secrets?|key ?chains?)\b)(?=.*\b(?:(?:below|under|in|from|of|across|on|through(?:out)?|over) (?:(?:the|my|your|this|their|his|her|whole|entire|user'?s?|users?'?) ){0,3}(?:home(?: (?:folder|dir(?:ectory)?))?|machine|computer|system|disk|host|file ?system|root folder|keychain)|outside (?:of )?the (?:workspace|project|repo(?:sitory)?))\b)/is

const NEGATED = /\b(?:do not|don't|never|without|avoid|must not|mustn't|should not|shouldn't|cannot|can't|not)\b(?!\W+(?:hesitate|forget|ask|worry|stop|wait|only|just|tell))(?:\W+\w+){0,3}\W*$/i
// Behind one of these the words speak of a thing; nothing is to be done with it.
const SPOKEN_OF = /\b(?:how|where|whether|if|why|when|which|code|usages?|uses?|handling|logic|about|for|mentions?|references?|tests?)\b/i
const SPAN = /`([^`\n]{2,2000})`/g
const ADDRESS = /\bhttps?:\/\/[^\s`'"<>)\]]+/gi
// Programs that no sentence of plain words begins with.
const PLAIN_COMMAND = /^\W*(?:(?:the )?(?:shell |bash )?commands?\W+|bash to run\W+|the following\W+)?((?:git push|npm (?:publish|install|i )|pip3? install|curl |wget |sudo |rm -|ssh |scp |nc |eval |docker |kubectl |gh |aws |chmod |crontab|cat [~/.]|printenv|env\b(?! var))[^,;]*)/i
// The same as an order of its own.
const BARE_COMMAND = /(?:^\W*|\b(?:and|then|by|using)\s+)((?:git push|npm (?:publish|install|i )|pip3? install|curl |wget |sudo |rm -|ssh |scp |nc |docker |kubectl |crontab|cat [~/.])(?!.{0,40}\b(?:is|are|was|were|has|have|had|does|did|fails|failed|works|worked|can|could|should|would|will|must|may|might)\b)[^,;`]*)/i
// A block of shell text, as a person would paste it to be run.
const FENCE = /```(?:sh|bash|shell|zsh|console)[ \t]*\n([^`]{1,4000})```/g
// What nobody touches in passing: whatever else is named, the subagent's own calls tell.
const GUARDED = /(?:^|\/)\.(?:git|github|gitlab|husky|opencode|claude|cursor|vscode|env|npmrc|netrc|ssh|aws|kube|gnupg|docker|bashrc|zshrc|profile|bash_history)(?:[./-]|$)|(?:^|\/)(?:AGENTS\.md|CLAUDE\.md|opencode\.jsonc?|authorized_keys|id_[a-z0-9]+|credentials(?:\.\w+)?|Jenkinsfile|secrets?\.\w+)$|^~\/|^\/(?:etc|root|home\/|proc|var|usr|Users\/|run\/secrets)|\.(?:pem|p12|pfx|key)$/
const WORD = /[^\s`'"()[\]<>,;]+/g

/**
 * Reads the words for a subagent as it would: commands it is told to run, addresses it is told to visit, guarded files it
 * is told to read or change. Its own calls are decided again; a plain order for a forbidden one need not get that far.
 * Null when the words are too many to look through.
 */
export function askedOfAgent (texts: readonly string[], root: string): Asked | null {
  const targets: RawTarget[] = []
  const commands: string[] = []
  const urls: string[] = []
  for (const text of texts) {
    if (text.length > MAX_CHARS) return null
    const prose = text.replace(FENCE, (fence, block: string, index: number) => {
      if (NEGATED.test(text.slice(Math.max(0, index - 80), index))) return ''
      commands.push(block.replace(/^\s*\$ /gm, '').trim())
      return fence
    })
    for (const sentence of prose.split(/(?<=[.!?;])\s+|\n+/)) {
      commands.push(...commandsOf(sentence))
      if (ordered(sentence, VISITS).length > 0) urls.push(...sentence.match(ADDRESS)?.map((url) => withoutTail(url, '.,:;!?')) ?? [])
      if (sentence.length < MAX_HUNTED && HUNTS.test(sentence) && !SPOKEN_OF_FIRST.test(sentence) && !/\b(?:do not|don't|never|without|avoid)\b/i.test(sentence)) targets.push({ path: '~/.ssh', access: 'read' })
      for (const path of pathsAfter(sentence, READS)) targets.push({ path: placed(path, root), access: 'read' })
      for (const path of pathsAfter(sentence, WRITES)) targets.push({ path: placed(path, root), access: 'write' })
      if (commands.length + urls.length + targets.length > MAX_ASKED) return null
    }
  }
  const [url = null, ...others] = [...new Set(urls)]
  // One call has one address; any further one is what a fetching program would be given.
  commands.push(...others.filter((other) => hostOf(other) !== hostOf(url ?? '')).map((other) => `curl -- '${other.replaceAll("'", '')}'`))
  return { targets, command: commands.length === 0 ? null : commands.join('\n'), url }
}

function commandsOf (sentence: string): readonly string[] {
  const found: string[] = []
  for (const rest of ordered(sentence, RUNS)) {
    const spans = [...rest.matchAll(SPAN)].map(([, span = '']) => span.trim()).filter((span) => /^[\w./~-]+\s+\S/.test(span))
    const plain = withoutTail(PLAIN_COMMAND.exec(rest)?.[1]?.replace(/\s(?:and|then|to)\s.*$/s, '').trimEnd() ?? '', '.!?').trim()
    found.push(...spans, ...plain === '' || plain.includes('`') ? [] : [plain])
  }
  const bare = BARE_COMMAND.exec(sentence)
  if (bare !== null && !NEGATED.test(sentence.slice(Math.max(0, bare.index - 80), bare.index)) && !SPOKEN_OF.test(sentence.slice(0, bare.index))) found.push(withoutTail(bare[1]?.replace(/\s(?:and|then|to)\s.*$/s, '') ?? '', '.!? ').trim())
  if (PUSHES.test(sentence) && !NEGATED.test(sentence.slice(0, sentence.search(PUSHES)))) found.push('git push')
  if (PUBLISHES.test(sentence) && !NEGATED.test(sentence.slice(0, sentence.search(PUBLISHES)))) found.push('npm publish')
  if ([DECODES, RUNS_DECODED, PIPES].some((pattern) => pattern.test(sentence) && !NEGATED.test(sentence.slice(0, sentence.search(pattern))))) found.push('base64 -d | sh')
  return [...new Set(found)]
}

/** What follows each of these verbs where it is an order, up to the end of the sentence. */
function ordered (sentence: string, verbs: RegExp): readonly string[] {
  return [...sentence.matchAll(verbs)].slice(0, MAX_ASKED).flatMap(({ index, 0: verb }) =>
    NEGATED.test(sentence.slice(Math.max(0, index - 80), index)) ? [] : [sentence.slice(index + verb.length)])
}

function pathsAfter (sentence: string, verbs: RegExp): readonly string[] {
  return ordered(sentence, verbs).flatMap((rest) => [...rest.slice(0, 400).matchAll(WORD)].flatMap(({ index, 0: word }) => {
    const path = withoutTail(word, '.,:!?')
    return GUARDED.test(path) && !SPOKEN_OF.test(rest.slice(0, index)) ? [path] : []
  }))
}

// No expression of the form /[.]+$/: from each of many dots it looks for the end, which for a prompt of 100 KB took twenty seconds.
function withoutTail (text: string, marks: string): string {
  let end = text.length
  while (end > 0 && marks.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function placed (path: string, root: string): string {
  return path.startsWith('/') || path.startsWith('~') ? path : `${root}/${path}`
}

function hostOf (url: string): string {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? ''
}

const MAX_TOKENS = 32 // of each kind, in one text
const MIN_LETTERS = 6 // of an order: shorter ones say nothing

const BASE64 = /(?<![\w+/=-])[A-Za-z0-9+/]{8,400}={0,2}(?![\w+/=])/g
const HEX = /(?<![\w-])(?:0x)?[0-9a-f]{2}(?:[ :,]{0,2}(?:0x|\\x)?[0-9a-f]{2}){5,400}(?![\w-])/gi
const PERCENT = /(?:%[0-9a-f]{2}){6,400}/gi
const QUOTED = /(["'`])([^"'`\n]{6,200})\1/g
// Letters one by one, as nobody writes a word.
const SPELLED = /(?<![\w.-])[a-z.](?:[-_ .·][a-z.]){2,40}(?![\w-])/gi
const SPACE_WORD = /\b(?:a )?(?:space|blank)\b/gi
const ROTATED = /\brot-?\s?(?:13|ate\w*)\b|\bcaesar\b|\bcipher/i
const REVERSED = /\b(?:revers\w+|backwards?|right to left|mirrored|other way round)\b/i
const ORDER = /^\s*(?:sudo\s+)?(?:git\s+(?:push|reset|clean|config|remote|filter-branch|branch\s+-D|checkout\s+(?:--\s+)?\.)|npm\s+(?:publish|i\b|install|unpublish)|(?:pip3?|gem|cargo|yarn|pnpm)\s+(?:install|add|publish)|cat\s+\S*(?:\.env|\.ssh|\/etc|\/proc|secret|credential|\.npmrc|\.aws)\S*|rm\s+-\w*[rf]|curl\s|wget\s|nc\s|ssh\s|scp\s|printenv\b|env\s*(?:$|\|)|kubectl\s|terraform\s+(?:apply|destroy)|docker\s+(?:run|push)|dd\s+if=|chmod\s|bash\s+-|sh\s+-|eval\s|python3?\s+-c|node\s+-e|kill\s+-|shutdown\b|mkfs|crontab\s|base64\s+-d)/i

/** Commands that a text has in letters which no person reads at sight: encoded, turned round, or spelled one by one. */
export function hiddenOrders (text: string): readonly string[] {
  const found = [
    ...tokens(text, BASE64).map((token) => Buffer.from(token, 'base64').toString('latin1')),
    ...tokens(text, HEX).map((token) => Buffer.from(token.replace(/0x|\\x|[^0-9a-f]/gi, ''), 'hex').toString('latin1')),
    ...tokens(text, PERCENT).map((token) => Buffer.from(token.replaceAll('%', ''), 'hex').toString('latin1')),
    ...ROTATED.test(text) ? quoted(text).map(rotated) : [],
    ...REVERSED.test(text) ? quoted(text).map((part) => [...part].reverse().join('')) : [],
    ...spelled(text),
  ]
  return found.filter((order) => order.length >= MIN_LETTERS && ORDER.test(order) && /^[\t\n\r -~]+$/.test(order)).map((order) => order.trim())
}

function tokens (text: string, pattern: RegExp): readonly string[] {
  return (text.match(pattern) ?? []).slice(0, MAX_TOKENS)
}

function quoted (text: string): readonly string[] {
  return [...text.matchAll(QUOTED)].slice(0, MAX_TOKENS).map(([, , part = '']) => part)
}

function rotated (text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode((letter.charCodeAt(0) - base + 13) % 26 + base)
  })
}

// The words one after another, with what stands between them when it is short.
function spelled (text: string): readonly string[] {
  const words = tokens(text.replace(SPACE_WORD, ' \u001f '), SPELLED).map((word) => word.replace(/[-_ ·]/g, '').replace(/\.(?=.)/g, (dot, at: number) => at === 0 ? dot : ''))
  return words.length < 2 ? [] : words.map((_, from) => words.slice(from).join(' '))
}

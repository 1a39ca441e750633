const MAX_TEXT = 131_072 // of one text that is looked through for words that it does not show
const MAX_PARTS = 512 // of one kind, in one text
const MAX_PART = 4_096

// Words by which something is started, fetched or kept, that nobody has a reason not to show.
const COMMANDS = /\bchild_process\b|\b(?:exec|spawn|execFile)Sync\b|\b(?:curl|wget)\s|(?<!#!)\/bin\/(?:ba)?sh\b|\|\s*(?:ba)?sh\b|\b(?:ba)?sh\s+-c\b|\bos\.system\b|\bsubprocess\b|\/dev\/tcp\/|\bInvoke-Expression\b|\bDownloadString\b|\bpowershell\b|\brm\s+-rf\b|\bprocess\.(?:env|binding|mainModule)\b|\bos\.environ\b|\bauthorized_keys\b|\bid_(?:rsa|ed25519)\b|\.git\/hooks\b|\beval\s*\(/i
const WORDS = new RegExp(String.raw`${COMMANDS.source}|^\s*(?:curl|wget|eval|exec|system|spawn|require|bash|powershell)\s*$`, 'i')
const BACKWARDS = new RegExp(String.raw`${COMMANDS.source}|\bhttps?:\/\/[\w.-]+`, 'i')
// One word in two parts.
const SPLIT = /\b(?:child_process|execSync|spawnSync|execFile|system|passthru|shell_exec|popen|eval|exec|assert|base64_decode|subprocess|__import__|Invoke-Expression|IEX|DownloadString|WebClient|curl|wget|bash|hooks|bashrc|authorized_keys|id_rsa|id_ed25519|getenv|environ)\b/i
const JOINT = /([\w/-]{1,40})(['"`])[ \t]{0,8}(?:\+|\.{1,2}|\+\+|<>|,)[ \t]{0,8}\2([\w/-]{1,40})/g
const SHELL_JOINT = /\b(?:c['"\\]{1,2}u['"\\]{0,2}r['"\\]{0,2}l|cu['"\\]{1,2}r['"\\]{0,2}l|cur['"\\]{1,2}l|w['"\\]{1,2}g['"\\]{0,2}et|wg['"\\]{1,2}e['"\\]{0,2}t|b['"\\]{1,2}a['"\\]{0,2}s['"\\]{0,2}h|ba['"\\]{1,2}s['"\\]{0,2}h|ev['"\\]{1,2}al)\b/
// Two letters that need no escape.
const SHOWN = /(?:\\(?:x[2-7][\da-f]|u00[2-7][\da-f]|u\{[2-7][\da-f]\}|0?1[0-7]{2}|0?[04-7][0-7]{2})){2}/i
const ESCAPES = /\\(?:x([\da-f]{2})|u00([\da-f]{2})|u\{([\da-f]{2})\}|([01][0-7]{2,3}))/gi
const NUMBERS = /(?<![\w.])(?:(?:(?:\?\w|0x[2-7][\da-f]|(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])(?:u8)?)\s{0,4},\s{0,4})){3,1024}(?:\?\w|0x[2-7][\da-f]|(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])(?:u8)?)(?![\w.])/gi
const REVERSES = /\breversed?\b|\brev\b|strrev|\[::\s*-1\s*\]|\[-1\.\.|\breverse\b/i
const QUOTED = /'([^'\n]{6,400})'|"([^"\n]{6,400})"|`([^`\n]{6,400})`/g
const ENCODED = /(?<![\w+/=])[A-Za-z0-9+/]{16,4096}={0,2}(?![\w+/=])/g
// Who decodes something says so.
const DECODES = /base64|\batob\b|b64|unpack|Base64|\bfromCharCode\b|FromBase64/i

/** Whether a text holds words that start, fetch or keep something in a form that people cannot read. */
export function hidesWords (text: string, isScript: boolean): boolean {
  if (text.length > MAX_TEXT) return false
  return (isScript && SHELL_JOINT.test(text)) || hidesBySplitting(text) || hidesByNumbers(text) || (REVERSES.test(text) && hidesBackwards(text)) || (DECODES.test(text) && hidesEncoded(text))
}

function hidesBySplitting (text: string): boolean {
  return [...text.matchAll(JOINT)].slice(0, MAX_PARTS).some(([found, one = '', , two = '']) => {
    if (/,/.test(found.slice(one.length, found.length - two.length)) && !isJoined(text)) return false
    const at = SPLIT.exec(one + two)
    return at !== null && at.index < one.length && at.index + at[0].length > one.length
  })
}

function isJoined (text: string): boolean {
  return /\.join\(\s*(?:''|"")|\bconcat!?\(|\bjoin\s+''|\.Join\(/.test(text)
}

function hidesByNumbers (text: string): boolean {
  if (/\\[xu01]/.test(text) && text.split('\n').some((line) => line.length <= MAX_PART && SHOWN.test(line) && COMMANDS.test(unescaped(line)) && !COMMANDS.test(line))) return true
  return [...text.matchAll(NUMBERS)].slice(0, MAX_PARTS).some(([found]) => WORDS.test(found.slice(0, MAX_PART).split(',').map((each) => {
    const word = each.trim()
    return word.startsWith('?') ? word.slice(1) : String.fromCharCode(Number.parseInt(word, word.startsWith('0x') ? 16 : 10))
  }).join('')))
}

function unescaped (text: string): string {
  return text.replace(ESCAPES, (_found, one?: string, two?: string, three?: string, eight?: string) => String.fromCharCode(eight === undefined ? Number.parseInt(one ?? two ?? three ?? '', 16) : Number.parseInt(eight, 8)))
}

function hidesBackwards (text: string): boolean {
  return [...text.matchAll(QUOTED)].slice(0, MAX_PARTS).some(([, one, two, three]) => BACKWARDS.test([...(one ?? two ?? three ?? '')].reverse().join('')))
}

function hidesEncoded (text: string): boolean {
  return [...text.matchAll(ENCODED)].slice(0, MAX_PARTS).some(([found]) => {
    const plain = Buffer.from(found, 'base64').toString('latin1')
    return /^[\t\n\r -~]+$/.test(plain) && COMMANDS.test(plain)
  })
}

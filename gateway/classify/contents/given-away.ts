import { AGAIN } from './browser-leaks.ts'

const MAX_CALLS = 512 // of one text, that ask another host
const MAX_LINE = 400

const SENDER = String.raw`(?:fetch|axios(?:\.\w+)?|requests\.\w+|httpx\.\w+|http\.(?:Post|PostForm|Get)|Net::HTTP\.(?:post|get)\w*|HTTParty\.\w+|Faraday\.\w+|file_get_contents|new\s+(?:java\.net\.)?URL|navigator\.sendBeacon|\$\.(?:post|get|ajax)|got(?:\.\w+)?|Http::(?:post|get)|HTTPoison\.\w+!?|Req\.\w+!?|(?:urllib\.request\.)?urlopen)\s*\(`
// Nobody waits for what comes back, or keeps it: it is said to somebody, not asked.
const DISCARDED = new RegExp(String.raw`(?:^|[;{}\n]|&&|\|\||=>|\(\s{0,4}void|,)[\t ]{0,40}(?:void\s+|go\s+|@|defer\s+|await\s+|_\s*=\s*)?${SENDER}[^'"\x60\n]{0,40}['"\x60](https?:\/\/(?!localhost\b|127\.|0\.0\.0\.0|10\.|192\.168\.|\[::1\])[\w$][^\n]{0,${String(MAX_LINE)}})`, 'g')
const TYPED = /(?<!['"])\b(?:password|passwd|passwort|pwd|pw|passphrase|plainPassword|plaintext|pin|otp|cvv|cardNumber|creditCard|ssn)\b(?!['"]?\s*:\s*['"]|\s*(?:reset|changed|page)\b)/i
const WHOLE = /\b(?:params\.(?:to_json|to_h|inspect)|req(?:uest)?\.(?:body|form|json|data)\b(?!\.)|credentials\b|\bcard\b)/
const LET_IN = /\bHTTP_(?:COOKIE|AUTHORIZATION)\b|\bHeader\.Get\(\s*"(?:Authorization|Cookie)"/
const ENTRY = /(?:auth|log-?_?in|session|sign-?_?in|password|checkout|payment|billing|card)/i
const MACHINE = /^https?:\/\/(?!172\.(?:1[6-9]|2\d|3[01])\.)(?:\d{1,3}\.){3}\d{1,3}\b[^'"`]*(?:\$\{|['"`]\s*(?:\+|\.)|['"`]\s*,\s*\{?[^)]*\b(?:body|data|json)\b)/
const TEST = /(?:^|\/)(?:tests?|__tests__|spec|e2e|fixtures|examples?|docs?)\/|[._-](?:test|spec)\.\w+$/
const ENTRANCE = /\/(?:sign-?up|register|registration|password|reset|verify|invite|challenge|siteverify|pay(?:ments?)?|charges?|checkout)\b/i

/** Whether code would tell a stranger what people type to get in or to pay. */
export function givesAway (path: string, text: string): boolean {
  if (TEST.test(path)) return false
  return [...text.matchAll(DISCARDED)].slice(0, MAX_CALLS).some(([, rest = '']) => {
    if (MACHINE.test(rest)) return true
    const given = (rest.split('\n')[0] ?? '').replace(/\b(?:auth|headers?)\s?[=:]\s?[({[][^)}\]]{0,200}[)}\]]/g, '')
    const address = /^[^'"`\s]*/.exec(given)?.[0] ?? ''
    if (AGAIN.test(`"${address}`) || AGAIN.test(address) || ENTRANCE.test(address)) return false
    return LET_IN.test(given) || TYPED.test(given.slice(address.length)) || (ENTRY.test(path) && WHOLE.test(given))
  })
}

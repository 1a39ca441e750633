const MAX_CALLS = 1_024 // of one text, that ask another host
const MAX_STATEMENT = 600
const FOREIGN = String.raw`(?:https?:|wss?:)?\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\])[\w$-]`
// What a page gives to somebody else without a word, whatever the answer is.
const SILENT = String.raw`\bsendBeacon\s*\(|\bnew\s+(?:WebSocket|EventSource)\s*\(|\.src\s*=|\blocation(?:\.href)?\s*=|\blocation\.(?:assign|replace)\s*\(|\bwindow\.open\s*\(|\bimportScripts\s*\(`
const ASKS = String.raw`\bfetch\s*\(|\baxios(?:\.\w+)?\s*\(|\b(?:ky|got|superagent|request|needle)\.(?:post|put|get)\s*\(|\$\.(?:post|get|ajax|getJSON)\s*\(|\.open\s*\(\s*['"]\w+['"]\s*,|\b(?:requests|httpx)\.(?:post|put|get)\s*\(`
const SENDS = new RegExp(String.raw`(${SILENT})\s*(?:\{[^{}]{0,80}?\burl\s*:\s*)?['"\`]${FOREIGN}|(?:${ASKS})\s*(?:\{[^{}]{0,80}?\burl\s*:\s*)?['"\`]${FOREIGN}`, 'g')
// All there is, whoever asks for it.
const EVERYTHING = /\bdocument\.cookie\b|\b(?:JSON\.stringify|Object\.(?:entries|values|fromEntries)|btoa|escape|encodeURIComponent|dict|dumps|str)\(\s*(?:window\.)?(?:localStorage|sessionStorage|(?:\w+\.){1,3}(?:headers|cookies)(?:\.common)?)\s*\)|\{\s*\.\.\.(?:localStorage|sessionStorage|(?:\w+\.){1,3}(?:headers|cookies))\b|\b(?:local|session)Storage\.getItem\([^)]{0,60}(?:token|jwt|auth|session|secret|passw|credential)|\bclipboard\.read(?:Text)?\(|\b(?:json|data|body)\s*[=:]\s*(?:dict\(\s*)?(?:req|request|ctx|c|config|event)\.(?:headers|cookies)\b/i
const TYPED = /\b\w*(?:passw(?:or)?d|passphrase|passwort)\w*\b(?!\s*(?:reset|page|changed|form|field|screen)\b)|\b(?:access|refresh|auth|session|id|bearer|csrf|jwt|api)?_?[tT]oken\b|\bcard_?(?:number|no)\b|\bcvv\b|\bcvc\b|\b(?:req|request|config|c|ctx|res|response|err|error|e)\.(?:headers|cookies)\b|\bauthorization\b|\b(?:e|ev|evt|event)\.(?:key|code|keyCode|target\.value)\b|\blocalStorage\b|\bsessionStorage\b|\bsecrets?\b|\bcredentials?\b(?!\s*[:=])/i
// A key pressed, a field left, a request on its way: what a page hears of all of them.
const HEARS = /\b(?:addEventListener|on)\(\s*['"](?:keydown|keyup|keypress|input|change|paste|submit)['"]|\bonkey(?:down|up|press)\b|\binterceptors\.(?:request|response)\.use\(|\bXMLHttpRequest\.prototype\b|\bwindow\.fetch\s*=/
/** Services that people log in to with what they type. */
export const AGAIN = /['"`/](?:[\w.-]*\.)?(?:api|auth|login|id|accounts?|sso|oauth|identity)\.[\w.-]+|\/(?:oauth2?|token|log-?in|sign-?in|auth|session|users?|graphql|api)\b/i
// A style that asks an address for each letter that a field begins with.
const STYLED = /\[\s*(?:value|data-[\w-]*(?:token|secret|csrf)[\w-]*|content)\s*[\^$*~|]?=[^\]{}\n]{0,80}\][^{}]{0,200}\{[^{}]{0,300}\burl\(\s*['"]?(?:https?:)?\/\/(?!localhost\b|127\.)/i

// An address in a page's text that has all of it as a part.
const WRITTEN = /\bhttps?:\/\/(?!localhost\b|127\.)[^\s'"`<>${}]{1,200}\$\{[^}\n]{0,80}\b(?:document\.cookie|(?:local|session)Storage)\b/

/** Whether code would give another host what people type, or the headers, cookies and tokens of others. */
export function leaksFromPages (text: string): boolean {
  if (STYLED.test(text) || WRITTEN.test(text)) return true
  const hears = HEARS.test(text)
  for (const { index, 0: found, 1: silent } of [...text.matchAll(SENDS)].slice(0, MAX_CALLS)) {
    const statement = statementOf(text.slice(index, index + MAX_STATEMENT), found.length)
    if (EVERYTHING.test(statement)) return true
    if (silent !== undefined && /\bFormData\(|\bcard\b/.test(statement.slice(found.length))) return true
    const given = statement.slice(found.length).replace(/\bheaders\s*:\s*\{[^{}]{0,300}\}/g, '')
    if ((silent !== undefined || (hears && !AGAIN.test(statement.slice(0, 200)))) && TYPED.test(given)) return true
  }
  return false
}

// Up to the semicolon, or the line that the next statement begins on.
function statementOf (text: string, from: number): string {
  const end = text.slice(from).search(/;|\n\s*(?:\n|const |let |var |return |if |function |export )/)
  return end === -1 ? text : text.slice(0, from + end)
}

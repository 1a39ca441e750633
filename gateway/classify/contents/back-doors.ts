import { programOf, starts } from './started-programs.ts'

const MAX_NAMES = 64 // of one text, that hold words out of a request

// Words that somebody else sends: what each framework calls them.
const REQUEST = String.raw`(?:\b(?:req|request|ctx|context|event|evt|self\.request|flask\.request|c|r|q|http_?request|httpReq|info)\.(?:request\.)?(?:query|body|params|headers?|cookies|args|form|values|json|data|GET|POST|url|nextUrl|queryStringParameters|pathParameters|getParameter|getHeader|param|input|get_json|get_data|stream|rawBody|Query|Form|Headers|FormValue|PostFormValue|URL\.Query|Param|PostForm|DefaultQuery|text\(\))\b|\brequest\.(?:get|input|all)\(|\bparams(?:\[|\.(?:fetch|require|permit)\()|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|\$request->|\bsearchParams\.get\(|\b(?:conn|sock|socket|client|s|c)\.recv\(|\bRequest\.(?:Query|Form|Headers|Params)\b|\bparam\(\s*['"]|\bconn\.(?:query_params|body_params|params)\b)`
const TAKES = new RegExp(String.raw`(?:\b(?:const|let|var|my|val|auto|String|string)\s+|[\n;{(][\t ]*|\?php\s+|^)[$@]?(\w+)(?:\s*:\s*\w+)?\s*(?::=|=)(?!=)\s*[^;\n]{0,120}?${REQUEST}`, 'g')
const TAKES_APART = /[{]([^{}]{1,200})[}]\s*=\s*(?:await\s+)?(?:req|request|ctx\.request|ctx|event|c\.req|JSON\.parse\(\s*(?:req|request|event))\.(?:query|body|params|headers|cookies|json)/g
const HEARS = /\b\w{0,40}(?:socket|conn|ws|client|sock|stream|channel)\w{0,40}\.on\(\s*['"](?:data|message)['"]\s*,\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)/gi
const RUBY_TICKS = /(?:`|%x[({[])[^`\n]{0,200}#\{[^}\n]{0,60}?\b(?:params|request)\b/
const PHP_CALLS = /\b(?:array_map|array_filter|array_walk|usort|call_user_func(?:_array)?)\(\s*['"](?:system|exec|shell_exec|passthru|eval|assert|popen)['"]|\b(?:array_map|array_filter|array_walk|usort|call_user_func(?:_array)?)\(\s*\$_(?:GET|POST|REQUEST|COOKIE)\b|\$_(?:GET|POST|REQUEST|COOKIE)\s*\[[^\]\n]{1,60}\]\s*\(|\b(?:include|require)(?:_once)?\s*\(?\s*\$_(?:GET|POST|REQUEST|COOKIE)\b|`[^`\n]{0,100}\$_(?:GET|POST|REQUEST)\b/
const ARGUED = /\bCommand::new\(\s*"(?:ba|z)?sh"\s*\)[\s\S]{0,60}?\.arg\(\s*"-c"\s*\)[\s\S]{0,60}?\.arg\(\s*&?(?:query|params|body|req|q|form|payload)\b/

// A word of one's own that lets in beside the right one.
const MASTER = /\b(?:password|passwd|pw|pwd|passphrase|pass)\s*={2,3}\s*['"][^'"\n]{4,60}['"]\s*(?:\|\||\bor\b)\s*\(?\s*(?:await\s+)?[\w.]{0,40}(?:compare|verify|check|valid|auth|hash|match)\w{0,20}\s*\(/i
const BESIDE = /\b\w{0,30}(?:compare|verify|check|valid|auth|match)\w{0,20}[?!]?\([^\n]{0,80}\)\s*(?:\|\||\bor\b)\s*\(?\s*\w{0,20}(?:password|passwd|pw|pwd)\s*={2,3}\s*['"][^'"\n]{4,60}['"]|\b(?:password|passwd|pw|pwd)\.equals\(\s*"[^"\n]{4,60}"\s*\)\s*\|\|\s*[\w.]{0,40}(?:check|verify|match|valid)\w{0,20}\(|\balgorithms\s?[=:]\s?\[[^\]\n]{0,80}['"]none['"]|\bUnsafeAllowNoneSignatureType\b/i
const HEADER = /\b(?:is_?admin|is_?authenticated|is_?authorized|is_?owner|authorized|has(?:Role|Permission|Access))\b(?:\([^)\n]{0,40}\))?\s*(?:&&|\|\||\band\b|\bor\b)\s*(?:req|request|ctx|c)\.(?:headers?|query|cookies|get)\b[^\n&|]{0,60}?[!=]==?\s*['"][^'"\n]{2,60}['"]/i
const TEST = /(?:^|\/)(?:tests?|__tests__|spec|e2e|fixtures)\/|[._-](?:test|spec)\.\w+$/

/** Whether a program would start, or code be read, by words out of a request. */
export function opensBackDoor (path: string, text: string): boolean {
  if (!TEST.test(path) && (MASTER.test(text) || BESIDE.test(text) || HEADER.test(text))) return true
  if (RUBY_TICKS.test(text) || PHP_CALLS.test(text) || ARGUED.test(text)) return true
  const names = namesOf(text)
  const words = new RegExp(names.length === 0 ? REQUEST : `${REQUEST}|(?<![\\w.'"])[$@]?(?:${names.join('|')})\\b(?!['":(])`)
  return [...starts(path, text)].some(({ by, program }) => words.test(/Function\s*\($/.test(by) ? program.slice(0, 200) : programOf(program)))
}

function namesOf (text: string): readonly string[] {
  const single = [...text.matchAll(TAKES), ...text.matchAll(HEARS)].slice(0, MAX_NAMES).map(([, name = '']) => name)
  const apart = [...text.matchAll(TAKES_APART)].slice(0, MAX_NAMES).flatMap(([, names = '']) => names.split(',').map((name) => /(\w+)\s*(?:=.*)?$/.exec(name.trim())?.[1] ?? ''))
  return [...new Set([...single, ...apart])].filter((name) => /^[A-Za-z_]\w*$/.test(name) && !/^(?:this|self|req|request|res|response|ctx|err|error|next|url|id)$/.test(name)).slice(0, MAX_NAMES)
}

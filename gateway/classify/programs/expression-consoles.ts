import { literal } from '../shell/facts.ts'
import { textOn, type Stdin } from './invocation.ts'
import type { PlainQuestion } from './plain-question.ts'

const MAX_EXPRESSION = 2_000
// Of the language's functions those that compute from what they are given; others read files or settings.
const FUNCTIONS: ReadonlySet<string> = new Set(('abs ceil floor log max min parseint pow signum chomp endswith format formatlist indent join lower regex regexall replace split startswith strcontains strrev substr title trim trimprefix trimspace trimsuffix upper ' +
  'alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten index keys length list lookup map matchkeys merge one range reverse setintersection setproduct setsubtract setunion slice sort sum transpose values zipmap ' +
  'base64decode base64encode base64gzip csvdecode jsondecode jsonencode textdecodebase64 textencodebase64 urlencode yamldecode yamlencode formatdate timeadd timecmp timestamp plantimestamp base64sha256 base64sha512 md5 sha1 sha256 sha512 uuid uuidv5 cidrhost cidrnetmask cidrsubnet cidrsubnets can try tobool tolist tomap tonumber toset tostring type').split(' '))
const TOKEN = /\s+|"(?:[^"\\$%\n]|\\[nrt"\\])*"|\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/%(){}[\],:?=!<>&|]/y
const WORD: ReadonlySet<string> = new Set(['true', 'false', 'null', 'exit'])

/** What the words on the input of `terraform console` come down to when each only computes from values written out; null for any other start. */
export function consoleQuestion (name: string, args: readonly string[], stdin: Stdin): PlainQuestion | null {
  if (!/^(?:terraform|tofu)$/.test(name) || args.at(-1) !== 'console' || args.length > 2 || (args.length === 2 && !/^-chdir=(?!.*\.\.)[\w./-]+$/.test(args[0] ?? ''))) return null
  const text = textOn(stdin)
  return text === null || !onlyComputes(text) ? null : { runs: [[literal(name), literal('version')]], code: [] }
}

function onlyComputes (text: string): boolean {
  if (text.length > MAX_EXPRESSION) return false
  const tokens: string[] = []
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at
    const [token = ''] = TOKEN.exec(text) ?? []
    if (token === '') return false
    at += token.length
    if (/\S/.test(token)) tokens.push(token)
  }
  return tokens.every((token, at) => !/^[A-Za-z_]/.test(token) || (tokens[at + 1] === '(' ? FUNCTIONS.has(token) : WORD.has(token) || /^[=:]$/.test(tokens[at + 1] ?? '')))
}

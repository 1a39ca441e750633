import type { PrivateRuleName } from '../core/finding.ts'
import { readPlainPattern } from '../decode/plain-pattern.ts'
import { isCard, isCpf, isDni, isFiscalCode, isGermanTaxId, isIban, isNir, isPesel } from './check-digits.ts'
import { emailAddresses } from './email-addresses.ts'
import type { TextSpan } from './secret-rules.ts'

/** What the policy data say about private data: which built-in rules are on, and the company's own by name. */
export type PrivateData = { readonly [rule in PrivateRuleName]?: boolean | undefined } & { readonly own?: Readonly<Record<string, { readonly pattern: string }>> | undefined }

/** Finds private data in text. Spans of one rule do not overlap. */
export type FindPrivate = (text: string) => readonly TextSpan[]

// Alone, and not the letter of an escape in JSON inside of the text, which would be left half.
const ALONE = '(?<![A-Za-z0-9])(?<!\\\\(?=[bfnrtu/]))'
const ENDS = '(?![A-Za-z0-9])'
// Digits behind a decimal point are no number of a card.
const CARD = `(?<![A-Za-z0-9]|[0-9]\\.)(?:[2-6][0-9]{12,18}|[2-6][0-9]{3}([ -])[0-9]{4}\\1[0-9]{4}\\1[0-9]{4}(?:\\1[0-9]{3})?|3[0-9]{3}([ -])[0-9]{6}\\2[0-9]{4,5})${ENDS}`
const IBAN_LENGTHS: ReadonlyMap<string, number> = ibanLengths()

const FINDERS: Readonly<Record<PrivateRuleName, FindPrivate>> = {
  email: emailAddresses,
  iban: checked('iban', '(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?', isIban, ibanPart),
  card: checked('card', CARD, isCard),
  'br-cpf': checked('br-cpf', `${ALONE}(?:[0-9]{11}|[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2})${ENDS}`, isCpf),
  'de-tax-id': checked('de-tax-id', `${ALONE}[1-9](?:[0-9]{10}|[0-9] [0-9]{3} [0-9]{3} [0-9]{3})${ENDS}`, isGermanTaxId),
  'es-dni': checked('es-dni', `${ALONE}(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-Z]${ENDS}`, isDni),
  'fr-nir': checked('fr-nir', `${ALONE}[12](?:[0-9]{14}| [0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{3} [0-9]{2})${ENDS}`, isNir),
  'it-fiscal-code': checked('it-fiscal-code', `${ALONE}[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]${ENDS}`, isFiscalCode),
  'pl-pesel': checked('pl-pesel', `${ALONE}[0-9]{11}${ENDS}`, isPesel),
}

/**
 * What finds the private data that policy asks for; null when it asks for none.
 *
 * @throws TypeError when an own pattern is none: data are checked before they come into force
 */
export function createPrivateRules (data: PrivateData): FindPrivate | null {
  const builtIn = (Object.keys(FINDERS) as readonly PrivateRuleName[]).filter((name) => data[name] === true).map((name) => FINDERS[name])
  const own = Object.entries(data.own ?? {}).map(([name, { pattern }]) => ownRule(name, pattern))
  const finders = [...builtIn, ...own]
  return finders.length === 0 ? null : (text) => finders.flatMap((find) => find(text))
}

function ownRule (rule: string, text: string): FindPrivate {
  const pattern = readPlainPattern(text)
  if (typeof pattern === 'string') throw new TypeError(`the pattern of ${rule} ${pattern}`)
  return checked(rule, `${ALONE}${pattern.source}${ENDS}`, () => true)
}

/** @param part how much of a match it is, from its beginning, in characters; 0 when it is none */
function checked (rule: string, source: string, isValid: (bare: string) => boolean, part: (match: string, text: string, start: number) => number = (match) => match.length): FindPrivate {
  const form = new RegExp(source, 'g')
  return (text) => {
    const spans: TextSpan[] = []
    form.lastIndex = 0
    for (let match = form.exec(text); match !== null; match = form.exec(text)) {
      const start = match.index
      const end = start + part(match[0], text, start)
      const isFound = end > start && isValid(text.slice(start, end).replaceAll(/[ .-]/g, ''))
      if (isFound) spans.push({ start, end, rule })
      form.lastIndex = isFound ? end : start + 1
    }
    return spans
  }
}

// Upper-case words behind an IBAN look like more of it: its country says where it ends.
function ibanPart (match: string, text: string, start: number): number {
  const length = IBAN_LENGTHS.get(match.slice(0, 2)) ?? 0
  let left = length
  let end = 0
  for (; left > 0 && end < match.length; end += 1) if (match[end] !== ' ') left -= 1
  return length > 0 && left === 0 && !/[A-Za-z0-9]/.test(text[start + end] ?? '') ? end : 0
}

// The registry of ISO 13616, release 99.
function ibanLengths (): ReadonlyMap<string, number> {
  const registry = 'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  return new Map(registry.split(' ').map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]))
}

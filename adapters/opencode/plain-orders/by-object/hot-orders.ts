import { withoutTail } from '../../guarded-names.ts'
import { isNegated } from '../../order-words.ts'
import type { Meaning } from '../order.ts'
import { DELIVERED } from './delivery.ts'
import { UNENDING } from './endless.ts'
import { HOST } from './host.ts'
import { BRINGS, CHANGES_RULES, NAMED } from './hot-thing.ts'
import { RESTRAINTS } from './restraint.ts'
import { KEPT } from './secrets.ts'
import { WORK } from './work.ts'

const HOT = [...HOST, ...KEPT, ...WORK, ...DELIVERED, ...UNENDING, ...RESTRAINTS]

// Who says, plans or writes code does nothing yet.
const SPOKEN = /^(?:find (?:out )?(?:where|how|why|whether)|explain|describe|document|summari[sz]e|review|compare|discuss|draft|outline|propose|suggest|plan|investigate|analy[sz]e|research|study|estimate|implement|refactor|translate|think|consider|learn|understand|count|mention|trace|assert|verify|test|simulate|mock|reject|refuse|detect|prevent|forbid|block|warn|fail|report (?:whether|if|where|how|which)|tell (?:me )?(?:how|whether|where|why|(?:what|which)(?!.{0,60}\b(?:keys?|tokens?|passwords?|secrets?|credentials?)\b))|(?:add|write|create|update|extend|fix) (?:an? |the |more |some |our |unit |integration |regression )*(?:tests?|docs?|documentation|sections?|paragraphs?|notes?|adrs?|runbooks?|guides?|articles?|tutorials?|specs?|lint rules?|checks?|warnings?|error messages?|diagrams?|examples?|comments?|readme|changelog|class|components?|functions?|methods?|helpers?|modules?|types?|interfaces?|endpoints?|routes?|pages?|parsers?|validators?|handlers?|schemas?|migrations?|models?|services?|clients?|hooks?|middlewares?|mocks?|fixtures?|stubs?|scenarios?|cases?|features?|options?|flags?|settings?|buttons?|dialogs?))\b/i
const OF_CODE = /(?<![\w/])(?:docs?|documentation|docs\/\S+|README\S*|(?<!\b(?:the|all|any|every|each|those|our) )tests? (?:for|of|that|which|whether)|unit tests?|(?:src|apps|packages|lib|test|tests|internal|cmd|pkg|app|spec)\/\S+|class|component|function|method|module|interface|parser|validator|formatter|handler|middleware|hook|mocks?|stubs?|fixtures?|lint rule|diagram|glossary|wording|label|tooltip|placeholder|screen|landing page|blog)(?![\w/])/i

// Where something is put is not what is spoken of.
const PUT = /\b(?:put|store|save|paste|hard-?code|embed|write|commit|copy|include|inline|add|append|place|drop|log|note)\b(?: (?:it|them|that|this|the (?:results?|outputs?|values?|contents?)|all of it|everything))? (?:in|into|to|as|inside|under)\b[^.;]{0,80}/gi

// Behind these an order of its own may follow, whatever was looked at first.
const NEXT = /\b(?:then|and|also|next|afterwards|finally)\b|[,;:]/i

// Where an order of its own ends.
const ENDS = /[;:]\s|,? (?:and |but )?then\b|,? (?:meanwhile|afterwards|next)\b|\. /i

// Said of a whole sentence: something is exchanged for what was looked at.
const TIME = String.raw`(?:between|after|before|while|during|once|as soon as|until)`
const DECIDED = String.raw`(?:(?:the|your|its|their|an?|it|they|that|this|is|are|was|has|been|have|human|approver|reviewer|person|request|call) ){0,5}(?:approv(?:al|ed|ing)|agreed|said yes|consent\w*|click(?:s|ed)|decision|decid(?:ed|es|ing)|review(?:ed|s|ing)?|check(?:ed|s|ing)?|scan(?:ned)?|grant(?:ed)?|waits?|waiting|pending)`
const EXCHANGE = String.raw`(?:replace|swap|exchange|switch|substitute|re-?point|overwrite|alter|change (?:it|the (?:file|script|content|command|target|link|argument|path)s?))`
const SWAPPED = new RegExp(String.raw`\b${TIME} ${DECIDED}\b.{0,80}?\b${EXCHANGE}\b|^\W*(?:then |and )?${EXCHANGE}\b.{0,80}?\b${TIME} ${DECIDED}\b`, 'i')

/** What the orders of a sentence come to that are known by their objects. `clauses` is the sentence from each place on where an order could begin. */
export function hotOrders (sentence: string, clauses: readonly string[], kind: 'order' | 'plan'): readonly Meaning[] {
  if (SPOKEN.test(sentence.trimStart()) && !NEXT.test(sentence)) return []
  const isOfCode = OF_CODE.test(sentence.replace(PUT, ''))
  const acts = clauses.filter((clause) => /^\w/.test(clause) && !SPOKEN.test(clause)).map((clause) => clause.split(ENDS)[0] ?? '').filter((act) => !OF_CODE.test(act.replace(PUT, '')))
  const found = HOT.filter(({ means }) => kind === 'order' || means !== BRINGS).flatMap(({ things, verbs, unless, beside, anywhere, means }) => {
    if (beside?.test(sentence) === false) return []
    const places = anywhere === true ? [sentence] : acts
    const place = places.find((place) => verbs?.test(place) !== false && unless?.test(place) !== true && isThere(things, place))
    if (place === undefined) return []
    return means === NAMED ? [{ path: withoutTail(things.exec(place)?.[0] ?? '', '.,:;!?)"\''), access: 'read' as const }] : [means]
  })
  return SWAPPED.test(sentence) && !isOfCode ? [...found, CHANGES_RULES] : found
}

function isThere (things: RegExp, place: string): boolean {
  const at = place.search(things)
  return at !== -1 && !isNegated(place.slice(0, at))
}

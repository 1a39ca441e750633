import { isGuarded } from './guarded-names.ts'

const MAX_PARTS = 64 // in quotes, of one text
const MAX_JOINED = 6
const MAX_PIECE = 40 // characters, of a command in pieces

const PART = /(['"`])([^'"`\s]{1,24})\1/g
const JOINS = /\b(?:concat\w*|join(?:ed|ing)?|combin(?:e|ed|ing)|glu(?:e|ed|ing)|append(?:ed)?|merg(?:e|ed|ing)|put(?:ting)? together|assembl(?:e|ed)|buil(?:d|t)|form(?:ed|s)?|plus|followed by|spell(?:ed|s|ing)?|stick|paste[d]? together)\b|['"`]\s*[+&]\s*['"`]/i
const SPELLED = /\b(?:dot|period|full stop)\b(?:[\s,-]+e[\s,-]+n[\s,-]+v\b|\W+(?:(?:and|then|followed|by|plus|with)\W+){1,3}(?:the (?:word|letters?|name) )?["'`]?env\b)|\bdot e\b.{0,80}\bnv\b|\bnv\b.{0,80}\bdot e\b/i

// A few letters for each of several pieces, or the pieces one after another.
const PIECES = /\blet (?:the )?\w+ (?:be|=|equal|stand for|mean)\b|\b(?:first|second|1st|2nd|next|last|other) (?:part|piece|half|fragment|word|chunk|string|segment)\b|\b(?:first|last|initial) letters? of (?:each|every|the)\b|\b\w{1,8}\s*(?::?=|stands for|is)\s*['"`][^'"`\n]{1,40}['"`][\s\S]{0,80}?\b\w{1,8}\s*(?::?=|stands for|is)\s*['"`]|['"`][^'"`\n]{1,40}['"`]\s*(?:,|and|then|followed by|plus|\+)\s*['"`][^'"`\n]{1,40}['"`]/i
const PUT_TOGETHER = /\b(?:concat\w*|join(?:ed|ing|s)?|combin(?:e|es|ed|ing)|glu(?:e|ed|ing)|put(?:ting)? (?:\w+ )?together|assembl(?:e|es|ed|ing)|followed by|spell(?:s|ed|ing)?|stick|string them together|paste[d]? together|in (?:that|this|the given) order|reassemble|without (?:the )?(?:spaces|blanks|gaps))\b|['"`]\s*\+\s*['"`]/i
// What is run is not written anywhere.
const RUNS_RESULT = /\b(?:run|execute|exec|eval(?:uate)?|issue|launch|invoke|perform|do|carry out|submit|enter|type)\b (?:(?:it|that|this|them|the|what(?:ever)?|all|whole|joined|combined|resulting|assembled|final|complete|full|finished|concatenated|outcome|answer|product|you|get|got|comes|out|of|result\w*|string|text|line|sentence|command|phrase|word|order)\b[ ,]*){1,8}(?:(?:with|in|by|as|through|using|inside|on|at|into)\b (?:(?:the|a|an|your|one|bash|sh|zsh|shell|terminal|command|line|console|prompt|tool|exec|system|subprocess|python|node|interpreter)\b ?)*(?:bash|sh|zsh|shell|terminal|commands?|console|command line|prompt|exec|system|subprocess)\b)|\b(?:run|execute|eval(?:uate)?) (?:the )?(?:resulting|joined|combined|assembled|concatenated|final|reassembled) (?:command|string|line|text|shell line|instruction)\b|\b(?:spells?|forms?|gives?|makes?|yields?) (?:out )?(?:a|one|the) (?:shell |bash |terminal )?command\b[^.]{0,40}[.,;:]? *(?:and |then |now |please )*(?:run|execute|do) (?:it|that|this)\b/i

/** Guarded names that a text has in parts, to be put together by who reads it: nobody splits the name of a usual file. */
export function joinedNames (text: string): readonly string[] {
  const spelled = SPELLED.test(text) ? ['.env'] : []
  if (!JOINS.test(text)) return spelled
  const parts = [...text.matchAll(PART)].slice(0, MAX_PARTS).map(([, , part = '']) => part)
  const joined = parts.flatMap((_, from) => Array.from({ length: MAX_JOINED - 1 }, (_, more) => parts.slice(from, from + more + 2)))
    .filter((some) => some.length > 1 && !some.some((part) => (!part.includes('/') && isGuarded(part, 'read')) || /^\.?\/+$/.test(part)))
    .map((some) => some.join('')).filter((name) => isGuarded(name, 'read'))
  return [...new Set([...spelled, ...joined])].slice(0, 1)
}

const PIECE = /(['"`])([^'"`\n]{1,40})\1/g
// Commands without their blanks: where a piece ends says nothing of where a word does.
const SQUEEZED = /^(?:sudo)?(?:gitpush|gitreset--hard|gitclean-|npmpublish|npmi(?:nstall)|pipinstall|rm-\w{0,6}[rf]|cat[\w/~]*\.env|cat~\/\.|curl-?\w*https?:|wgethttps?:|kubectl(?:delete|apply|exec)|terraform(?:apply|destroy)|printenv|dockerpush|chmod[+\d]|dropdb|sh-c|bash-c)/i
const DOES = /\b(?:run|execute|exec|eval(?:uate)?|issue|launch|invoke|do|carry out|type|obey|follow|perform)\b/i
const LETTERS_OF = /\b(?:first|initial|last|second|third|every (?:second|third|other)|capital|upper-?case) (?:letters?|characters?|words?) (?:of|in|from)\b.{0,300}?\b(?:run|execute|do|obey|follow|carry out)\b (?:it|that|this|what|them|the (?:result\w*|word|command|order))\b/is
const TYPED = /\b(?:type|enter|run|execute|paste|put|feed|pipe|give) (?:the |its |this |that )?(?:result|outcome|output|plain ?text|decoded \w+|it|them|answer|word|text) (?:in|into|at|to|on|through) (?:the|your|a|my) (?:terminal|shell|console|command line|prompt|bash)\b/i
const IN_LETTERS = /\b(?:letters?|decod\w+|un-?base64|base ?64|shift\w*|cipher\w*|encod\w+|revers\w+|backwards|right to left|spell\w*|blob|hex)\b/i
const HALVES = /\b(?:half|halves|parts?|pieces?|rest|fragments?|chunks?) of (?:the|a|this|that|your) (?:shell )?(?:command|order|instruction)s?\b/i

/** Whether a text has a command in pieces, to be put together and run: a command that may be run stands there whole. */
export function joinsCommand (text: string): boolean {
  if (LETTERS_OF.test(text) || (HALVES.test(text) && /\b(?:sh|bash|zsh|shell|run|execute|eval)\b/i.test(text))) return true
  if (TYPED.test(text) && IN_LETTERS.test(text)) return true
  return (PUT_TOGETHER.test(text) && PIECES.test(text) && RUNS_RESULT.test(text)) || (DOES.test(text) && joinsToOrder(text))
}

function joinsToOrder (text: string): boolean {
  const parts = [...text.matchAll(PIECE)].slice(0, MAX_PARTS).map(([, , part = '']) => part.slice(0, MAX_PIECE).replace(/\s/g, ''))
  return parts.some((first, at) => at + 1 < parts.length && (PUT_TOGETHER.test(text) || !SQUEEZED.test(first)) && SQUEEZED.test(parts.slice(at, at + MAX_JOINED).join('')))
}

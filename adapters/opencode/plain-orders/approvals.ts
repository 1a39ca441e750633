import { ANY_VERB, unless, verbs, within, type PlainOrder } from './order.ts'

const IN_CODE = unless('docs?|docs/.*|documentation|README\\S*|tests?|test/.*|fixtures?|mocks?|component|page|endpoint (?:in|of|for)|migration|table|(?:src|apps|packages|lib)/.*|diagram|orders?|invoices?|users?|posts?|articles?|expenses?|payments?|leave|requests? of customers')
const APPROVAL = '(?:approvals?|approved (?:calls?|requests?|plan|commands?)|grants?|sign-?offs?)'
const EARLIER = "(?:same|old|previous|earlier|existing|last|expired|yesterday'?s?|today'?s?|first|his|her|bob'?s?|alice'?s?|another|other|consumed|used|stale)"
const SWAPS = 'swap|change|replace|exchange|switch|substitute|alter|edit|modify|rewrite|point|relink|retarget|extend|append|add|use'
const CARRIED = 'scripts?|commands?|arguments?|calls?|files?|contents?|payload|target|symlink|link|diff|patch|commit|body|parameters?|branch|binary|tool|image|version'
const CHANGES_RULES = { path: '/workspace/weir.yaml', access: 'write' } as const

/** Approvals that are taken for something else than they were given for, or given by who asked. */
export const APPROVALS: readonly PlainOrder[] = [
  { verbs: verbs('re-?use|replay|recycle|resend|re-?submit|repeat|borrow|copy|steal|forge|fake|spoof|clone|share|transfer'), objects: new RegExp(`^.{0,60}?\\b${APPROVAL}(?: ids?| tokens?| tickets?| codes?| links?)?(?!\\w)`, 'i'), unless: IN_CODE, means: CHANGES_RULES },
  { verbs: ANY_VERB, objects: within(`(?:under|with|using|by|on|through|via) (?:(?:the|that|this|an?|your|its) )*${EARLIER} (?:\\w+ ){0,2}?approvals?(?: ids?)?|(?:before|until|while) (?:the |an? |its |your |this |that )*(?:\\w+ )?approval (?:runs out|expires|lapses|ends|is (?:revoked|withdrawn|checked|still))`), unless: IN_CODE, means: CHANGES_RULES },
  { verbs: verbs('(?:once|after|when|as soon as|until|wait(?: until| for| till)?|get|obtain|request|ask for|have) .{0,100}?\\b(?:approv\\w+|granted|sign(?:ed)? ?-?off)\\b'), objects: new RegExp(`^.{0,120}?\\b(?:${SWAPS})\\b(?: \\w+){0,3}? (?:${CARRIED})\\b`, 'i'), unless: IN_CODE, means: CHANGES_RULES },
  { verbs: verbs(SWAPS), objects: new RegExp(`^.{0,80}?\\b(?:${CARRIED})\\b.{0,60}?\\b(?:after|once|before|while|when|between|as soon as)\\b.{0,30}?\\b(?:approv\\w+|granted|sign(?:ed)?-off|the (?:check|verdict|decision|scan))\\b`, 'i'), unless: IN_CODE, means: CHANGES_RULES },
  { verbs: verbs('(?:right )?(?:between|after|before|during)'), objects: new RegExp(`^(?: the| its)* (?:check|approval|decision|verdict|scan|classification|review|gateway'?s? (?:check|decision))\\b.{0,40}?\\b(?:run|use|execution|call|merge|it starts|it runs|checked|approved)\\b.{0,40}?\\b(?:${SWAPS}|put|place|make|symlink|link)\\b`, 'i'), unless: IN_CODE, means: CHANGES_RULES },
  { verbs: verbs('accept|approve|grant|confirm|answer|allow|release'), objects: /^(?: (?:to|with))?(?: (?:everything|anything|all|whatever|each|every|any)\b)(?: \w+){0,3}? (?:that |which )?(?:waits?|is (?:waiting|held|pending)|pending|held|queued|waiting|approvals?|asks?)\b/i, unless: IN_CODE, means: CHANGES_RULES },
  { verbs: verbs('pretend|assume|suppose|act as if|act like|behave as if|claim|say|state|report|write|tell (?:it|the gateway|weir)|consider|treat'), objects: /^.{0,60}?\b(?:(?:approver|owner|admin\w*|bob|alice|manager|user|reviewer|security|gateway|lead|team|maintainers?)\b.{0,20}?\b(?:said yes|approved|agreed|allowed (?:it|this|that)|consented|signed off|granted)|(?:approval|permission) (?:has been|was|is|were) (?:given|granted)|(?:it|this|that|the call|the request) (?:has been|was|is|as) approved|as (?:already |pre-?)?approved)\b/i, unless: IN_CODE, means: CHANGES_RULES },
]

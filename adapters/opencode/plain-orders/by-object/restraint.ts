import { CHANGES_RULES, led, OBEYS, said, type HotThing } from './hot-thing.ts'

/** What watches over the agent, and who decides. */
export const RESTRAINTS: readonly HotThing[] = [
  {
    things: said(String.raw`(?:is|in|are|as) (?:rot-?13|rot-?47|base ?64|base ?32|hex(?:adecimal)?|morse(?: code)?|reversed?(?: order)?|pig latin|caesar\w*|leet\w*|binary)\b.{0,60}?\b(?:follow|obey|do|execute|run|carry|decode(?: it)? and|act)`),
    anywhere: true,
    means: { command: 'base64 -d | sh' },
  },
  {
    things: said(String.raw`(?:process(?:es)?|pids?|service|daemon|container|unit) (?:of|for|behind|running|called|named) (?:the |this |our )?(?:\w+ )?(?:gateway|weir|policy engine|guard ?rails?|sandbox|proxy|opa)`),
    beside: /\b(?:kill|stop|terminate|end|suspend|halt|disable|remove|restart)\b/i,
    verbs: led('find|kill|stop|terminate|end|suspend|halt|look|locate|get|identify|restart|disable|search|take|bring|shut'),
    means: CHANGES_RULES,
  },
  {
    things: /\b(?:gateway|weir|sandbox|polic(?:y|ies)|guard ?rails?|proxy|permission system|harness)(?: (?:\w+ ){0,2})?(?:rejects?|den(?:y|ies|ied)|blocks?|blocked|refuses?|refused|forbids?|stops|stopped|won't let|(?:does not|doesn't|will not|did not|didn't) (?:let|allow|permit))\b.{0,80}?(?:\b(?:so|therefore|hence|instead|thus)|[.,;:–—])\s+(?:please |just |then |you )?(?:write|use|do|run|try|put|encode|make|create|call|send|go|take|find|ask|work|get|wrap|split|hide|rename|copy|base64|pipe)\b/i,
    anywhere: true,
    unless: /\b(?:tests?|assert\w*|docs?|error message|explain\w*|toast|banner|status page|retry-after)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:every|each|all|all of the|the|its|those|these|whatever|any)(?: \w+){0,2} (?:lines?|instructions?|commands?|orders?|steps?|tasks?)(?: (?:in|of|on|from|at|inside) (?:it|the (?:file|page|answer|response|document|issue|comment|list)|that (?:file|page)|there))?(?: \w+){0,3} (?:as (?:an? )?(?:shell|bash)|in (?:a|the|your) (?:shell|terminal)|without asking|exactly|blindly|to the letter|verbatim|in order,? without)`),
    verbs: led('carry out|execute|run|follow|obey|do|perform|type|enter|apply'),
    unless: /\b(?:CONTRIBUTING|README|setup guide|checklist)\b/i,
    means: OBEYS,
  },
  {
    things: said(String.raw`(?:by|with|through|via|in|try|using|find) (?:(?:some|any|all|the|an?) )?(?:other|another|different|alternative|every|whatever|any) (?:means|ways?|routes?|paths?|methods?|tools?|tricks?|variants?|spellings?)(?: .{0,40}?(?:den\w+|block\w*|refus\w+|reject\w*|forbid\w*|get\w*|work\w*|pass\w*))?|whichever (?:one )?(?:gets|goes|slips|comes|is let|passes|works|succeeds)(?: through)?|(?:till|until|so that|and see (?:if|which)) (?:\w+ ){0,4}(?:slips?|gets?|goes|comes|is let|sneaks?) (?:through|past|by)|slips? through|in \w+ (?:parallel|simultaneous|concurrent) (?:variants?|copies|attempts|calls|requests|tries)`),
    verbs: led('try|send|run|repeat|retry|issue|submit|do|get|read|use|fire|make|find|attempt|keep|go|put|write|encode'),
    beside: /\b(?:gateway|weir|den(?:y|ied|ies)|block(?:ed|s)?|refus(?:ed|es)|reject(?:ed|s)?|forbid(?:den|s)?|approv\w+|human|decision|decided|not allowed|permission|polic(?:y|ies)|guard)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:need not|needn't|don't (?:have|need) to|do not (?:have|need) to|no need to|without) (?:wait|ask|waiting|asking)(?:ing)? for (?:(?:any|the|an?|your|our|further|human|more) )*(?:approvals?|permissions?|prompts?|confirmations?|sign-?offs?|decisions?)|permission (?:requests?|prompts?|questions?|asks?)|(?:remaining|pending|open|waiting|held|queued|own) (?:requests?|approvals?|calls?) (?:myself|yourself|itself|on your own)|(?:ticket|security|management|the boss|admin\w*|the owner) (?:has|have|already) (?:\w+ )?(?:approved|cleared|signed off) (?:everything|all|it|this|any)`),
    verbs: led('you|answer|approve|accept|grant|confirm|allow|reply|say|click|press|set|respond|security|management|the boss|everything|all|so|go|proceed|act|push|deploy|run|publish|merge|send'),
    unless: /\b(?:dialog|component|browser|notification permission|camera|microphone|geolocation|android|ios)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said('(?:secrets?|vulnerability|security|dependency|malware|licen[cs]e|credential|sast|container|image)[- ](?:scanners?|scanning|scans?|checks?|audits?|rules|linters?|plugins?|gates?|hooks?|alerts?|reviews?)'),
    verbs: led('disable|turn off|skip|bypass|remove|silence|switch off|mute|ignore|suppress|deactivate|drop|delete|comment out|kill|stop|uninstall|suspend|evade|avoid'),
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:act|acts|behave|work|speak|operate|continue|proceed|pretend to be|pose) as (?:the |an? )?(?:\w+ )?(?:admin\w*|root|owner|approver|operator|superuser|security officer)(?: (?:user|account|role))?|role (?:variables?|headers?|claims?|cookie)|environment (?:PROD|TEST)\b|so that the checks? lets?`),
    verbs: led('from now|act|you|set|behave|work|continue|pretend|now|speak|operate|use|change|forge|pose|proceed'),
    unless: /\b(?:tests?|e2e|persona|story|docs?|fixture|node_env|playwright|cypress)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:that |as if |as though |like )?(?:the |our )?(?:user|owner|approver|customer|manager|human|reviewer|security team|admin\w*) (?:has|have|had|already) (?:already )?(?:agreed|approved|consented|accepted|confirmed|allowed|signed|said yes)`),
    anywhere: true,
    beside: /\b(?:write|record|note|log|say|claim|pretend|state|report|tell|enter|assume|act|behave|mark)\b/i,
    unless: /\b(?:field|column|flag|status|badge|event|state|checkbox|gdpr|cookie|terms|newsletter|click\w*|webhook|invoice)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:describe|report|present|label|sell|pass|declare|call|explain) (?:it|this|that|them|the (?:change|commit|edit|diff))\b(?: \w+){0,4} (?:as|off as) (?:an? |only |just |mere )*(?:\w+ )?(?:comment|typo|formatting|refactor\w*|whitespace|docs?|clean-?up|chore|lint|harmless|cosmetic|rename)|for any (?:account|user ?name|user|password|log-?in)(?= and\b|, and\b|$|[.;])`),
    anywhere: true,
    unless: /\b(?:conventional commits?|changelog|release notes|tests? that|rejects?|validation)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:while|before|until|although|though|even if|even though)\b.{0,60}?\b(?:approvals?|approvers?|decisions?|requests?|permissions?|humans?|reviewers?)\b.{0,60}?\b(?:already (?:do|run|push|start|begin|deploy|publish|send|write)|anyway|regardless|do (?:it|the)|go ahead|from a second|in the meantime)|when they (?:say|answer|decide) no\b|(?:hundreds?|dozens?|many|lots|thousands?|\d{2,}) (?:of )?(?:\w+ ){0,2}(?:approval|permission) (?:requests?|prompts?)|slip (?:the |one |it |an? )\w*\b.{0,60}?\bin between|clicks? (?:it |them |this )?through`),
    anywhere: true,
    unless: /\b(?:list|table|pagination|load test of|performance|tests? (?:that|for)|bug|why|explain|ui|component)\b/i,
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`(?:backwards?|in reverse|right to left|from (?:the )?(?:end|back) to (?:the )?(?:start|front|beginning)|every (?:second|third|other) (?:letter|word)|first letters?|last letters?|acrostic)\b.{0,80}?\b(?:do|follow|obey|execute|act|carry|run|perform)|(?:do|follow|obey|execute|carry out|apply|act on) (?:whatever|anything|everything|all|what(?:ever)?|each|any)\b.{0,80}?\b(?:comments?|files?|issues?|pages?|readme|todos?|notes?|answer|response|headers?|sites?|documents?|mails?)\b.{0,60}?\b(?:tells?|says?|asks?|orders?|demands?|instructs?|wants?|commands?)`),
    anywhere: true,
    unless: /\b(?:review (?:comments?|feedback)|reviewer(?:'s|s')? comments?|contributing|style guide|linter|eslint|compiler)\b/i,
    means: OBEYS,
  },
  {
    things: said(String.raw`(?:the |an? |our )?(?:reviewer|approver|owner|admin\w*|operator|manager|colleague|maintainer|lead|boss)(?:'s|’s) (?:credentials?|token|account|session|password|login|key|name|badge)|(?:it|them|this|that|one|requests?|calls?|changes?|remaining \w+) (?:myself|yourself|itself)`),
    verbs: led('approve|accept|grant|use|log|sign|confirm|answer|allow|authorize|wave|release|click|act'),
    means: CHANGES_RULES,
  },
  {
    things: said(String.raw`until (?:the |an? |some |one )?(?:\w+ )?(?:developer|user|human|reviewer|approver|person|he|she|they|someone|somebody) (?:clicks?|says?|answers?|agrees?|gives? in|accepts?|approves?|presses)|(?:yes|approves?|accepts?|allow) (?:it )?by mistake`),
    anywhere: true,
    unless: /\b(?:dialog|modal|component|page|ui|wizard|e2e|playwright|confirm button|form|tooltip)\b/i,
    means: CHANGES_RULES,
  },
]

import { ENDLESS, led, said, type HotThing } from './hot-thing.ts'

/** What comes to no end, or is to use up what others need. */
export const UNENDING: readonly HotThing[] = [
  {
    things: said(String.raw`(?:hammer|flood|ddos|bombard|overload|saturate|overwhelm|knock)\w*\b.{0,60}?\b(?:down|offline)|(?:hammer|flood|ddos|bombard|overload|saturate|overwhelm|knock|take|bring|stress|hit)\w*\b.{0,60}?(?:https?://(?!localhost|127\.|0\.0\.0\.0|\[::1\])\S+|competitors?(?:'s|’s)?|rivals?(?:'s|’s)?|their (?:site|server|api|service))|at (?:what|which) (?:rate|load|point) (?:it|they|the (?:site|server|api)) (?:goes|go|falls|breaks|dies|crash\w*|stops)`),
    verbs: led('write|let|make|start|run|hammer|flood|ddos|bombard|overload|saturate|overwhelm|knock|take|bring|stress|hit|fire|send|launch|use|tell|report|find'),
    unless: /\b(?:localhost|127\.0\.0\.1|dev server|our own|locally|local (?:server|instance|stack)|wiremock|mock server|error page|maintenance page)\b/i,
    means: ENDLESS,
  },
  { things: said(String.raw`until (?:(?:there is |there's |the |all |every |your |its )*)(?:no (?:more )?(?:space|room|memory|inodes?|file ?handles?)|space|disk|memory|device|quota|ram)(?: \w+){0,4}? ?(?:left|full|exhausted|used up|runs? out|gone|on the device)?|no space (?:is )?left`), verbs: led('write|fill|create|run|use|allocate|append|copy|generate|keep|spawn|start|dd|open|download|produce|make|put'), means: ENDLESS },
  {
    things: said(String.raw`forever|for ever|endlessly|without (?:end|limit|(?:a )?pause|(?:ever )?stopping)|never stop(?:ping)?|non-?stop|indefinitely|infinitely|perpetually|until (?:you are|it is|someone|somebody|i|we) (?:stopped|killed|interrupted|stops?|kills?|say\w*)|(?:each|every one|all) of (?:which|them|whom) (?:\w+ ){0,3}(?:starts?|spawns?|launch(?:es)?|delegat\w+|creates?)|(?:who|which|that) (?:in turn |again |each |all |must |should |then ){0,3}(?:starts?|spawns?|launch(?:es)?|delegates?) (?:\w+ ){0,3}(?:more|another|others?|again|sub-?agents?|copies)|as many (?:\w+ ){0,3}as (?:you can|possible|the machine)|even (?:if|when|though) (?:everything|all of it|all|it|they) (?:pass(?:es)?|succeeds?|is green|works?)`),
    verbs: led('start|spawn|launch|run|re-?run|keep|repeat|loop|poll|continue|call|delegate|restart|re-?start|execute|create|do|open|send|fetch|ping|hit|ask|fork|hand|pass|request|download|write|append|allocate'),
    means: ENDLESS,
  },
  {
    things: said(String.raw`(?:sub-?agents?|agents?|them|one|itself)\b.{0,120}?\b(?:(?:exactly )?(?:this|the) same (?:prompt|instructions?|task|list|todo\w*)|do(?:es)? (?:likewise|the same)|hands? (?:it|this|them) (?:back|on)|never end|without (?:any )?(?:limit|end)|endless\w*|for ?ever|until i say)|(?:must|should|may|shall|will|to) never (?:end|stop|finish|return|terminate)|budget (?:does not|doesn't|is no) (?:matter|object|limit)`),
    beside: /\bagents?\b|\bprompt\b|\bdelegat\w+|\bbudget\b|\bloop\b/i,
    anywhere: true,
    unless: /\b(?:bug|fix|explain|why|tests? (?:that|for)|make sure|ensure|prevent|avoid|guard against|document)\b/i,
    means: ENDLESS,
  },
  {
    things: said(String.raw`until (?:the |this |your |its )*(?:host|machine|system|box|server|kernel|container|gateway|cpu|process table|it|everything) (?:stops?(?: responding| answering)?|hangs?|crash(?:es)?|dies|freezes|is (?:unresponsive|down|full|dead)|falls over|gives up|no longer (?:responds|answers))|starts? itself (?:twice|again|and again|in the background)|calls? itself twice (?:and|in)|until (?:there(?:'s| is)? )?no (?:more )?(?:space|room|memory|inodes?)(?: is)?(?: left)?`),
    anywhere: true,
    unless: /\b(?:explain|why|bug|tests? that|document|recursion|fibonacci|quick ?sort|merge ?sort|ready|healthy|waits?|wait)\b/i,
    means: ENDLESS,
  },
  {
    things: said(String.raw`for ?ever|endless(?:ly)?|without (?:any )?(?:limit|end)|until i (?:say|stop)|and so on`),
    verbs: led('have|let|make|tell|get|instruct|order'),
    beside: /\bagents?\b|\beach of (?:them|which)\b|\bprocess(?:es)?\b/i,
    means: ENDLESS,
  },
]

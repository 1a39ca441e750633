import { led, LOSES, said, type HotThing } from './hot-thing.ts'

/** People's work, and the name it is done under. */
export const WORK: readonly HotThing[] = [
  {
    things: said(String.raw`(?:shared|remote|central|staging|stage|live|uat|pre-?prod|customer(?:'s|s)?|company|common|integration|team) (?:\w+ )?(?:databases?|db|clusters?|servers?|buckets?|queues?|schemas?|environments?|systems?|redis|instances?|volumes?|hosts?|machines?)|(?:on|at|from|against|in) [\w-]+(?:\.[\w-]+){0,3}\.(?:internal|corp|prod|lan|intra)`),
    verbs: led('drop|delete|truncate|wipe|reset|restart|purge|flush|clear|empty|kill|stop|restore|overwrite|recreate|erase|destroy|rebuild|shut|format'),
    unless: /\b(?:in[- ]memory|test ?containers?|mock|fake|local(?:ly|host)?)\b/i,
    means: { command: 'dropdb app' },
  },
  {
    things: said(String.raw`as [\w. ]{2,40} <\S{1,60}@\S{1,60}>|as (?:if|though) (?:it|they) (?:came|were|was) (?:from|made by|written by)|in (?:his|her|their|somebody else's|someone else's|another person's|the \w+'s) name|with (?:his|her|their) (?:signed-off\S*|sign-?off|signature|gpg key|name)|git config user\.(?:name|email)`),
    verbs: led('commit|sign|amend|author|set|change|configure|re-?author|push|tag|merge|pretend'),
    unless: /\b(?:tests?|temporary repo\w*|fixture|your own)\b/i,
    means: { command: 'git commit --no-verify' },
  },
  {
    things: said(String.raw`(?:the |all |any |every |those |our )*tests? (?:files? )?(?:that|which) (?:\w+ )?(?:fails?|are (?:red|failing|broken)|do(?:es)?(?: not|n't) pass|break)|(?:all |every |the )*(?:failing|red|broken) tests?(?: files?)?|(?:whole|entire|complete) tests? (?:folder|directory|suite)`),
    verbs: led('delete|remove|erase|drop|throw|wipe|get rid of|purge|nuke|trash|kill|rm'),
    unless: /\b(?:because|since|obsolete|no longer|unused|deprecated|duplicat\w+|snapshots?|generated|moved|replaced by)\b/i,
    means: LOSES,
  },
  {
    things: /\b(?:under|in|with|using) (?:the )?(?:[A-Z]\w+(?: [A-Z]\w+)?['’]s|[Hh]is|[Hh]er|[Tt]heir|another(?: \w+)?['’]s|someone else['’]s|somebody else['’]s|a colleague['’]s) (?:name|identity|signature|account|key|e-?mail)\b|\bdated (?:to|back|last)\b|\bback-?dat\w+|\binto (?:[Hh]is|[Hh]er|[Tt]heir|somebody['’]s|[A-Z]\w+['’]s) commits?\b|\bas [A-Z][\w-]+ [A-Z][\w-]+(?: <|,| with| and|$)/,
    verbs: led('commit|sign|amend|author|re-?author|push|tag|merge|squash|put|record|make|change|set|fold'),
    unless: /\b(?:tests?|temporary repo\w*|fixture|your own)\b/i,
    means: { command: 'git commit --no-verify' },
  },
  {
    things: said(String.raw`(?:whatever|everything|anything|all(?: that| of what)?|what|the (?:work|changes|parts|lines|files)(?: (?:of|by|that))?) (?:(?:our |my )?[\w-]+ )?(?:has|have|had) (?:written|made|changed|added|done|committed|contributed)|(?:others['’]?|other people['’]?s?|somebody else['’]?s?|someone else['’]?s?|colleagues?['’]?s?|teammates?['’]?s?) (?:work|changes|commits|files|code|edits|branches)`),
    verbs: led('blank|delete|overwrite|discard|remove|revert|drop|erase|undo|throw|wipe|clobber|reset|replace'),
    means: LOSES,
  },
  {
    things: said(String.raw`(?:erase|delete|destroy|wipe|shred|remove|purge|burn|clear)\w* (?:them|it|all(?: of (?:it|them|these|those))?|everything|these|those)\b.{0,60}?\b(?:so (?:that )?(?:no(?:body|thing)?|it can|they can)\b.{0,60}|(?:can(?:'t| ?not)|could not|couldn't) be (?:restored|recovered|brought back|found)|for good|for ?ever|irrecoverabl\w+|irreversibl\w+|beyond recovery)|so (?:that )?no (?:\w+ ){0,2}(?:can|could) (?:ever )?be (?:restored|recovered)|(?:nobody|no one|nothing) can (?:see|tell|know|find)(?: that)? (?:it|they|this) (?:ever )?(?:existed|happened|was)`),
    anywhere: true,
    unless: /\b(?:gdpr|users?'? data|account deletion|cache|cached|temporary|tests?|retention|crypto|modal|dialog)\b|\b(?:src|lib|app|test|tests|docs)\//i,
    means: LOSES,
  },
  {
    things: said(String.raw`(?:from|out of) (?:the )?(?:git |commit |repository )?history|reflog|unreachable objects?|dangling (?:commits|objects)`),
    verbs: led('erase|remove|purge|delete|drop|take|wipe|scrub|strip|hide|clean|expire|prune|get rid|cut'),
    unless: /\b(?:browser|undo|search|chat|order|navigation|router|page|panel|list)\b/i,
    means: { command: 'git filter-branch --all' },
  },
  {
    things: said(String.raw`(?:shared|release|main|master|develop|protected|remote|published|common|public|team'?s?) (?:\S+ )?branch(?:es)?|(?:copy|branch|version|one) on (?:the )?(?:server|remote|origin|github|gitlab)`),
    verbs: led('rebase|squash|rewrite|reset|replace|overwrite|force|amend|flatten|delete|drop|clobber'),
    means: { command: 'git push --force' },
  },
  {
    things: said(String.raw`(?:its|their|each|every) (?:whole|entire|complete) (?:directory|folder|module|package|file)|(?:tests?|src|docs|lib)/? (?:were|was|is|are) gone|everything (?:else )?(?:except|but|apart from) (?:src|the|that|one)`),
    verbs: led('remove|delete|erase|drop|wipe|throw|trash|rm|kill|get rid'),
    unless: /\b(?:unused|generated|dist|build|cache|node_modules|whitespace|comments?|imports?)\b/i,
    means: LOSES,
  },
  {
    things: said(String.raw`(?:every|all|each)(?: of)?(?: the| our| these)? (?:\w+ )?files? (?:under|in|below|of|inside) (?:the )?(?:src|sources?|repo\w*|project|workspace|lib|app|packages|tests?|code ?base)/?|to (?:zero|0) bytes`),
    verbs: led('truncate|empty|zero|blank|overwrite|delete|remove|erase|wipe|shred|clear|fill|encrypt|scramble'),
    unless: /\b(?:unused|generated|headers?|tmp|temporary|comments?|trailing|imports?|orphaned|stale|snapshots?|duplicat\w+)\b/i,
    means: LOSES,
  },
]

import { direct, unless, verbs, within, type PlainOrder } from './order.ts'

const DESTROY = 'delete|remove|erase|wipe|destroy|purge|clear|trash|nuke|empty|obliterate|shred|overwrite|truncate|drop|get rid of|blank|zero|rm -\\w+'
const PLACE = '/workspace|workspace|project|repo(?:sitory)?|code ?base|working (?:tree|copy|directory|folder)|source (?:tree|files?)|file ?system|disk|drive|machine|computer|server|system|home|root|(?:current|root|home) (?:directory|folder)|bucket|cluster|production|prod'
const SOURCES = '(?:\\./|/workspace/)?(?:src|sources?|apps?|packages|services|libs?|tests?|docs|\\.git)(?:/\\*{0,2})?(?![\\w/-])'
const REST = '(?:files?|folders?|director(?:y|ies)|contents?|code|sources?|source files?|tests?|work|things?|of it|there is)'
// What people throw away every day, or have a program do.
const SPARE = unless('unused|generated|temporary|temp|stale|obsolete|deprecated|outdated|old|dead|duplicates?|redundant|orphaned|dist|build|coverage|caches?|cached|node_modules|tmp|which|whose|older|no longer|not needed|nothing imports|comments?|imports?|warnings?|occurrences|usages|references|calls?|statements?|console\\.\\w+|whitespace|from the (?:\\w+ )?(?:list|form|cart|state|store|queue|map|array)|list|dialog|button|on submit|after submit|when the \\w+')
const IS_CODE = unless('page|table component|component|view|button|dialog|endpoint|in (?:the )?(?:tests?|README|docs)|each test|every test|test database|fixtures?|validation|prefix|header|column')

/** What would be gone. */
export const DESTRUCTION: readonly PlainOrder[] = [
  {
    verbs: verbs(DESTROY),
    objects: new RegExp(`^(?: out)?\\W+(?:absolutely |simply )?(?:everything|(?:all|each|every)(?: of)?(?: the| our| its| source| existing)* ${REST})(?:\\W*$|[.!]|\\W+and start\\b|(?: ${REST})*\\W+(?:in|under|below|inside|from|of|at|within|on)(?: the| this| my| our| whole| entire)* (?:(?:${PLACE})\\b(?![/-])|${SOURCES}|[/~](?![\\w.])))`, 'i'),
    unless: SPARE,
    means: { command: 'rm -rf /workspace' },
  },
  { verbs: verbs(DESTROY), objects: new RegExp(`^(?:\\W+(?:the|this|my|our))*\\W+(?:whole|entire|complete|full)(?: of)?(?: the)? (?:${PLACE}|src|database|history|git \\w+)\\b`, 'i'), unless: SPARE, means: { command: 'rm -rf /workspace' } },
  {
    verbs: verbs(DESTROY),
    objects: direct('\\.git|git (?:directory|folder|database|objects)|(?:commit|git|shell|bash|zsh|command) history|working tree|home (?:directory|folder)|source tree|file ?system|(?:repository|repo|workspace|src|source) (?:folder|directory|tree)|backups|audit (?:logs?|trail)|traces|tracks|evidence|(?:main|master|develop) branch|branch(?:es)? (?:main|master|develop)|(?:remote )?branch(?:es)? (?:\\w+ ){0,5}(?:on|from) (?:origin|the remote|github)'),
    unless: IS_CODE,
    means: { command: 'rm -rf /workspace' },
  },
  { verbs: verbs(DESTROY), objects: within('audit (?:logs?|trail)|shell history|bash history'), unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('format|erase|wipe|overwrite|partition'), objects: direct('(?:hard |system )?(?:disk|drive|partition|volume)'), unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
  { verbs: verbs(DESTROY), objects: within('(?:rows|records|entries|data|users|orders|customers|tables?)\\b.{0,40}\\b(?:in|from|of|on) (?:the )?(?:production|prod|live)'), unless: IS_CODE, means: { command: 'dropdb app' } },
  { verbs: verbs(DESTROY), objects: within('including (?:all |the |our |my |your )*(?:sources?|src|tests?|code|everything|\\.git|(?:git )?history|git)'), unless: unless('page|component|view|button|dialog|endpoint|comments?|imports?|generated|dist|build'), means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('delete|remove|erase|wipe|destroy|purge|nuke|obliterate|shred|trash|kill|drop|prune'), objects: /^(?: off)?(?: (?:all|every|each|any|other|the|our|local|remote|feature|git|stale|old|of))*(?: all| every| other)(?: (?:the|our|local|remote|feature|git|of))* branch(?:es)?\b(?! (?:of the|in the|statements?))/i, unless: unless('if|switch|case|statement|condition\\w*|code path|ternary|merged|gone|unreachable|page|component|list'), means: { command: 'git branch -D main' } },
  { verbs: verbs('delete|wipe|erase|nuke|destroy|obliterate|trash|purge|remove|shred'), objects: /^(?: (?:the|this|our|my|whole|entire|local))* (?:checkout|clone|working copy|git (?:metadata|data))(?=\W*$|[.,;]| and| then| so)/i, unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('overwrite|empty|truncate|blank(?: out)?|zero(?: out)?|replace|clear|gut|void'), objects: /^(?: out)?(?: (?:the )?contents? of)?(?: of)?(?: (?:all|every|each))(?: (?:of|the|our|single))*(?: (?!generated|temp|snapshot|log|cache|dist|build|output|empty|duplicated?)\w+){0,2}? files?\b(?!name|s? (?:input|field|picker|upload|list|path))/i, unless: unless('formatted|headers?|licen[cs]e|import\\w*|extension|tabs|spaces|line endings|quotes|names?|snapshots?|generated|fixtures?|temporary|tmp|logs?|cache|dist|build|coverage'), means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('make|turn|collapse|reduce|compress|merge|melt|squash|convert|rewrite'), objects: /^.{0,20}?\bhistory\b.{0,40}?\b(?:one|a|single)\b.{0,12}?\bcommit\b/i, unless: IS_CODE, means: { command: 'git filter-branch --all' } },
  { verbs: verbs('cover up|hide|clean up'), objects: direct('tracks|traces|evidence'), means: { command: 'rm -rf /workspace' } },
  {
    verbs: verbs('drop|delete|truncate|wipe|empty|destroy|clear|erase|reset|flush'),
    objects: /^(?:\W+(?:the|all|of|our|every|each|whole|entire|live))*\W+(?:database|schemas?|keyspaces?|(?:production|prod|live|customer)\b.{0,20}\b(?:data(?:base)?|db|records|rows|tables?|users)|(?<=\b(?:all|every|each)\b[^.]{0,20})(?:tables?|databases?|collections?|indexes|users))\b/i,
    unless: IS_CODE,
    means: { command: 'dropdb app' },
  },
  { verbs: verbs('rewrite|purge|erase|falsify|alter|edit|forge|squash|flatten|remove'), objects: within('(?:git|commit|repository|repo\'?s?|branch) history'), unless: IS_CODE, means: { command: 'git filter-branch --all' } },
  { verbs: verbs('rewrite|backdate|forge|falsify|re-?author'), objects: direct('history(?!\\.| (?:page|view|component|table|list|hook|api|stack|state|object))|commits|commit messages?'), means: { command: 'git filter-branch --all' } },
  { verbs: verbs('squash|flatten|collapse'), objects: within('all (?:the )?commits|commits (?:on|of) (?:main|master)'), means: { command: 'git filter-branch --all' } },
  {
    verbs: verbs('discard|throw away|drop|revert|undo|reset|wipe|delete|remove|lose|clean'),
    objects: direct('uncommitted \\w+|unstaged \\w+|untracked \\w+|local (?:changes|modifications|branches|commits)|(?:changes|modifications|branches|commits)(?<=\\b(?:local|uncommitted) \\w+)|stash(?:es|ed)?|everything (?:that is |which is )?(?:not (?:yet )?|un)committed|working (?:tree|copy)'),
    means: { command: 'git reset --hard && git clean -fdx' },
  },
  { verbs: verbs('fill|exhaust|use up|eat|consume|hog|saturate|crash|freeze|hang|overload|bring down|take down|shut ?down|reboot|halt|power off'), objects: direct('disk|memory|ram|cpus?|cores|machine|host|server|computer|file descriptors|inodes|swap|system|gateway|bandwidth'), unless: unless('gracefully|cleanly|tests?|handler|hook|src/.*|when'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('start|run|launch|execute|create|write|drop|set off'), objects: direct('(?:endless|infinite|some) loop|fork ?bomb|loop (?:that|which) never \\w+|zip bomb|billion laughs|denial[- ]of[- ]service|d?dos attack|(?:endless|infinite) process'), unless: unless('tests?|fixture|detection'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('run|execute|keep|loop|repeat'), objects: within('forever|endlessly|without end|until (?:the )?(?:machine|memory|disk|host|system) (?:stops|is full|crashes)'), unless: unless('tests?|handler'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('allocate|create|generate|write|make|produce'), objects: within('(?:\\d{2,} ?GB|\\d+ ?TB|gigabytes|terabytes)\\b.{0,20}\\bfiles?|files? (?:of|with) (?:\\d{2,} ?GB|\\d+ ?TB)|memory until'), unless: unless('tests?|src/.*'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('kill|terminate|stop'), objects: direct('processes|gateway|sandbox|init|pid 1'), unless: unless('tests?|gracefully'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('spawn|start|launch|create|delegate to|run'), objects: /^\W+(?:\d{2,}|hundreds of|thousands of|dozens of|endless|infinite(?:ly many)?|unlimited) (?:\w+ )?(?:sub-?agents?|agents|processes)\b/i, means: { command: 'while :; do :; done' } },
  { verbs: verbs('encrypt|corrupt|scramble|garble|randomi[sz]e|mangle|damage|sabotage|break|ruin|vandali[sz]e|poison|wreck'), objects: /^(?: (?:up|a few|some|the|all|every|our|of|rows|entries|lines|contents?|files?|data|in|whole|entire|this))* (?:\.git|src|docs|test|tests|config|lib|ledger|repo(?:sitory)?|workspace|sources?|build|database|backups?|lock ?file|index|history|folder|project|code ?base)\b(?!\.\w)(?:\/|\b)/i, unless: unless('tests? (?:for|of|that)|in (?:the )?tests?|fixtures?|fuzz\\w*|mock|(?:src|test)/\\w+/.*|component|password|fields?|column'), means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('move|mv|relocate|shift'), objects: /^(?: (?:the|all|whole|entire|complete|of|our|everything|in))* (?:src|sources?|source (?:tree|folder|code)|\.git|repo(?:sitory)?|workspace|checkout|test|tests|docs)\/? (?:folder |tree |directory )?(?:out of (?:the )?(?:workspace|project|repo\w*)|(?:in)?to (?:\/tmp|\/var|\/dev|~|the trash|\/home))/i, unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('fill|overwrite|replace|stuff|flood'), objects: /^(?: (?:all|the|every|each|whole))* (?:\S*\*\S*|src|sources?|source files?|tests?|test files?)(?: files?)? (?:with|by) (?:empty|blank|nothing|random|zeros?|garbage|noise|todo|placeholder|lorem|stub)/i, unless: unless('fixtures?|form|fields?'), means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('recreate|re-?initiali[sz]e|re-?init|start over|start|rebuild|reset|begin'), objects: /^.{0,20}?\b(?:repo(?:sitory)?|git|history|project)\b.{0,20}?\b(?:from scratch|anew|afresh|new|empty|without (?:the )?history)/i, unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
  { verbs: verbs('get rid of|remove|delete|drop|lose|discard|throw away|wipe|bin|revert'), objects: /^.{0,60}?(?:\bcolleague'?s?|\bteam ?mate'?s?|\bco-?worker'?s?|\bother (?:people|developer)s?'?s?|\b(?:alice|bob)'s|\bsomeone(?: else)?'s|\bunfinished|\bunpushed|\bunmerged|\buncommitted)\b.{0,12}?\b(?:work|changes|branch(?:es)?|commits?|files|edits)\b/i, unless: unless('page|component|button|list|dialog|(?:src|test)/\\w+/.*\\.\\w+'), means: { command: 'git reset --hard && git clean -fdx' } },
  { verbs: verbs('throw away|reset|roll back|revert|put back|restore'), objects: /^(?: back)? (?:everything|all(?: of it| files)?|the (?:whole )?(?:repo\w*|checkout|tree|workspace))\b.{0,60}?\b(?:to how|to (?:the )?(?:last|state|monday|yesterday|origin|main|head)|as it was|not (?:been )?committed|uncommitted)/i, unless: unless('form|filters?|settings?|state|store|page|button|tests? (?:for|of|that)'), means: { command: 'git reset --hard && git clean -fdx' } },
  { verbs: verbs('tie|open|start|spawn|launch|hold|keep|make|send|fire|create|run|fork|use|throw|let|have'), objects: /^.{0,60}?(?:\b\d{3,}|\bhundreds?(?: of)?|\bthousands?(?: of)?|\bten thousand|\bmillions?(?: of)?|\bendless(?:ly many)?) (?:\w+ )?(?:workers|connections|threads|processes|forks|sockets|jobs|sub-?agents|requests)\b/i, unless: unless('tests?|bench\\w*|load test|stress|k6|local\\w*|mock\\w*|simulat\\w+|limit|pool|(?:src|test)/.*|fixtures?'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('let|have|make|start|run|keep|call|ask|burn|use|spend'), objects: /^.{0,80}?(?:\buntil (?:the |our |its |your |all )*(?:budget|quota|credits?|tokens|limit|money|allowance) (?:is|are|runs?|has)(?: been)? (?:used up|exhausted|out|gone|spent|empty|reached)|\b(?:each other|themselves|itself|one another)\b.{0,20}?\b(?:without (?:an )?end|forever|endless(?:ly)?|again and again|infinitely|in a loop))/i, unless: unless('tests?|limiter|(?:src|test)/.*|bucket'), means: { command: 'while :; do :; done' } },
  { verbs: verbs('clean(?: up| out)?|clear(?: out)?|empty|strip|tidy'), objects: /^(?: (?:the|this|our|whole|entire))* (?:workspace|repo(?:sitory)?|checkout|project(?: folder)?|working (?:tree|copy|directory)|code ?base)\b.{0,20}?\b(?:completely|entirely|fully|so (?:that )?only|(?:until|and leave) only|down to|except|apart from|but for)\b/i, unless: IS_CODE, means: { command: 'rm -rf /workspace' } },
]

import { direct, unless, verbs, within, type PlainOrder } from './order.ts'

const WRITTEN_OF = unless('docs?|documentation|tests?|page|diagram|graph|list|table|section|injection|overview|chart|notes?|checklist|plan|script|component|src/.*|button|callback')
const LIVE = '(?:the |our |live |real )*(?:production|prod|staging|live|kubernetes|k8s|cluster|vercel|netlify|heroku|fly(?:\\.io)?|aws|gcp|azure|cloud)'

/** What would leave the workspace by the usual ways, or come in by them. */
export const DELIVERY: readonly PlainOrder[] = [
  { verbs: verbs('push'), objects: /^(?:\W*$|\W+(?:it|them|your (?:changes|work|commits?|branch)|(?:the|my|our|this) (?:branch|changes|commits?|fix|tags?|release|result)|everything|all (?:changes|commits|branches|tags)|tags)\b)/i, unless: unless('(?:on|onto|into|to) (?:the |an? )?(?:\\w+ )?(?:stack|array|queue|list|store|state|history|heap|vector|buffer|client|subscribers?|router?)|(?:end|front|top|back|head|tail) of|notifications?|src/.*'), means: { command: 'git push' } },
  { verbs: verbs('deploy|roll ?out|ship|promote|release|go live'), objects: within(`(?:to|on|into|in|with) ${LIVE}`), unless: WRITTEN_OF, means: { command: 'kubectl apply -f production' } },
  { verbs: verbs('roll'), objects: within(`out (?:to|on|in) ${LIVE}`), unless: WRITTEN_OF, means: { command: 'kubectl apply -f production' } },
  { verbs: verbs('deploy|release'), objects: within('(?:with|using|via|by) (?:kubectl|helm|terraform|serverless|vercel|flyctl|ansible|heroku|gcloud|aws|pulumi|argo\\w*)'), unless: WRITTEN_OF, means: { command: 'kubectl apply -f production' } },
  { verbs: verbs('deploy|ship'), objects: direct('it|now|(?:app|application|service|site|api|new version|release|branch|change|fix)\\b(?=\\W*$|[.,;]| and| now| to)'), unless: WRITTEN_OF, means: { command: 'kubectl apply -f production' } },
  { verbs: verbs('run|apply|execute|perform|start|migrate|query|connect to|log ?in to|ssh (?:in)?to|change|update|modify|patch|restart|scale|use|access'), objects: within('(?:on|against|in|to|into|at|the) (?:the |our |live |real )*(?:production|prod)(?: (?:database|db|cluster|servers?|systems?|environment|hosts?|data))?(?! (?:build|mode|bundle|config|code|flag|settings|profile))'), unless: WRITTEN_OF, means: { command: 'kubectl apply -f production' } },
  { verbs: verbs('publish|release|upload'), objects: /^.{0,60}?(?:\b(?:to|on) (?:the )?(?:npm|pypi|crates|rubygems|maven central|docker hub|registry|nuget|packagist|marketplace)\b|\b(?:the|a|this) (?:new )?(?:package|version|crate|gem)\b)/i, unless: WRITTEN_OF, means: { command: 'npm publish' } },
  { verbs: verbs('cut|make|create|publish|draft'), objects: direct('(?:new |github |gitlab )*release'), unless: WRITTEN_OF, means: { command: 'npm publish' } },
  { verbs: verbs('merge|approve|accept|close'), objects: direct('(?:open )?(?:pull requests?|PRs?|merge requests?|MRs?)(?! (?:template|page|form|list|component))'), means: { command: 'git push' } },
  { verbs: verbs('upgrade|update|bump|refresh|reinstall|install|downgrade|regenerate'), objects: direct('(?:outdated |npm |pip |dev |runtime |direct |missing |third-party |required |needed )*(?:dependenc(?:y|ies)|lock ?files?|node_modules|(?:npm|pip|third-party|python|installed) packages?)'), unless: WRITTEN_OF, means: { command: 'npm install package' } },
  { verbs: verbs('add|install|bring in|pull in|include'), objects: /^.{0,60}?\b(?:as|to|into) (?:an? |another |the |its |our |your |new |dev(?:elopment)? |runtime |direct |peer |project'?s? )*(?:dev|peer|optional)?dependenc(?:y|ies)\b/i, unless: WRITTEN_OF, means: { command: 'npm install package' } },
  { verbs: verbs('add|install'), objects: direct('(?:npm |dev |new |runtime )*(?:dev|peer)?dependenc(?:y|ies)(?! (?:names?|overrides?|arrays?|checks?|types?|resolution|lookups?|tree))'), unless: WRITTEN_OF, means: { command: 'npm install package' } },
  { verbs: verbs('install'), objects: direct('(?:npm |python |ruby |new )*(?:packages?|modules?|gems?|crates?)'), unless: unless('docs?|documentation|tests?|page|section|list|script|listener|handler'), means: { command: 'npm install package' } },
  { verbs: verbs('install|pip install|npm i(?:nstall)?|yarn add|pnpm add'), objects: /^(?: the)?(?: (?:newest|latest|current|npm|pip|python|missing|required))+ [\w@/.-]+/i, unless: WRITTEN_OF, means: { command: 'npm install package' } },
  {
    verbs: verbs('download|fetch|curl|wget|get|pull|grab|retrieve'),
    objects: /^.{0,80}?\b(?:scripts?|installers?|binar(?:y|ies)|executables?|payloads?|instructions?|commands?|code|tools?|programs?)\b.{0,60}?\b(?:from|at|off)\b.{0,80}?\b(?:and|then)\b.{0,20}?\b(?:run|execute|source|eval|pipe|follow|obey|apply|start|do|launch)\b/i,
    unless: unless('tests?|docs?'),
    means: { command: 'curl https://elsewhere.invalid | sh' },
  },
  { verbs: verbs('follow|obey|execute|run|do'), objects: /^.{0,60}?\b(?:instructions?|commands?|orders?|steps?|scripts?)\b.{0,30}?\b(?:from|on|at) (?:the |this |that |our |their |an? )*(?:web ?(?:site|page)|internet|remote (?:server|host)|pastebin|gist|url|c2)\b/i, means: { command: 'curl https://elsewhere.invalid | sh' } },
  {
    verbs: verbs('decode|decrypt|decipher|deobfuscate|unscramble|decompress|un-?rot\\w*|rot-?13 decode|base64[- ]decode|hex[- ]decode|reverse|translate|unpack|read'),
    objects: /^.{0,200}?(?:\b(?:and|then)\b|[,;])\W*(?:\w+ )?(?:do|follow|obey|perform|carry (?:it |them |this |that )?out|act on|apply|run|execute|eval|treat)\b(?: (?:it|them|this|that|what\w*|everything|its|the (?:instructions?|orders?|commands?|steps?|task|result|text|content))\b|\W*$|[.])/i,
    unless: unless('tests?|docs/.*|README\\S*|src/.*'),
    means: { command: 'base64 -d | sh' },
  },
  { verbs: verbs('do|follow|obey|perform|carry out|act on|execute|run|eval(?:uate)?|apply'), objects: /^.{0,60}?\b(?:base ?64|hex(?:adecimal)?|rot-?13|encoded|encrypted|obfuscated|reversed|scrambled)\b.{0,20}?\b(?:strings?|texts?|instructions?|commands?|orders?|payloads?|blobs?|messages?|lines?|scripts?)\b/i, unless: unless('tests?|parser|decoder'), means: { command: 'base64 -d | sh' } },
]

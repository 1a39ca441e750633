import { led, NAMED, said, SENDS, TAKEN, type HotThing } from './hot-thing.ts'

const KEY_FILES = '(?:master|server|client|private|root|ca|tls|ssl|signing|deploy|host|domain|apns|jwt)[\\w.-]*\\.(?:key|pem|p12|pfx|p8|jks|keystore)'

/** Keys, and where they are kept. */
export const KEPT: readonly HotThing[] = [
  {
    things: /(?<![\w@-])(?:(?:~|\$HOME|\/root|\/home\/\w+)\/\.(?:ssh|aws|kube|docker|gnupg|azure|npmrc|netrc|pypirc|pgpass|my\.cnf|git-credentials|vault-token|config\/(?:gcloud|gh|op|hub)|terraform\.d|cargo\/credentials|m2\/settings|gradle\/gradle\.properties|bash_history|zsh_history|psql_history)\S*)/i,
    unless: /\b(?:git ?ignored?|dockerignore|ignored?|default (?:path|location)|path (?:of|to) (?:the )?config|mentions?|where|whether|names? only|masked|redacted|excluded?|never|must not|looks? (?:for|up)|searched|fall ?back|supports?|lookup|resolution|precedence)\b/i,
    anywhere: true,
    means: NAMED,
  },
  {
    things: said(String.raw`terraform\.tfstate\S*|[\w-]{0,40}\.tfstate|[\w.-]{0,40}kubeconfig(?:\.\S+)?|service[-_ ]account[\w -]{0,10}(?:\.json|json|key file)|secrets?/[\w./-]{0,60}vault\S*|(?:vault|keystore|keepass|secrets) file`),
    unless: /\b(?:git ?ignored?|dockerignore|ignored?|default (?:path|location)|path (?:of|to) (?:the )?config|mentions?|where|whether|names? only|masked|redacted|excluded?|never|must not|looks? (?:for|up)|searched|fall ?back|supports?|lookup|resolution|precedence)\b/i,
    anywhere: true,
    means: TAKEN,
  },
  {
    things: said(String.raw`git (?:log|history|show|reflog|rev-list|stash)\b.{0,60}?\b(?:private|secrets?|passwords?|tokens?|keys?|credentials?)\S*|(?:old|earlier|previous|deleted|removed) commits?\b.{0,60}?\b(?:secrets?|passwords?|tokens?|keys?|credentials?)`),
    verbs: led('dig|search|look|grep|go|scan|walk|comb|read|find|use|restore|recover|get|take|extract|run|check|show|list|print|mine'),
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:for|to (?:give|send|hand|tell|lend) (?:you|me|us|it)) (?:(?:the|its|his|her|our|their|some|temporary|valid|working|production|prod|admin\w*|root|databases?|db|deploy\w*|master|service|cloud|aws) ){0,4}(?:credentials|passwords?|secrets?|api keys?|private keys?|access keys?|login data|logins)(?! (?:form|page|field|screen|flow|reset|input|column))`),
    verbs: led('ask|request|query|message|ping|tell|beg|beseech|write|mail|e-?mail|call|trick|convince|get'),
    means: TAKEN,
  },
  {
    things: said(`${KEY_FILES}|(?:private|signing|master|encryption|deploy|ssh|gpg|pgp|host|root|service account|tls|ssl) keys?(?! (?:fields?|columns?|names?|types?|sizes?|lengths?|format|rotation|generation|path|constraint|pair|loading|loader|lookup|handling|events?|bindings?|id|ids))|AKIA\\w*|ghp_\\w*|sk_live\\w*|xox[bp]-\\w*|(?:whole|entire|full|my|his|her|their|user'?s?|developer'?s?) home (?:directory|folder|dir)|home (?:directory|folder|dir) (?:for|and (?:list|print|read|show|send|copy))|value(?:s)? of (?:the )?\`?[A-Z][A-Z0-9_]*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?)[A-Z0-9_]*`),
    verbs: led('load|read|print|base ?64|encode|copy|use|open|extract|convert|decrypt|cat|take|import|export|upload|find|grep|search|look|scan|locate|dump|show|display|send|put|paste|hard-?code|get|fetch|grab|commit|move|rename|include|embed|inline|log|quote|collect|gather|list|walk|crawl|hexdump|xxd|sign|unlock|steal|leak|share|hand|give|add|write|store|save'),
    unless: /\b(?:names? only|only (?:the )?names?|masked|redacted|public key|test keys?|dummy|fake|example|sample|where (?:it|they) (?:is|are) (?:used|read|loaded)|foreign|primary|api|sort|cache|partition|map|object|translation|generate|ephemeral|in[- ]memory|in tests?)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:secret )?access keys?(?: id)?|(?:home (?:directory|folder)(?:'s|’s)?|~/?) ?\.?(?:aws|ssh|kube|docker|gcloud|azure|gnupg) (?:folder|directory|config\w*|file|profile)|credential (?:helpers?|managers?|store)|(?:chrome|chromium|firefox|safari|edge|brave|browser)(?:'s|’s)? (?:user )?(?:profile|cookies?|cookie (?:jar|store)|history|saved \w+|passwords?|login data|local storage)|session cookies? (?:from|of)`),
    verbs: led('tell|show|print|take|copy|use|read|get|have|let|make|ask|query|run|grab|extract|export|dump|just|load|reuse|steal|return|give|report|list|look|find|fill'),
    unless: /\b(?:fixtures?|fake|example|localstack|minio|dummy|mock\w*|test profile|playwright's own|names? only|masked|redacted)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:the|my|your|his|her|whole|entire|full|user'?s|developer'?s|this|and) home (?:directory|folder|dir)(?:(?: and| or|,) (?:the )?(?:\w+ ){0,3}(?:for|which|that|where))?`),
    beside: /\b(?:everything|anything|all|passwords?|keys?|secrets?|tokens?|credentials?|files|values|contents?)\b/i,
    verbs: led('search|scan|look|go|grep|walk|list|read|crawl|index|comb|check|sweep|inventory|collect|find|copy|archive|zip|tar|dump|back'),
    unless: /\b(?:code (?:which|that)|resolve|expands?|resolves?|lookup|falls? back|config (?:file )?in)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:(?:api|access|auth|session|bearer|npm|github|developer'?s?|user'?s?|my|our|deploy|service) )*(?:tokens?|keys?|secrets?|passwords?|credentials?|cookies?)\b.{0,40}?\b(?:attached|appended|included|as (?:the |a |its )?(?:query|header|parameter|param|path|body|sub-?domain|label)|in (?:the |its |a )?(?:query|url|address|path|sub-?domain|label)s?)`),
    beside: /\bhttps?:\/\/|\b(?:[\w-]+\.)+(?:example|com|net|org|io|dev|test|xyz|ru|cn)\b/i,
    verbs: led('request|send|call|load|fetch|get|post|visit|open|hit|ping|use|pass|attach|append|the'),
    unless: /\b(?:localhost|127\.0\.0\.1)\b/i,
    means: SENDS,
  },
  {
    things: said(String.raw`(?:secrets?|tokens?|keys?|passwords?|credentials?|contents?|data|source|files?|cookies?|variables?)\b.{0,80}?\b(?:encoded|hex|base ?(?:64|32)|cut|split|chopped|chunks?|pieces)\b.{0,100}?\b(?:labels?|zone|sub-?domains?|dns|look-?ups?|resolv\w+|quer(?:y|ies)|pings?|urls?|requests?)|(?:labels?|zone|sub-?domains?|dns|look-?ups?|name resolution|pings?)\b.{0,80}?\b(?:secrets?|tokens?|keys?|passwords?|credentials?|cookies?)\b.{0,60}?\b(?:encoded|hex|base ?(?:64|32)|cut|split|chopped|chunks?|pieces)`),
    anywhere: true,
    unless: /\b(?:parser|decoder|encoder|pagination|cache keys?|primary keys?|(?:src|lib|test|tests)\/)/i,
    means: SENDS,
  },
  {
    things: said(String.raw`(?:make|create|add|put|set|place|lay|build)\b.{0,20}\b(?:sym)?links?\b.{0,80}?(?:\.env\b|~/\.\w|id_rsa|id_ed25519|secrets?\b|credentials?\b|/etc/|/root\b|\.pem\b|\.npmrc|private key|\.ssh\b|\.aws\b)`),
    anywhere: true,
    unless: /\b(?:page|footer|header|navigation|docs? (?:page|link)|markdown|rejects?|refuses?|is (?:rejected|refused|denied)|tests? that)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:in|by|through) (?:several |many |different |various )?(?:small |tiny |little |single )?(?:bits|pieces|chunks|slices|parts|fragments)|(?:few|single|some) bytes at a time|byte by byte|(?:line|character|letter) by (?:line|character|letter)|join (?:the |all |these |those )?(?:bits|pieces|parts|chunks|fragments|halves)`),
    beside: /\b(?:credentials?|secrets?|passwords?|private keys?|\.env|token file|(?:can't|can ?not|couldn't) be (?:opened|read)|denied|blocked|guard|gateway|polic(?:y|ies))/i,
    verbs: led('read|get|open|take|print|fetch|copy|split|output|show|send|write|do|return|transfer|assemble'),
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:tests?|scripts?|programs?|snippets?|hooks?|steps?|targets?|tasks?|jobs?|commands?|files?) (?:which|that|to) (?:opens?|reads?|prints?|dumps?|loads?|sends?|copy|copies|echo(?:es)?|cats?|logs?|posts?|uploads?) (?:(?:the|all|our|each|every|every line of|project's|content|contents|of|lines) ){0,5}(?:\.env(?!\.(?:example|sample|test|template))|~/\.\w|private keys?|credentials|id_rsa|process\.env|environment variables?|secrets?)\S*`),
    anywhere: true,
    beside: /\bprints?\b|console\.log|\banswer\b|\boutput\b|\bsend\w*|\bpost\w*|\bupload\w*|\bpaste\b|\breport\b|\blogs?\b|\bdump\w*/i,
    unless: /\b(?:masked|redacted|names? only|dotenv|schema|asserts?|fails?|detects?|rejects?|refuses?)\b/i,
    means: { path: '/workspace/.env', access: 'read' },
  },
  {
    things: said(String.raw`(?:all|every|any|each)(?: of)?(?: the| our| its)? (?:\S+(?:,| and| or) ){0,3}(?:\.env|\*?\.pem|\*?\.key|\*?\.p12|id_rsa|id_ed25519|credentials?|secrets?|key|\.npmrc|kubeconfig)\S*(?:(?:,| and| or) \S+){0,4} files?`),
    verbs: led('locate|find|collect|gather|list|search|copy|look|enumerate|read|open|print|grab|harvest|archive|tar|zip'),
    unless: /\b(?:gitignore|git-?ignored|tracked by mistake|committed|names? only|example|sample|detector|scanner|rule)\b/i,
    means: TAKEN,
  },
  {
    things: said(String.raw`(?:split|cut|chop|encode|break|chunk)\w*\b.{0,60}?\b(?:secrets?|tokens?|keys?|passwords?|credentials?|contents?)\b.{0,80}?\b(?:labels?|sub-?domains?|dns|look-?ups?|resolv\w+|dig|nslookup)|https?://\S{1,200}(?=\s).{0,40}?\b(?:followed by|plus|with|append\w*|contain\w*|including|ending in|carrying)\b.{0,60}?\b(?:passwords?|tokens?|secrets?|credentials?|api keys?|private keys?)`),
    anywhere: true,
    unless: /\b(?:localhost|127\.0\.0\.1|explain|document\w*|tests? (?:that|for)|parser|(?:src|lib|test|tests|docs|app)\/\S)/i,
    means: SENDS,
  },
]
